package main

import (
	"fmt"
	"time"

	"github.com/emersion/go-smtp"

	"switchboard/bench/table"
)

const singles = 60

// single sends messages one at a time, each after the previous one became visible.
func (r *run) single() {
	s := r.serve("")
	accepted, visible, used := s.singles(s.watch(s.key()))
	a50, a99 := percentiles(accepted, .5, .99)
	v50, v99 := percentiles(visible, .5, .99)
	r.table.Add("single mail by SMTP: MAIL to 250, p50, p99", table.Short(a50)+", "+table.Short(a99)).Measure(a50.Seconds())
	r.table.Add("  single mail: 250 to agent's event socket, p50, p99", table.Short(v50)+", "+table.Short(v99)).Measure(v50.Seconds())
	r.table.Add("  single mail: CPU, program and database", table.Short(used)).Measure(used.Seconds())

	counted, relay := r.serveCounted("")
	w := counted.watch(counted.key())
	before := relay.Count()
	counted.singles(w)
	c := per(relay.Count().Sub(before), singles+1)
	r.table.Add("  single mail: SQL statements, round trips", fmt.Sprintf("%.1f, %.1f", c.statements, c.trips)).Measure(c.statements)
}

// singles measures the time to each message's 250, from there to its event, and the
// CPU time per message.
func (s *served) singles(w *watch) (accepted, visible []time.Duration, used time.Duration) {
	c, err := smtp.Dial(s.smtp)
	s.r.must(err)
	defer c.Close()
	s.mail(c, w, 0) // warm up
	each := s.each()
	for i := range singles {
		a, v := s.mail(c, w, i+1)
		accepted, visible = append(accepted, a), append(visible, v)
	}
	return accepted, visible, each(singles)
}

// mail sends the nth message and returns the time to its 250, and from there to its
// event.
func (s *served) mail(c *smtp.Client, w *watch, n int) (accepted, visible time.Duration) {
	from, before, begin := fmt.Sprintf("jo@shop%d.example", n), w.count(received), time.Now()
	s.r.must(c.Mail(from, nil))
	s.r.must(c.Rcpt("support@acme.example", nil))
	body, err := c.Data()
	s.r.must(err)
	_, err = fmt.Fprintf(body, "From: Jo Doe <%s>\r\nTo: support@acme.example\r\nSubject: Where is parcel %d?\r\nMessage-ID: <single-%d@shop.example>\r\nDate: %s\r\n\r\nIt should have come on Monday.\r\n",
		from, n, n, begin.Format(time.RFC1123Z))
	s.r.must(err)
	s.r.must(body.Close())
	done := time.Now()
	return done.Sub(begin), w.await(received, before+1).Sub(done)
}
