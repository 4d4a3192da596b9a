package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"switchboard/bench/limit"
	"switchboard/bench/table"
	"switchboard/internal/mailtest"
)

// rounds is how often the gateway and the sink are measured alternately.
const rounds = 3

// smtp measures the rate of reception with 16 sessions and with one, next to a sink that
// only writes files.
func (r *run) smtp() {
	s := r.serve("")
	sink, err := limit.NewSink(r.folder())
	r.must(err)
	defer sink.Close() //nolint:errcheck // measured already
	for _, load := range []struct {
		sessions, mails int
		target          float64
	}{{16, 2000, .5}, {1, 500, .4}} {
		var ours, theirs []float64
		var sending, whole []time.Duration
		for range rounds {
			theirs = append(theirs, r.send(sink.Addr, load.sessions, load.mails))
			each := s.each()
			ours = append(ours, r.send(s.smtp, load.sessions, load.mails))
			sending = append(sending, each(load.mails))
			s.awaitIdle() // received does not mean processed
			whole = append(whole, each(load.mails))
		}
		mine, its := median(ours), median(theirs)
		r.table.Add(fmt.Sprintf("SMTP, durable, 25 KB, %d sessions", load.sessions), table.PerSecond(mine)).Measure(mine).
			Beside(table.PerSecond(its)+" go-smtp + fsync", mine/its).Want(fmt.Sprintf("≥ %.0f %%", 100*load.target), mine >= load.target*its)
		r.table.Add(fmt.Sprintf("  %d sessions: CPU per mail, program and database: to the last 250, to the end of processing", load.sessions),
			table.Short(median(sending))+", "+table.Short(median(whole))).Measure(median(whole).Seconds())
	}
}

// send sends with Postfix's smtp-source and returns messages per second.
func (r *run) send(addr string, sessions, mails int) float64 {
	begin := time.Now()
	mailtest.SMTPSource(r, addr, "-d", "-s", strconv.Itoa(sessions), "-m", strconv.Itoa(mails), "-l", "25000",
		"-f", "customer@shop.example", "-t", "support@acme.example")
	return float64(mails) / time.Since(begin).Seconds()
}

func median[T cmp.Ordered](of []T) T {
	of = slices.Sorted(slices.Values(of))
	return of[len(of)/2]
}
