// Command mutate is a mutation test: it measures how many mistakes the tests notice. It
// makes small changes to packages, one at a time (a negated condition, < for <=, a
// statement left out), and runs the tests that should fail. The source tree is not
// changed: go test reads the mutated file through -overlay.
//
// A mutant that survives shows behaviour that no test checks, or code without effect.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// options are the command's flags.
type options struct {
	n        int
	seed     uint64
	parallel int
	least    float64 // percent of the mutants that must be killed
	packages []string
	outside  map[string][]string
	list     string // file of equivalent mutants
}

func main() {
	n := flag.Int("n", 100, "mutants that compile")
	seed := flag.Uint64("seed", 1, "chooses the mutants; the same seed and files give the same ones")
	parallel := flag.Int("parallel", 2, "mutants tested at once")
	least := flag.Float64("least", 90, "exit with 1 if fewer percent are killed")
	packages := flag.String("packages", "lifecycle,ingest,agent,threading", "packages to mutate")
	outside := flag.String("outside", "lifecycle=./ingest ./agent ./store,ingest=./store,agent=./store,threading=./ingest",
		"packages whose tests are run too where a package's own let a mutant through")
	list := flag.String("equivalent", "mutate/equivalent.txt", "mutants that no test can tell from the original")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o := options{n: *n, seed: *seed, parallel: *parallel, least: *least, packages: strings.Split(*packages, ","),
		outside: byPackage(*outside), list: *list}
	enough, err := o.run(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(2)
	}
	if !enough {
		os.Exit(1)
	}
}

// byPackage reads "a=./b ./c,d=./e".
func byPackage(text string) map[string][]string {
	of := map[string][]string{}
	for entry := range strings.SplitSeq(text, ",") {
		if pkg, tests, ok := strings.Cut(entry, "="); ok {
			of[pkg] = strings.Fields(tests)
		}
	}
	return of
}

// run tries the mutants and prints the report. enough reports whether the required share was
// killed.
func (o options) run(ctx context.Context) (enough bool, err error) {
	root, err := os.Getwd()
	if err != nil {
		return false, err
	}
	ignored, err := readEquivalent(o.list)
	if err != nil {
		return false, err
	}
	all, err := find(root, o.packages, o.seed)
	if err != nil {
		return false, err
	}
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	t := &trier{root: root, dir: dir, outside: o.outside, baseline: map[string]func() (time.Duration, error){}}
	begin := time.Now()
	results, err := o.tryAll(ctx, t, ignored, all)
	if err != nil {
		return false, err
	}
	enough = report(os.Stdout, o, results)
	fmt.Printf("%d possible mutants, seed %d, took %s\n", len(all), o.seed, time.Since(begin).Round(time.Second))
	return enough, nil
}
