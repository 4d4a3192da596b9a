// Command bench measures the gateway and, in the same run on the same machine,
// the limits that its figures are held against: what parsers, the IMAP server,
// the database, an SMTP sink and a WebSocket echo do with no desk around them.
// doc/performance.md tells how to read the table.
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
	mails   []corpus.Message
	raws    [][]byte // of mails
	table   table.Table
	once    sync.Once // only the first reason counts
}

// The Fatals of a testing.Benchmark say nothing on their own.

func (r *run) Fatal(args ...any) { r.die(fmt.Sprint(args...)) }

func (r *run) Fatalf(format string, args ...any) { r.die(fmt.Sprintf(format, args...)) }

// die ends the goroutine, and with it the part, of which it may be one of many.
func (r *run) die(why string) {
	r.once.Do(func() { fmt.Fprintln(os.Stderr, "bench:", why) })
	r.FailNow()
}

func (r *run) must(err error) {
	if err != nil {
		r.Fatal(err)
	}
}

var parts = []struct {
	name string
	run  func(*run)
}{{"parse", (*run).parse}, {"ingest", (*run).ingest}, {"arrive", (*run).arrive}, {"smtp", (*run).smtp}, {"chat", (*run).chat}}

func main() {
	testing.Init()
	n := flag.Int("n", 2000, "mails in the backlog")
	seed := flag.Uint64("seed", 1, "of the corpus")
	only := flag.String("only", "parse,ingest,arrive,smtp,chat", "the parts to measure")
	program := flag.String("program", "bin/switchboard", "the program to measure")
	flag.Parse()
	// The parts use what tests use to start servers; one run of each is enough.
	if err := flag.Set("test.benchtime", "1x"); err != nil {
		panic(err)
	}
	begin := time.Now()
	fmt.Printf("%d mails of seed %d, %d cores, %s\n", *n, *seed, runtime.NumCPU(), begin.UTC().Format("2006-01-02 15:04 UTC"))
	mails := corpus.New(*n, *seed)
	raws := make([][]byte, len(mails))
	for i := range mails {
		raws[i] = mails[i].Raw
	}
	failed := false
	var results table.Table
	for _, part := range parts {
		if !slices.Contains(strings.Split(*only, ","), part.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "==> %s\n", part.name)
		ok := false
		testing.Benchmark(func(b *testing.B) {
			r := &run{TB: b, program: *program, mails: mails, raws: raws}
			part.run(r)
			if ok = !b.Failed(); ok {
				results = append(results, r.table...)
			}
		})
		failed = failed || !ok
	}
	results.Print(os.Stdout, "limit in this run")
	fmt.Printf("took %s\n", time.Since(begin).Round(time.Second))
	if failed {
		os.Exit(1)
	}
}
