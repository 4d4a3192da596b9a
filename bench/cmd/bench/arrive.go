package main

import (
	"fmt"
	"time"

	"switchboard/bench/table"
	"switchboard/internal/mailtest"
)

const (
	arrivals     = 60
	arrivalPause = 200 * time.Millisecond
)

// arrive puts mails into a mailbox one by one, and measures how long each takes to
// reach an agent's event socket.
func (r *run) arrive() {
	d := mailtest.NewDovecot(r)
	s := r.serve(fmt.Sprintf("[[mailbox]]\nname = 'support'\naddr = '%s'\nuser = '%s'\npassword = '%s'\ntls = 'none'\n", d.Addr, d.User, d.Password))
	w := s.watch(s.key())
	// The first message waits for the initial reading of the mailbox and creates the account.
	r.shown(w, d, 0)
	took := make([]time.Duration, arrivals)
	for i := range took {
		<-time.After(arrivalPause)
		took[i] = r.shown(w, d, i+1)
	}
	p50, p95 := percentiles(took, .5, .95)
	r.table.Add("mail to event over IMAP IDLE, p50, p95", table.Short(p50)+", "+table.Short(p95)).Measure(p50.Seconds()).
		Want("p95 ≤ 1 s", p95 <= time.Second)
}

// shown delivers the nth message and returns the time until its event.
func (r *run) shown(w *watch, d *mailtest.Dovecot, n int) time.Duration {
	before, begin := w.count(received), time.Now()
	d.Append(fmt.Appendf(nil, "From: Jo Doe <jo@shop.example>\nTo: support@acme.example\nSubject: Where is parcel %d?\nMessage-ID: <arrival-%d@shop.example>\nDate: %s\n\nIt should have come on Monday.\n",
		n, n, begin.Format(time.RFC1123Z)))
	return w.await(received, before+1).Sub(begin)
}
