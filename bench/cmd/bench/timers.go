package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/lib/pq"

	"switchboard/bench/table"
)

const (
	openConversations = 1_000_000
	duePerMinute      = 100
	// promised is the target of the clocks that become due while the timers are measured.
	promised = 2 * time.Minute
)

// timersPolicy has a clock that is not due for a long time, and one of promised for those
// whose subject asks for it.
const timersPolicy = `version: 1
calendars: {always: {hours: always}}
tiers: [{tier: 1, name: Frontline}]
inboxes: {frontline: {tier: 1, calendar: always}}
slas:
  - {name: soon, when: 'conversation.subject matches "^Soon"', calendar: always, first_response: %s}
  - {name: later, calendar: always, first_response: 9000h}
routing: [{name: default, set: {inbox: frontline}}]
`

// timers measures what a million open conversations with running clocks cost, of which a
// hundred become due in a minute.
func (r *run) timers() {
	r.policy = filepath.Join(r.folder(), "policy.yaml")
	r.must(os.WriteFile(r.policy, fmt.Appendf(nil, timersPolicy, promised), 0o600))
	s := r.serve("")
	s.clocked("Later 0", 0)
	begin := time.Now()
	s.fill(openConversations - 1)
	filled := time.Since(begin)
	quiet := s.busy(settled)

	first := time.Now()
	for i := range duePerMinute {
		s.clocked(fmt.Sprintf("Soon %d", i+1), i+1)
		<-time.After(time.Until(first.Add(time.Duration(i+1) * time.Minute / duePerMinute)))
	}
	<-time.After(time.Until(first.Add(promised)))
	const breached = "select count(*) filter (where breached_at is not null), max(breached_at - due_at) from clocks where policy = 'soon'"
	var before, after int
	var late *string
	r.must(s.db.QueryRow(breached).Scan(&before, &late))
	busy := s.busy(time.Minute)
	r.must(s.db.QueryRow(breached).Scan(&after, &late))
	if after-before < duePerMinute*9/10 {
		r.Fatalf("%d timers fired in the minute that was measured, not %d", after-before, duePerMinute)
	}
	r.table.Add(fmt.Sprintf("timers of %d open conversations, %d due a minute: share of a core", openConversations, after-before), fmt.Sprintf("%.2f %%", busy)).Measure(busy)
	r.table.Add("  the same without any that is due", fmt.Sprintf("%.2f %%", quiet)).Measure(quiet)
	r.table.Add("  what the timers add", fmt.Sprintf("%.2f %%", busy-quiet)).Measure(busy-quiet).Want("≤ 1 %", busy-quiet <= 1)
	r.table.Add("  filling the database", table.Short(filled)).Measure(filled.Seconds())
}

// busy measures the share of a core, in percent, that the program and its database use.
func (s *served) busy(d time.Duration) float64 {
	used := s.each()
	<-time.After(d)
	return 100 * used(1).Seconds() / d.Seconds()
}

// clocked sends a mail and waits until its conversation is open.
func (s *served) clocked(subject string, n int) {
	c, err := smtp.Dial(s.smtp)
	s.r.must(err)
	defer c.Close()
	from := fmt.Sprintf("jo@shop%d.example", n)
	s.r.must(c.Mail(from, nil))
	s.r.must(c.Rcpt("support@acme.example", nil))
	body, err := c.Data()
	s.r.must(err)
	_, err = fmt.Fprintf(body, "From: Jo Doe <%s>\r\nTo: support@acme.example\r\nSubject: %s\r\nMessage-ID: <timer-%d@shop.example>\r\nDate: %s\r\n\r\nWhen does it come?\r\n",
		from, subject, n, time.Now().Format(time.RFC1123Z))
	s.r.must(err)
	s.r.must(body.Close())
	// By its message, of which there are few: conversations have no index of subjects.
	s.await("conversation "+subject, "select exists (select from messages where subject = $1)", subject)
}

// fill copies the only conversation n times, with its clock, and its timers spread over a
// year. Indexes are made afterwards, which takes a fraction of the time.
func (s *served) fill(n int) {
	again := s.dropIndexes("conversations", "clocks")
	for _, statement := range []string{
		`insert into conversations overriding system value
			select f.* from conversations c, generate_series(1, $1) i,
				jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(), 'number', c.number + i, 'check_at', c.check_at + i * interval '31 s')) f`,
		`insert into clocks select f.* from clocks k, conversations c,
				jsonb_populate_record(k, jsonb_build_object('id', gen_random_uuid(), 'conversation_id', c.id)) f
			where c.id <> k.conversation_id and $1 > 0`,
		"select setval(pg_get_serial_sequence('conversations', 'number'), 1 + $1)",
	} {
		_, err := s.db.Exec(statement, n)
		s.r.must(err)
	}
	again()
	_, err := s.db.Exec("vacuum (analyze) conversations, clocks")
	s.r.must(err)
	_, err = s.db.Exec("checkpoint")
	s.r.must(err)
}

// dropIndexes drops the indexes of tables except the unique ones; the function that it
// returns makes them again.
func (s *served) dropIndexes(tables ...string) (again func()) {
	rows, err := s.db.Query(`select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) from pg_index i
		where i.indrelid = any($1::regclass[]) and not i.indisunique`, pq.Array(tables))
	s.r.must(err)
	defer rows.Close()
	var drop, create []string
	for rows.Next() {
		var name, definition string
		s.r.must(rows.Scan(&name, &definition))
		drop, create = append(drop, "drop index "+name), append(create, definition)
	}
	s.r.must(rows.Err())
	run := func(statements []string) {
		_, err := s.db.Exec(strings.Join(statements, ";"))
		s.r.must(err)
	}
	run(drop)
	return func() { run(create) }
}
