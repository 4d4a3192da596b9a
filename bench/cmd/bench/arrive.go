package main

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/gorilla/websocket"

	"switchboard/bench/table"
	"switchboard/internal/mailtest"
)

const (
	arrivals     = 60
	arrivalPause = 200 * time.Millisecond
)

// arrive puts mails into a mailbox one by one, and takes the time until an
// agent's event socket shows each.
func (r *run) arrive() {
	d := mailtest.NewDovecot(r)
	s := r.serve(fmt.Sprintf("[[mailbox]]\nname = 'support'\naddr = '%s'\nuser = '%s'\npassword = '%s'\ntls = 'none'\n", d.Addr, d.User, d.Password))
	conn, _, err := websocket.DefaultDialer.DialContext(r.Context(), "ws://"+s.http+"/api/v1/events/socket",
		http.Header{"Authorization": {"Bearer " + s.key()}})
	r.must(err)
	defer conn.Close()
	// The first one finds the mailbox being read, and opens the customer's account.
	r.shown(conn, d, 0)
	took := make([]time.Duration, arrivals)
	for i := range took {
		<-time.After(arrivalPause)
		took[i] = r.shown(conn, d, i+1)
	}
	slices.Sort(took)
	p50, p95 := percentile(took, .5), percentile(took, .95)
	r.table.Add("arrival to visible over IDLE, p50, p95", table.Short(p50)+", "+table.Short(p95)).
		Want("p95 ≤ 1 s", p95 <= time.Second)
}

// shown delivers the nth mail and waits for its event.
func (r *run) shown(conn *websocket.Conn, d *mailtest.Dovecot, n int) time.Duration {
	subject := fmt.Sprintf("Where is parcel %d?", n)
	begin := time.Now()
	d.Append(fmt.Appendf(nil, "From: Jo Doe <jo@shop.example>\nTo: support@acme.example\nSubject: %s\nMessage-ID: <arrival-%d@shop.example>\nDate: %s\n\nIt should have come on Monday.\n",
		subject, n, begin.Format(time.RFC1123Z)))
	r.must(conn.SetReadDeadline(begin.Add(patience)))
	for {
		var frame struct{ Event struct{ Kind string } }
		r.must(conn.ReadJSON(&frame))
		if frame.Event.Kind == "message.received" {
			return time.Since(begin)
		}
	}
}
