package main

import (
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
	"golang.org/x/sync/errgroup"

	"switchboard/bench/table"
	"switchboard/desk"
	"switchboard/internal/localpg"
	"switchboard/internal/mailtest"
)

const (
	answers  = 1500 // sent in each measurement
	sendRate = 60   // percent of a plain client's rate
)

// outbound measures how fast a backlog of replies goes to Postfix's smtp-sink over 1, 8 and
// 32 connections, next to a plain client that sends the same bytes and records nothing.
func (r *run) outbound() {
	for _, conns := range []int{1, 8, 32} {
		sink := mailtest.NewSMTPDiscard(r)
		mine, used, mails := r.drain(sink, conns)
		var theirs []float64
		for range rounds {
			theirs = append(theirs, r.plain(sink, conns, mails))
		}
		its := median(theirs)
		r.table.Add(fmt.Sprintf("outgoing mail, %d connections", conns), table.PerSecond(mine)).Measure(mine).
			Beside(table.PerSecond(its)+" plain go-smtp client", mine/its).Want(fmt.Sprintf("≥ %d %%", sendRate), mine >= sendRate*its/100)
		r.table.Add(fmt.Sprintf("  %d connections: CPU per mail, program and database", conns), table.Short(used)).Measure(used.Seconds())
	}
}

// drain writes replies while there is no smarthost, then starts the program with one and
// returns how many mails per second it sent, what each used, and the mails.
func (r *run) drain(sink string, conns int) (rate float64, used time.Duration, mails []smtpMail) {
	dir := r.folder()
	at := func(s *served) *served {
		s.connect(localpg.Running(dir+"/data/postgres", "switchboard"))
		return s
	}
	s := at(r.start(dir, "", ""))
	s.answer(answers)
	s.stop()
	host := fmt.Sprintf("[smarthost]\naddr = '%s'\ntls = 'none'\n[delivery]\nparallel = %d\n", sink, conns)
	s = at(r.start(dir, "", host))
	each := s.each()
	s.await("the replies to be sent", "select count(*) = $1 from deliveries where state = 'sent'", answers)
	used = each(answers)
	var seconds float64
	// From the first to the last one: the program's start is not measured.
	r.must(s.db.QueryRow("select extract(epoch from max(at) - min(at)) from delivery_attempts where source = 'attempt'").Scan(&seconds))
	mails = s.rendered()
	s.stop()
	return float64(answers-1) / seconds, used, mails
}

// answer receives n mails and replies to each.
func (s *served) answer(n int) {
	key := s.key()
	mailtest.SMTPSource(s.r, s.smtp, "-d", "-s", "16", "-m", fmt.Sprint(n), "-l", "2000", "-f", "customer@shop.example", "-t", "support@acme.example")
	s.awaitIdle()
	rows, err := s.db.Query("select id from conversations")
	s.r.must(err)
	var all []desk.ConversationID
	for rows.Next() {
		var id desk.ConversationID
		s.r.must(rows.Scan(&id))
		all = append(all, id)
	}
	s.r.must(rows.Err())
	if len(all) == 0 {
		s.r.Fatalf("no conversations")
	}
	text := strings.Repeat("Please pull the plug, wait for a minute, and start the printer again. ", 20)
	var g errgroup.Group
	g.SetLimit(8)
	for i := range n {
		g.Go(func() error {
			s.post(key, "/conversations/"+all[i%len(all)].String()+"/replies", map[string]any{"text": text, "undo_s": 0})
			return nil
		})
	}
	s.r.must(g.Wait())
}

// smtpMail is a mail with its envelope.
type smtpMail struct {
	from, to string
	data     []byte
}

func (s *served) rendered() (all []smtpMail) {
	rows, err := s.db.Query("select d.return_path, d.recipient, r.bytes from deliveries d join renderings r using (message_id)")
	s.r.must(err)
	defer rows.Close()
	for rows.Next() {
		var m smtpMail
		s.r.must(rows.Scan(&m.from, &m.to, &m.data))
		all = append(all, m)
	}
	s.r.must(rows.Err())
	return all
}

// plain sends mails over connections that are kept, and returns mails per second.
func (r *run) plain(sink string, conns int, mails []smtpMail) float64 {
	var next atomic.Int64
	var g errgroup.Group
	begin := time.Now()
	for range conns {
		g.Go(func() error {
			conn, err := net.Dial("tcp", sink)
			if err != nil {
				return err
			}
			c := smtp.NewClient(conn)
			defer c.Close()
			for i := next.Add(1) - 1; int(i) < len(mails); i = next.Add(1) - 1 {
				if err := mails[i].send(c); err != nil {
					return err
				}
			}
			return c.Quit()
		})
	}
	r.must(g.Wait())
	return float64(len(mails)) / time.Since(begin).Seconds()
}

func (m *smtpMail) send(c *smtp.Client) error {
	if err := c.Mail(m.from, &smtp.MailOptions{Size: int64(len(m.data))}); err != nil {
		return err
	}
	if err := c.Rcpt(m.to, nil); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(m.data); err != nil {
		return err
	}
	return w.Close()
}
