// Command bench measures the gateway and, in the same run on the same machine,
// the limits its figures are compared with: what parsers, the IMAP server, the
// database, an SMTP sink and a WebSocket echo do on their own. It drives the
// program from outside, so it can measure other revisions too (-program, -against).
// doc/performance.md explains the table.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/bench/corpus"
	"switchboard/bench/table"
)

// run is one run of the command.
type run struct {
	testing.TB
	program string
	policy  string // file of the programs that are started; empty: the default policy
	mails   []corpus.Message
	raws    [][]byte // of mails
	table   table.Table
	once    sync.Once // reports only the first failure
}

// The Fatal methods of a testing.Benchmark print nothing.

func (r *run) Fatal(args ...any) { r.die(fmt.Sprint(args...)) }

func (r *run) Fatalf(format string, args ...any) { r.die(fmt.Sprintf(format, args...)) }

// die ends the calling goroutine, one of possibly many, and makes the part fail.
func (r *run) die(why string) {
	r.once.Do(func() { fmt.Fprintln(os.Stderr, "bench:", why) })
	r.FailNow()
}

func (r *run) must(err error) {
	if err != nil {
		r.Fatal(err)
	}
}

var parts = []part{
	{"parse", (*run).parse}, {"ingest", (*run).ingest}, {"arrive", (*run).arrive}, {"smtp", (*run).smtp},
	{"single", (*run).single}, {"chat", (*run).chat}, {"max", (*run).maxLoad}, {"idle", (*run).idle}, {"timers", (*run).timers},
	{"outbound", (*run).outbound}, {"blackhole", (*run).blackhole}, {long, (*run).reports},
}

// long is the part that takes so long that it has to be asked for.
const long = "reports"

// part is a group of figures that can be measured alone.
type part struct {
	name string
	run  func(*run)
}

// inProcess is the part that measures this tree's own code and no program.
const inProcess = "parse"

func main() {
	testing.Init()
	var names []string
	for _, p := range parts {
		if p.name != long {
			names = append(names, p.name)
		}
	}
	n := flag.Int("n", 2000, "messages in the backlog")
	seed := flag.Uint64("seed", 1, "seed of the corpus")
	only := flag.String("only", strings.Join(names, ","), "the parts to measure")
	program := flag.String("program", "bin/switchboard", "the program to measure")
	against := flag.String("against", "", "another build to measure in the same run and compare with")
	flag.Parse()
	// The parts start servers with test helpers, which need a testing.TB; run each once.
	if err := flag.Set("test.benchtime", "1x"); err != nil {
		panic(err)
	}
	chosen, err := choose(strings.Split(*only, ","), *against != "")
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	begin := time.Now()
	fmt.Printf("%d messages, seed %d, %d cores, %s\n", *n, *seed, runtime.NumCPU(), begin.UTC().Format("2006-01-02 15:04 UTC"))
	mails := corpus.New(*n, *seed)
	raws := make([][]byte, len(mails))
	for i := range mails {
		raws[i] = mails[i].Raw
	}
	var results, others table.Table
	ok := true
	for _, p := range chosen {
		if *against != "" {
			ok = p.measure(&run{program: *against, mails: mails, raws: raws}, &others) && ok
		}
		ok = p.measure(&run{program: *program, mails: mails, raws: raws}, &results) && ok
	}
	if *against != "" {
		table.Compare(os.Stdout, *against, others, *program, results)
	} else {
		results.Print(os.Stdout, "limit in this run")
	}
	fmt.Printf("took %s\n", time.Since(begin).Round(time.Second))
	if !ok {
		os.Exit(1)
	}
}

// choose finds the parts with these names, in the order of parts.
func choose(names []string, comparing bool) (chosen []part, err error) {
	for _, p := range parts {
		if slices.Contains(names, p.name) && (!comparing || p.name != inProcess) {
			chosen = append(chosen, p)
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(parts, func(p part) bool { return p.name == name }) {
			return nil, fmt.Errorf("-only %s: unknown part", name)
		}
	}
	return chosen, nil
}

// measure runs a part and appends its figures, unless it fails.
func (p part) measure(setup *run, into *table.Table) (ok bool) {
	fmt.Fprintf(os.Stderr, "==> %s of %s\n", p.name, setup.program)
	testing.Benchmark(func(b *testing.B) {
		r := &run{TB: b, program: setup.program, mails: setup.mails, raws: setup.raws}
		p.run(r)
		if ok = !b.Failed(); ok {
			*into = append(*into, r.table...)
		}
	})
	return ok
}
