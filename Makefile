# The tasks of this tree. `make` lists them. It works with GNU make 3.81, the version
# in macOS.

ARGS     ?=
FUZZTIME ?= 30s
REV      ?=
GO       ?= go

WEB_SOURCES := $(shell find web -type f \
	-not -path 'web/node_modules/*' -not -path 'web/dist/*' -not -path 'web/e2e/*' -not -path 'web/test/*')

# The packages whose tests take longest begin first.
SLOW := ./store ./cmd/switchboard ./api ./gateway
# Pure functions share no memory: the race detector would find nothing and take five times as long.
PURE := ./internal/slareference ./internal/queueing ./normalize/... ./router/... ./replay/... ./bench/corpus

.DEFAULT_GOAL := help
.PHONY: help run build web test test-go test-web test-browser lint bench bench-reports bench-compare bench-go bench-mail fuzz mutate clean soak-imap soak-order soak-idle soak-smtp soak-large soak-restart soak-timers soak-disk soak-assign soak-loops soak-replies soak-reports

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## build what changed, then start the demo: bin/switchboard demo $(ARGS)
	@scripts/prepare
	@$(MAKE) --no-print-directory build
	@exec bin/switchboard demo $(ARGS)

build: web ## build bin/switchboard with its web pages
	@scripts/need go
	@[ -e bin/switchboard ] || echo '==> compiling' >&2
	@$(GO) build -trimpath -o bin/switchboard ./cmd/switchboard

web: web/dist/console/index.html ## build the web pages, if their sources changed

web/dist/console/index.html: web/node_modules/.installed $(WEB_SOURCES)
	@echo '==> building the web pages' >&2
	@cd web && npm run --silent build >&2
	@touch $@

# npm ci recreates the folder from the lock file, so it runs only when that has changed.
web/node_modules/.installed: web/package.json web/package-lock.json web/.npmrc
	@scripts/need node
	@echo '==> installing the npm packages of the web pages' >&2
	@cd web && npm ci --no-audit --no-fund --loglevel=error >&2
	@touch $@

test: ## all checks: lint, Go tests with -race, TypeScript, browser
	@scripts/test-tools
	@$(MAKE) --no-print-directory lint test-web test-go test-browser

test-go: web ## Go tests, with the race detector and in random order
	@echo '==> go test'
	@$(GO) test -race -shuffle=on -timeout 30m $(SLOW) $$($(GO) list ./... | grep -vxF "$$($(GO) list $(PURE))")
	@$(GO) test -shuffle=on $(PURE)
	@$(GO) test -run 'Bombs|Hostile' ./htmlview # limits of time and memory, which the race detector would distort

test-web: web ## type check and unit tests of the web pages
	@echo '==> tsc, vitest'
	@cd web && npm run --silent check && npm test --silent

test-browser: build ## web pages in a real browser with a real server
	@echo '==> browser tests'
	@cd web && npm run --silent e2e

lint: ## gofmt, vet, staticcheck, go mod tidy, the import map
	@scripts/lint

bench: build ## the gateway compared with its limits, in one table; ARGS="-only ingest -n 10000"
	@scripts/test-tools
	@$(GO) run ./bench/cmd/bench $(ARGS)

bench-reports: build ## how long each report of a month with a million conversations takes, which `bench` leaves out
	@scripts/test-tools
	@$(GO) run ./bench/cmd/bench -only reports

bench-compare: build ## the gateway compared with an older revision; REV=main~20 ARGS="-only chat"
	@scripts/test-tools
	@scripts/bench-compare "$(REV)" $(ARGS)

bench-mail: build ## mail parsing compared with other programs, on published sets of mail; ARGS="-only reply -v"
	@scripts/mail-sets
	@$(GO) run ./bench/cmd/mail $(ARGS)

soak-smtp: web ## 20,000 mails while 2,000 slow clients occupy connections (some minutes)
	@scripts/test-tools
	@$(GO) test -v -count=1 -timeout 20m -run '^TestSoakSMTP$$' ./cmd/switchboard -soak

soak-replies: web ## 2,000 replies while the mail server fails at 16 points and the nodes are killed, on one node and on two
	@scripts/test-tools
	@$(GO) test -v -count=1 -timeout 60m -run '^TestRepliesSurvive$$' ./cmd/switchboard -soak

soak-large: web ## 20 mails of 30 MB at the same time next to small mail: the peak memory (some minutes)
	@scripts/test-tools
	@$(GO) test -v -count=1 -timeout 15m -run '^TestSoakLarge$$' ./cmd/switchboard -soak

soak-restart: web ## 20 kills while mail arrives: nothing lost, and the median and maximum time until ready again
	@scripts/test-tools
	@$(GO) test -v -count=1 -timeout 10m -run '^TestKilledWhileReceiving$$' ./cmd/switchboard -soak

bench-go: web ## Go benchmarks, one package at a time; ARGS=./normalize for one package
	@$(GO) test -p 1 -run '^$$' -bench . -benchmem $(or $(ARGS),./...)

soak-timers: web ## 5,000 timers due while two nodes are killed 30 times: each fires once
	@scripts/test-tools
	@$(GO) test -v -count=1 -timeout 15m -run '^TestTimersOnTwoNodes$$' ./cmd/switchboard -soak

soak-imap: web ## mailboxes for 10 to 15 minutes: 10,000 mails, 300 cut connections, frozen sessions, downtime
	@scripts/test-tools
	@$(GO) test -v -count=1 -timeout 30m -run '^TestSoakIMAP$$' ./cmd/switchboard -soak

soak-order: web ## 2,000 conversations on two nodes with 20 kills and 10 restarts of the database: the order of each
	@scripts/test-tools
	@$(GO) test -v -count=1 -timeout 20m -run '^TestOrderOnTwoNodes$$' ./cmd/switchboard -soak

soak-disk: web ## a disk that is completely full: what is refused, a kill, the start, and recovery; needs root
	@scripts/test-tools
	@$(GO) test -v -count=1 -timeout 15m -tags soakdisk -run '^TestSoakDisk$$' ./cmd/switchboard

soak-loops: ## what answers automatic mail all the same, a minute each: how many messages there are
	@$(GO) test -v -count=1 -timeout 15m -run '^TestMailLoops$$' ./gateway -loop-time 60s

soak-assign: ## 64 clients, 1,000 conversations and 20 agents on two nodes: capacity, owners, idle agents
	@$(GO) test -v -count=1 -timeout 15m -run '^TestAssignmentOnTwoNodes$$' ./store -soak-assign

soak-idle: web ## memory of one node with 1,000 idle mailboxes
	@scripts/test-tools
	@$(GO) test -v -count=1 -timeout 15m -run '^TestSoakIdle$$' ./cmd/switchboard -soak

soak-reports: ## every measure of reports over 10,000 random histories equals a simple calculation (an hour)
	@$(GO) test -v -count=1 -timeout 180m -run '^TestReportsEqualTheReference$$' ./store -reported 10000

fuzz: ## run every fuzz target for FUZZTIME (30s each)
	@scripts/fuzz $(FUZZTIME)

mutate: ## mutation tests of the packages that make decisions; ARGS="-packages threading -n 50 -seed 2"
	@scripts/test-tools
	@$(GO) run ./mutate $(ARGS)

clean: ## remove build results; data and installed packages stay
	@rm -rf bin
	@find web/dist -mindepth 1 -not -name .keep -delete
