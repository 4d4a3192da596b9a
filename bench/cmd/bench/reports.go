package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"switchboard/bench/proc"
	"switchboard/bench/table"
)

// reportsPolicy has inboxes with opening hours.
const reportsPolicy = `version: 1
calendars:
  always: {hours: always}
  office: {timezone: Europe/Berlin, hours: {mon-fri: ["08:00-12:30", "13:30-18:00"]}}
tiers: [{tier: 1, name: Frontline}, {tier: 2, name: Engineering}]
inboxes:
  frontline: {tier: 1, calendar: office}
  orders: {tier: 1, calendar: office}
  billing: {tier: 2, calendar: office}
  engineering: {tier: 2, calendar: always}
slas:
  - {name: later, calendar: always, first_response: 9000h}
routing: [{name: default, set: {inbox: frontline}}]
`

// reportQuestions are the measures and what else they can be asked with.
var reportQuestions = []struct {
	measures []string
	by       []string
}{
	{[]string{"mtta", "first_response", "next_response", "mttr", "fcr", "resolution_by_tier", "time_in_tier", "waiting", "handoffs", "reassignments", "returned", "sla_adherence",
		"routing_delay", "gaps", "load", "volume", "csat", "effort"}, []string{"", "day", "agent", "tag"}},
	{[]string{"topics", "flow", "deflection"}, []string{""}},
}

// reports measures how long each measure of a month takes, in which a million conversations
// came in, were answered and passed on, and most of them were resolved.
func (r *run) reports() {
	r.policy = filepath.Join(r.folder(), "policy.yaml")
	r.must(os.WriteFile(r.policy, []byte(reportsPolicy), 0o600))
	s := r.serve("")
	key := s.key()
	s.clocked("Later 0", 0)
	sign := func(h http.Header) { h.Set("Authorization", "Bearer "+key) }
	// Business time has to be known before points are made.
	s.request(http.MethodGet, "/reports/mttr?clock=business", nil, http.StatusOK, sign, nil)
	filled, kept := s.month(openConversations - 1)
	before, _, err := proc.Memory(s.pid)
	r.must(err)
	var all []time.Duration
	for _, q := range reportQuestions {
		for _, measure := range q.measures {
			var own []time.Duration
			slowest := time.Duration(0)
			how := ""
			for i := range 3 {
				for _, by := range q.by {
					ask := url.Values{"from": {time.Now().AddDate(0, 0, -30).Format(time.DateOnly)}}
					if by != "" {
						ask.Set("by", by)
					}
					if measure == "deflection" || i%2 > 0 {
						ask.Set("clock", "business")
					}
					if measure == "deflection" {
						ask.Set("by", "day")
					}
					begin := time.Now()
					s.request(http.MethodGet, "/reports/"+measure+"?"+ask.Encode(), nil, http.StatusOK, sign, nil)
					took := time.Since(begin)
					if own = append(own, took); took > slowest {
						slowest, how = took, by
					}
				}
			}
			all = append(all, own...)
			slices.Sort(own)
			p95 := own[len(own)*95/100]
			name := "  " + measure + ": p95"
			if how != "" {
				name += ", the slowest by " + how
			}
			r.table.Add(name, table.Short(p95)).Measure(p95.Seconds()).Want("≤ 2 s", p95 <= 2*time.Second)
		}
	}
	after, peak, err := proc.Memory(s.pid)
	r.must(err)
	slices.Sort(all)
	p95 := all[len(all)*95/100]
	r.table.Add(fmt.Sprintf("reports of a month with %d conversations: p95 of %d", openConversations, len(all)), table.Short(p95)).Measure(p95.Seconds()).Want("≤ 2 s", p95 <= 2*time.Second)
	r.table.Add("  memory of the program: before, after, peak", fmt.Sprintf("%d, %d, %d MiB", before>>20, after>>20, peak>>20)).Measure(float64(peak))
	r.table.Add("  filling the database", table.Short(filled)).Measure(filled.Seconds())
	r.table.Add("  making the points of all conversations", table.Short(kept)).Measure(kept.Seconds())
}

