package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"golang.org/x/sync/errgroup"
)

// result is a mutant and the verdict of the tests.
type result struct {
	Mutant
	verdict verdict
}

// tryAll runs the tests against the mutants in order until o.n of them compiled, and
// returns their results. Which mutants are tried does not depend on how fast they are.
func (o options) tryAll(ctx context.Context, t *trier, ignored equivalent, all []Mutant) ([]result, error) {
	var results []result
	group, ctx := errgroup.WithContext(ctx)
	done := make(chan result)
	begun, ended, useless := 0, 0, 0
	for next := 0; ; {
		for next < len(all) && begun-useless < o.n && begun-ended < o.parallel {
			m, number := all[next], next
			next++
			if ignored.has(m) {
				continue
			}
			begun++
			group.Go(func() error {
				v, err := t.try(ctx, number, m)
				if err != nil {
					return fmt.Errorf("%s:%d: %w", m.File, m.Line, err)
				}
				select {
				case done <- result{m, v}:
				case <-ctx.Done():
				}
				return nil
			})
		}
		if begun == ended {
			break
		}
		select {
		case r := <-done:
			ended++
			if r.verdict == notCompiled {
				useless++
			} else {
				results = append(results, r)
				fmt.Fprintf(os.Stderr, "%3d/%d %s:%d: %s: %s\n", len(results), o.n, r.File, r.Line, r.Operator, r.verdict)
			}
		case <-ctx.Done():
			return nil, group.Wait()
		}
	}
	return results, group.Wait()
}

// report prints the survivors and the counts, and returns whether enough were killed.
func report(w io.Writer, o options, results []result) bool {
	type counts struct{ all, killed, late int }
	var total counts
	each := map[string]*counts{}
	for _, r := range results {
		c := each[r.Package]
		if c == nil {
			c = &counts{}
			each[r.Package] = c
		}
		for _, c := range []*counts{c, &total} {
			c.all++
			switch r.verdict {
			case killed:
				c.killed++
			case timedOut:
				c.killed++
				c.late++
			}
		}
		if r.verdict == survived {
			fmt.Fprintf(w, "%s:%d survived: %s\n%s\n\n", r.File, r.Line, r.Operator, r.Diff())
		}
	}
	percent := func(c counts) float64 { return 100 * float64(c.killed) / float64(max(c.all, 1)) }
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "package\tmutants\tkilled\tof these by timeout\tpercent")
	for _, pkg := range o.packages {
		if c := each[pkg]; c != nil {
			fmt.Fprintf(tw, "%s\t%d\t%d\t%d\t%.0f %%\n", pkg, c.all, c.killed, c.late, percent(*c))
		}
	}
	fmt.Fprintf(tw, "all\t%d\t%d\t%d\t%.0f %%\n", total.all, total.killed, total.late, percent(total))
	tw.Flush() //nolint:errcheck // the terminal
	return total.all > 0 && percent(total) >= o.least
}
