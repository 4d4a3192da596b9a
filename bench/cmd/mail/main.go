// Command mail measures the reading of mail on sets that packages carry, beside
// other programs that read the same mail in the same run. doc/performance.md
// tells how to read the table.
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
	dir     string // for what is written and read once
	sets    mail.Sets
	table   table.Table
	verbose bool
}

// The first is stress: a child's peak of memory counts its parent's at the start.
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
	flag.BoolVar(&r.verbose, "v", false, "name what was read wrongly")
	flag.Parse()
	if err := r.all(*home, strings.Split(*only, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "bench-mail:", err)
		os.Exit(1)
	}
}

func (r *run) all(home string, only []string) (err error) {
	begin := time.Now()
	if r.sets, err = mail.Find(home); err != nil {
		return err
	}
	if r.dir, err = os.MkdirTemp("", "bench-mail"); err != nil {
		return err
	}
	defer os.RemoveAll(r.dir)
	fmt.Printf("%d mails of people and lists, %d of spammers, %d of parsers' tests, %d cores, %s\n", len(r.sets.Ham), len(r.sets.Spam),
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

// note names a mail that was read wrongly.
func (r *run) note(format string, args ...any) {
	if r.verbose {
		fmt.Fprintf(os.Stderr, "    "+format+"\n", args...)
	}
}