// month makes n conversations of the last 30 days of the only one, and their points.
func (s *served) month(n int) (filled, kept time.Duration) {
	begin := time.Now()
	// The gateway makes no points meanwhile.
	tx, err := s.db.Begin()
	s.r.must(err)
	defer tx.Rollback() //nolint:errcheck // it is committed
	_, err = tx.Exec("select pg_advisory_xact_lock(hashtextextended('report_points', 0))")
	s.r.must(err)
	again := s.dropIndexes("conversations", "clocks", "events", "stints")
	for _, statement := range []string{
		"alter table conversations disable trigger all", "alter table clocks disable trigger all", "alter table events disable trigger all", "alter table stints disable trigger all",
		`insert into conversations overriding system value
			select f.* from conversations c, (select array_agg(id order by key) as id, array_agg(tier order by key) as tier from inboxes) b, generate_series(1, ` + strconv.Itoa(n) + `) i,
				jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(), 'number', c.number + i, 'check_at', null, 'inbox_id', b.id[1 + i % 4], 'tier', b.tier[1 + i % 4],
					'tags', (array['lamp', 'plug', 'cable', 'invoice', 'return', 'refund', 'broken', 'late', 'address', 'login'])[1 + i % 10:i % 10 + i % 3],
					'segment', case i % 10 when 0 then 'gold' else '' end, 'status', case i % 10 when 3 then 'open' else 'resolved' end,
					'subject', 'Order ' || substr(md5((i % 5000)::text), 1, 8) || ' ' || substr(md5((i % 300)::text), 1, 6) || ' arrived late',
					'created_at', now() - interval '30 days' + (random() * 2500000) * interval '1 s')) f`,
		`insert into stints (id, conversation_id, inbox_id, tier, waiting_on, started_at, ended_at, reason, assignee_id)
			select gen_random_uuid(), c.id, c.inbox_id, c.tier, w.waiting, c.created_at + w.part * (1 + c.number % 7919) * interval '3 s', case when w.part < 2 then c.created_at + (w.part + 1) * (1 + c.number % 7919) * interval '3 s' end,
				w.reason, case when w.part > 0 then (select id from agents limit 1) end
			from conversations c, (values (0, 'us', 'routed'), (1, 'us', 'assigned'), (2, 'customer', 'replied')) w (part, waiting, reason)
			where c.number > 1`,
		`insert into events (at, conversation_id, account_id, seq, kind, actor, data)
			select c.created_at + v.part * (1 + c.number % 7919) * interval '3 s', c.id, c.account_id, v.seq, v.kind, v.actor, v.data::jsonb from conversations c,
			(values (0, 11, 'message.received', 'customer', '{"auto_submitted": "none"}'), (2, 12, 'message.sent', 'system', '{"message_id": "x"}'),
				(2, 13, 'gap.found', 'system', '{"gap": "no_owner"}'), (2, 14, 'conversation.moved', 'system', '{"from": "orders", "to": "billing", "to_tier": 2}'),
				(2, 15, 'conversation.status', 'system', '{"from": "pending", "to": "resolved"}')) v (part, seq, kind, actor, data)
			where c.number > 1 and (v.seq not in (13, 14) or c.number % 20 = 0) and (v.seq <> 15 or c.status = 'resolved')`,
		`insert into clocks select f.* from clocks k, conversations c,
				jsonb_populate_record(k, jsonb_build_object('id', gen_random_uuid(), 'conversation_id', c.id, 'state', 'met', 'ended_at', c.created_at + interval '2 hours', 'used_us', (c.number % 7919) * 3000000)) f
			where c.number > 1 and k.metric = 'first_response'`,
		"select setval(pg_get_serial_sequence('conversations', 'number'), (select max(number) from conversations))",
		"alter table conversations enable trigger all", "alter table clocks enable trigger all", "alter table events enable trigger all", "alter table stints enable trigger all",
	} {
		_, err := s.db.Exec(statement)
		s.r.must(err)
	}
	again()
	_, err = s.db.Exec("vacuum (analyze) conversations, clocks, events, stints")
	s.r.must(err)
	filled, begin = time.Since(begin), time.Now()
	// Two sessions at once would wait for each other's slots.
	_, err = s.db.Exec("alter table report_points disable trigger user")
	s.r.must(err)
	var work sync.WaitGroup
	chunks := make(chan int)
	for range 2 {
		work.Go(func() {
			for from := range chunks {
				_, err := s.db.Exec("insert into report_points select * from conversation_points(array(select id from conversations where number > $1 and number <= $1 + 20000))", from)
				s.r.must(err)
			}
		})
	}
	for from := 0; from <= n; from += 20000 {
		chunks <- from
	}
	close(chunks)
	work.Wait()
	_, err = s.db.Exec(`alter table report_points enable trigger user;
		truncate report_slots;
		insert into report_slots select kind, to_timestamp(floor(extract(epoch from at) / 900) * 900), inbox_id, tier, agent_id, segment, channel, count(*), coalesce(sum(value), 0)
		from report_points where kind in ('opened', 'resolved', 'backlog') group by 1, 2, 3, 4, 5, 6, 7`)
	s.r.must(err)
	_, err = tx.Exec("update report_state set (xid, event_id) = (select xid, id from events order by xid desc, id desc limit 1)")
	s.r.must(err)
	s.r.must(tx.Commit())
	_, err = s.db.Exec("vacuum (analyze)")
	s.r.must(err)
	return filled, time.Since(begin)
}
