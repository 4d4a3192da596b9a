// Command mail measures how well mail is parsed, on message sets contained in public
// packages, next to other programs that parse the same messages in the same run.
// doc/performance.md explains the table.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"switchboard/bench/mail"
	"switchboard/bench/table"
)

// run is one run of the command.
type run struct {
	program string
	dir     string // for temporary files
	sets    mail.Sets
	table   table.Table
	verbose bool
}

// stress is first: the peak memory of a child includes its parent's at the start.
var parts = []struct {
	name string
	run  func(*run) error
}{{"stress", (*run).stress}, {"robust", (*run).robust}, {"reply", (*run).reply}, {"machine", (*run).machine}, {"thread", (*run).thread}, {"html", (*run).html}, {"spf", (*run).spf}}

func main() {
	names := make([]string, len(parts))
	for i, p := range parts {
		names[i] = p.name
	}
	only := flag.String("only", strings.Join(names, ","), "the parts to measure")
	home := flag.String("sets", ".deps/mail", "where scripts/mail-sets put its packages")
	r := run{}
	flag.StringVar(&r.program, "program", "bin/switchboard", "the program to measure")
	flag.BoolVar(&r.verbose, "v", false, "print what was parsed incorrectly")
	flag.Parse()
	if err := r.all(*home, strings.Split(*only, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "bench-mail:", err)
		os.Exit(1)
	}
}

// all measures the chosen parts and prints the table.
func (r *run) all(home string, only []string) (err error) {
	begin := time.Now()
	if r.sets, err = mail.Find(home); err != nil {
		return err
	}
	if r.dir, err = os.MkdirTemp("", "bench-mail"); err != nil {
		return err
	}
	defer os.RemoveAll(r.dir)
	fmt.Printf("%d messages of people and lists, %d spam, %d from parser tests, %d cores, %s\n", len(r.sets.Ham), len(r.sets.Spam),
		len(r.sets.Odd), runtime.NumCPU(), begin.UTC().Format("2006-01-02 15:04 UTC"))
	for _, part := range parts {
		if !slices.Contains(only, part.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "==> %s\n", part.name)
		if err := part.run(r); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	r.table.Print(os.Stdout, "peers in this run")
	fmt.Printf("took %s\n", time.Since(begin).Round(time.Second))
	return nil
}

// note prints a message that was parsed incorrectly.
func (r *run) note(format string, args ...any) {
	if r.verbose {
		fmt.Fprintf(os.Stderr, "    "+format+"\n", args...)
	}
}
