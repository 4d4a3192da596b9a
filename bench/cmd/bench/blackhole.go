package main

import (
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"switchboard/bench/table"
	"switchboard/desk"
	"switchboard/internal/mailtest"
)

const (
	domains     = 100
	perDomain   = 6                     // replies to each
	replyPause  = 20 * time.Millisecond // between two replies
	maxSlowdown = 1.3                   // of the other domains' p95, which varies by as much without
)

// blackhole measures what a domain whose server accepts connections and says nothing does to
// mail for 99 other domains: the time from a reply to the recorded 250, with and without it.
func (r *run) blackhole() {
	var with, without []float64
	var p95 [2][]time.Duration
	for range rounds {
		for i, dead := range []bool{false, true} {
			took := r.domains(dead)
			_, high := percentiles(took, .5, .95)
			p95[i] = append(p95[i], high)
		}
	}
	for i := range rounds {
		without, with = append(without, p95[0][i].Seconds()), append(with, p95[1][i].Seconds())
	}
	ours, limit := median(with), median(without)
	r.table.Add("direct delivery to 99 domains, beside one that does not answer: p95", table.Short(median(p95[1]))).Measure(ours).
		Beside(table.Short(median(p95[0]))+" without it", ours/limit).Want(fmt.Sprintf("≤ %.1f", maxSlowdown), ours <= maxSlowdown*limit)
}

// domains replies to customers of many domains and returns how long each of the others took.
func (r *run) domains(dead bool) (took []time.Duration) {
	sink := mailtest.NewSMTPDiscard(r)
	_, port, err := net.SplitHostPort(sink)
	r.must(err)
	hole, err := net.Listen("tcp", "127.0.0.2:"+port) // accepted by the kernel, and never answered
	r.must(err)
	defer hole.Close() //nolint:errcheck // nothing was read
	zone := []string{"mx.example A 127.0.0.1", "hole.example A 127.0.0.2"}
	for i := range domains {
		mx := "mx.example"
		if dead && i == 0 {
			mx = "hole.example"
		}
		zone = append(zone, fmt.Sprintf("shop%d.example MX %s", i, mx))
	}
	s := r.serve(fmt.Sprintf("dns = '%s'\n[delivery]\ndirect = true\nport = %s\nmta_sts = false\nallow_networks = ['127.0.0.0/8']\n", mailtest.Zone(r, zone...), port))
	key := s.key()
	c, err := smtp.Dial(s.smtp)
	r.must(err)
	for i := range domains {
		from := fmt.Sprintf("jo@shop%d.example", i)
		r.must(c.SendMail(from, []string{"support@acme.example"}, strings.NewReader(fmt.Sprintf(
			"From: Jo <%[1]s>\r\nTo: support@acme.example\r\nSubject: Parcel %[2]d\r\nMessage-ID: <%[2]d@shop.example>\r\nDate: %[3]s\r\n\r\nWhere is it?\r\n", from, i, time.Now().Format(time.RFC1123Z)))))
	}
	r.must(c.Quit())
	s.awaitIdle()
	rows, err := s.db.Query("select id from conversations order by reply_to")
	r.must(err)
	var all []desk.ConversationID
	for rows.Next() {
		var id desk.ConversationID
		r.must(rows.Scan(&id))
		all = append(all, id)
	}
	r.must(rows.Err())
	tick := time.NewTicker(replyPause)
	defer tick.Stop()
	for range perDomain {
		for _, id := range all {
			s.post(key, "/conversations/"+id.String()+"/replies", map[string]any{"text": "On its way.", "undo_s": 0})
			<-tick.C
		}
	}
	const others = "from deliveries d where d.recipient <> 'jo@shop0.example'"
	s.await("the replies to be sent", "select count(*) = $1 "+others+" and state = 'sent'", (domains-1)*perDomain)
	rows, err = s.db.Query("select extract(epoch from d.updated_at - d.created_at)::float8 " + others)
	r.must(err)
	for rows.Next() {
		var seconds float64
		r.must(rows.Scan(&seconds))
		took = append(took, time.Duration(seconds*float64(time.Second)))
	}
	r.must(rows.Err())
	s.stop()
	return took
}
