package store_test

import (
	"flag"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/report"
	"switchboard/router"
	"switchboard/router/sla"
)

var reported = flag.Int("reported", 48, "random conversations that TestReportsEqualTheReference counts")

// reportPolicy has calendars with several windows, a holiday and another zone. Its clocks run out while
// the test looks on.
var reportPolicy = strings.NewReplacer("calendars: {always: {hours: always}}", `calendars:
  always: {hours: always}
  office: {timezone: Europe/Berlin, hours: {mon-thu: ["09:00-12:30", "13:00-18:00"], fri: ["09:00-16:00"]}, holidays: [2026-12-25]}
  night: {timezone: Asia/Kolkata, hours: {mon-sun: ["22:30-04:15"]}}`,
	"frontline: {tier: 1, calendar: always}", "frontline: {tier: 1, calendar: office}", "billing: {tier: 2, calendar: always}", "billing: {tier: 2, calendar: night}",
	"escalations:", "gaps: {no_owner: 30ms, calendar: always}\nhandoffs: [{from: 1, to: 2, accept_within: 1h}]\nescalations:").Replace(quickPolicy)

// stretch makes the seconds of the test days, so that the histories last for weeks.
const stretch = 300_000

// TestReportsEqualTheReference: whatever has happened, every measure is what a simple
// calculation gives that walks through the life of each conversation.
func TestReportsEqualTheReference(t *testing.T) {
	t.Parallel()
	r := newReportTest(t)
	r.live(t, *reported)
	r.compareAll(t, every(3)) // of points that are calculated for each report
	r.keep(t)
	r.compareAll(t, every(4)) // of those that are kept
	r.change(t)
	r.compareAll(t, every(5)) // of both
}

// keep keeps all points.
func (r *reportTest) keep(t *testing.T) {
	t.Helper()
	// Events of transactions after one that is still open, of any test on this cluster, have to wait.
	for end := time.Now().Add(time.Minute); ; <-time.After(20 * time.Millisecond) {
		if _, err := r.store.KeepReports(t.Context()); err != nil {
			t.Fatal(err)
		}
		var stale int
		if err := r.db.QueryRowContext(t.Context(), "select count(*) from report_stale").Scan(&stale); err != nil {
			t.Fatal(err)
		}
		if stale == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d conversations are stale", stale)
		}
	}
}

// change lets something happen to some conversations, of which a few turn out to be years old.
func (r *reportTest) change(t *testing.T) {
	t.Helper()
	for _, c := range []string{"events.at", "stints.started_at", "stints.ended_at", "clocks.ended_at", "clocks.breached_at", "surveys.answered_at"} {
		table, column, _ := strings.Cut(c, ".")
		if _, err := r.db.ExecContext(t.Context(), fmt.Sprintf("update %s set %s = %[2]s - interval '4 years' where conversation_id in (select id from conversations where id::text = $1 and merged_into is null)",
			table, column), uuid.UUID(r.ids[0]).String()); err != nil {
			t.Fatal(err)
		}
	}
	from := r.from
	for i, id := range r.ids {
		if i%5 > 0 {
			continue
		}
		r.desk.SetStatus(t.Context(), r.agents[2], id, agent.Status{To: desk.StatusOpen})                 //nolint:errcheck // refused if it was merged
		r.desk.Move(t.Context(), r.agents[2], id, agent.Move{Inbox: "engineering", Note: "Please look."}) //nolint:errcheck // the same
		r.desk.Reply(t.Context(), r.agents[2], id, agent.Reply{Text: "Look again."})                      //nolint:errcheck // the same
		r.desk.SetStatus(t.Context(), r.agents[2], id, agent.Status{To: desk.StatusResolved})             //nolint:errcheck // the same
	}
	r.read(t)
	r.from, r.to = from, time.Now()
}

type reportTest struct {
	*pipeline
	agents []desk.Agent
	desk   *agent.Desk
	told   []counter
	from   time.Time
	to     time.Time
	merges sync.Mutex
	ids    []desk.ConversationID
}

func newReportTest(t *testing.T) *reportTest {
	p := newPipeline(t)
	rules, err := router.Compile([]byte(reportPolicy))
	if err != nil {
		t.Fatal(err)
	}
	rules.Version = p.rules.Version
	p.rules.Policy = rules
	maps.DeleteFunc(p.rules.Inboxes, func(key string, _ desk.Inbox) bool { _, ok := rules.Inbox(key); return !ok })
	r := &reportTest{pipeline: p}
	for i, tiers := range [][]desk.Tier{{1}, {2}, {1, 2, 3}} {
		a := desk.Agent{Name: fmt.Sprint("Agent ", i), Email: fmt.Sprintf("agent%d@desk.example", i), Tiers: tiers}
		if a.ID, err = p.store.SaveAgent(t.Context(), a, ""); err != nil {
			t.Fatal(err)
		}
		r.agents = append(r.agents, a)
	}
	p.rules.Agent = func(id desk.AgentID) (desk.Agent, bool) {
		i := slices.IndexFunc(r.agents, func(a desk.Agent) bool { return a.ID == id })
		return r.agents[max(i, 0)], i >= 0
	}
	p.store.SetPolicy(p.rules.Lifecycle)
	r.desk = agent.New(p.store, agent.Options{MessageID: func(id desk.MessageID) string { return id.String() + "@desk.example" }, Own: p.rules.Own, Policy: p.rules.Lifecycle, Undo: time.Hour})
	return r
}

// live lets conversations live, stretches their time, and reads what was recorded.
func (r *reportTest) live(t *testing.T, n int) {
	t.Helper()
	seeds := make(chan int)
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for seed := range seeds {
				r.one(t, uint64(seed))
			}
		})
	}
	for seed := range n {
		seeds <- seed
	}
	close(seeds)
	workers.Wait()
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := r.db.ExecContext(t.Context(), query, args...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	exec(`insert into surveys (id, conversation_id, message_id, contact_id, inbox_id, assignee_id, address, kind, scale, sent_at, expires_at, score, answered_at)
		select gen_random_uuid(), c.id, p.message_id, c.contact_id, c.inbox_id, c.assignee_id, 'x', k.kind, 5, now(), now(), 1 + c.number % 5, c.updated_at
		from conversations c join placements p on p.conversation_id = c.id and p.until is null and p.seq = (select min(seq) from placements x where x.conversation_id = c.id and x.until is null),
			(values ('csat'), ('effort')) k (kind) where c.number % 3 = 0`)
	exec(`insert into quality_reviews (id, conversation_id, week, tier, inbox_id, agent_id, authors, resolved_at, scores, done_at)
		select gen_random_uuid(), c.id, current_date, c.tier, c.inbox_id, coalesce(c.assignee_id, (select id from agents order by id limit 1)), '{}', now(),
			jsonb_build_array(jsonb_build_object('criterion', 'Tone', 'score', case when c.number % 7 > 0 then 1 + c.number % 5 end), jsonb_build_object('criterion', 'Correct', 'score', null, 'none', true),
				jsonb_build_object('criterion', 'Process', 'score', case when c.number % 7 > 0 then 5 - c.number % 3 end)), case when c.number % 4 > 0 then c.updated_at end
		from conversations c where c.number % 3 > 0`)
	exec(`update conversations set tags = case number % 4 when 0 then '{}'::text[] when 1 then '{lamp}' when 2 then '{lamp,plug}' else '{plug}' end, segment = case number % 2 when 0 then 'gold' else '' end, restricted = number % 9 = 0,
		subject = (array['Lamp LAMP arrives: broken', 'No. 4711 has a pink lamp', 'Größe 東京都庁舎?', '', 'Invoice 2026-17/b42x is wrong'])[1 + number % 5]`)
	end := time.Now() // the past becomes longer
	for _, c := range []string{"events.at", "stints.started_at", "stints.ended_at", "clocks.ended_at", "clocks.breached_at", "surveys.answered_at", "quality_reviews.done_at", "conversations.created_at", "conversations.updated_at"} {
		table, column, _ := strings.Cut(c, ".")
		exec(fmt.Sprintf("update %s set %s = $1::timestamptz - ($1::timestamptz - %s) * %d", table, column, column, stretch), end)
	}
	r.read(t)
}

// read reads what was recorded.
func (r *reportTest) read(t *testing.T) {
	t.Helper()
	var text []byte
	if err := r.db.QueryRowContext(t.Context(), toldQuery).Scan(&text); err != nil {
		t.Fatal(err)
	}
	r.told = nil
	r.from, r.to = time.Now(), time.Time{}
	for _, c := range readTold(t, text) {
		k := counter{told: c, between: r.between}
		k.count()
		r.told = append(r.told, k)
		for _, p := range k.points {
			r.to = later(r.to, p.at)
			if p.at.Before(r.from) {
				r.from = p.at
			}
		}
	}
	r.from, r.to = r.from.Add(r.to.Sub(r.from)/4), r.to.Add(-r.to.Sub(r.from)/10) // some of it is before and after
}

// one is the life of one conversation.
func (r *reportTest) one(t *testing.T, seed uint64) {
	s := &sequence{pipeline: r.pipeline, desk: r.desk, rand: rand.New(rand.NewPCG(seed, 3)), agents: r.agents, from: fmt.Sprintf("jo@report%d.example", seed)}
	s.receive(t, "")
	var sent []desk.MessageID
	reply := func(t *testing.T) {
		m, err := s.desk.Reply(t.Context(), s.who(), s.id, agent.Reply{Text: "Pull the plug."})
		if err == nil {
			sent = append(sent, m.ID)
		}
	}
	takeBack := func(t *testing.T) {
		if len(sent) > 0 {
			s.desk.CancelSend(t.Context(), s.who(), s.id, sent[s.rand.IntN(len(sent))]) //nolint:errcheck // refused if it was not its author
		}
	}
	merge := func(t *testing.T) {
		r.merges.Lock()
		defer r.merges.Unlock()
		if len(r.ids) > 0 && s.rand.IntN(3) == 0 {
			s.desk.Merge(t.Context(), s.agents[2], r.ids[s.rand.IntN(len(r.ids))], s.id) //nolint:errcheck // refused if it is merged already
		}
	}
	own := func(t *testing.T) {
		by := s.who()
		s.desk.Assign(t.Context(), by, s.id, by.ID) //nolint:errcheck // refused if it may not
	}
	steps := []func(*testing.T){s.message, s.message, s.automatic, reply, reply, reply, takeBack, s.note, s.assign, own, s.move, s.move, s.takeOn, s.giveBack, s.giveBack, s.status, s.status, s.status, s.wait, s.timers, merge}
	for range 12 {
		steps[s.rand.IntN(len(steps))](t)
	}
	r.merges.Lock()
	r.ids = append(r.ids, s.id)
	r.merges.Unlock()
}

// between is the business time of an inbox.
func (r *reportTest) between(inbox string, a, b time.Time) float64 {
	calendar := &sla.Calendar{Always: true}
	if in, ok := r.rules.Policy.Inbox(inbox); ok {
		if c, ok := r.rules.Policy.Calendar(in.Calendar); ok {
			calendar = c
		}
	}
	return calendar.Between(a, b).Seconds()
}

// expected is a group of the reference.
type expected struct {
	n, good, breached, void float64
	values, promised        []float64
}

var kindOf = map[string]string{"mtta": "acknowledged", "first_response": "first_response", "next_response": "next_response", "mttr": "resolution", "fcr": "fcr",
	"resolution_by_tier": "resolution", "time_in_tier": "held", "waiting": "held", "handoffs": "resolution", "reassignments": "resolution", "returned": "moved",
	"sla_adherence": "clock", "routing_delay": "routed", "gaps": "gap", "volume": "opened", "csat": "csat", "effort": "effort", "quality": "quality"}

// every is n, unless many histories are compared.
func every(n int) int {
	if *reported > 1000 {
		return 1
	}
	return n
}

// compareAll compares all measures, grouped in every so-many-th way.
func (r *reportTest) compareAll(t *testing.T, step int) {
	t.Helper()
	seen := map[string]int{}
	for k, m := range report.Measures {
		if kindOf[m.Name] == "" {
			continue
		}
		for i, by := range append([]string{""}, report.Groupings...) {
			if by == "hour" && m.Name != "mtta" || (i+k)%step > 0 {
				continue
			}
			for _, clock := range []string{"wall", "business"} {
				if (i+k)/step%2 > 0 && clock == "business" && step > 1 {
					continue
				}
				req := report.Request{Measure: m.Name, From: r.from.Format(time.RFC3339Nano), To: r.to.Format(time.RFC3339Nano), TZ: "Europe/Berlin", By: by, Clock: clock}
				if by == "hour" {
					req.From = r.to.Add(-60 * 24 * time.Hour).Format(time.RFC3339Nano)
				}
				_, f, loc, err := report.Parse(req, time.Now())
				if err != nil {
					t.Fatal(err)
				}
				rows, err := r.store.Report(t.Context(), f)
				if err != nil {
					t.Fatal(err)
				}
				want := r.expect(&f, loc)
				for _, row := range rows {
					seen[m.Name] += int(row.N)
					key := row.Key
					if row.Start != nil {
						key = row.Start.Format(time.RFC3339)
					}
					w, ok := want[key+"/"+row.Detail]
					if !ok {
						w = &expected{}
					}
					delete(want, key+"/"+row.Detail)
					if diff := w.differs(m.Name, &row); diff != "" {
						t.Errorf("%s by %q (%s), %s %s: %s", m.Name, by, clock, row.Name, row.Detail, diff)
					}
				}
				for key := range want {
					t.Errorf("%s by %q (%s): no row %s", m.Name, by, clock, key)
				}
			}
		}
	}
	for name := range kindOf {
		if seen[name] == 0 {
			t.Errorf("the histories have nothing that %s counts", name)
		}
	}
	t.Log(seen)
	r.compareLoad(t)
	r.compareTopics(t)
	r.compareFlow(t)
}

// expect calculates the groups of a report.
func (r *reportTest) expect(f *view.ReportFilter, loc *time.Location) map[string]*expected {
	out := map[string]*expected{}
	for _, c := range r.told {
		sums := map[string]float64{} // of one conversation
		for _, p := range c.points {
			if p.kind != kindOf[f.Measure] || p.at.Before(f.From) || !p.at.Before(f.To) || f.Measure == "returned" && p.outcome == "return" {
				continue
			}
			for _, key := range keysOf(&p, &c.told, f, loc) {
				detail := ""
				if f.Measure == "waiting" || f.Measure == "sla_adherence" || f.Measure == "gaps" {
					detail = p.detail
				}
				key += "/" + detail
				if out[key] == nil {
					out[key] = &expected{}
				}
				value := p.value
				if f.Business {
					value = p.business
				}
				if p.kind == "held" {
					sums[key] += value
					continue
				}
				out[key].add(&p, f.Measure, value)
			}
		}
		for key, v := range sums {
			out[key].n++
			out[key].values = append(out[key].values, v)
		}
	}
	return out
}

func (e *expected) add(p *point, measure string, value float64) {
	switch p.outcome {
	case "void":
		e.void++
		return
	case "yes", "met", "returned", "good":
		e.good++
	case "breached":
		e.breached++
	}
	e.n++
	switch {
	case measure == "handoffs":
		e.values = append(e.values, p.handoffs)
	case measure == "reassignments":
		e.values = append(e.values, p.reassigned)
	case !p.timeless || p.kind == "clock":
		e.values = append(e.values, value)
	}
	if p.kind == "clock" {
		e.promised = append(e.promised, p.promised)
	}
}

func keysOf(p *point, c *told, f *view.ReportFilter, loc *time.Location) []string {
	agent := ""
	if p.agent != "" {
		agent = "ag_" + strings.ReplaceAll(p.agent, "-", "")
	}
	local := p.at.In(loc)
	y, m, d := local.Date()
	switch f.By {
	case "tier":
		return []string{strconv.Itoa(p.tier)}
	case "inbox":
		return []string{p.inbox}
	case "agent":
		return []string{agent}
	case "segment":
		return []string{c.Segment}
	case "channel":
		return []string{c.Channel}
	case "tag":
		if len(c.Tags) == 0 {
			return []string{""}
		}
		return c.Tags
	case "week":
		return []string{time.Date(y, m, d-(int(p.at.In(loc).Weekday())+6)%7, 0, 0, 0, 0, loc).UTC().Format(time.RFC3339)}
	case "day":
		return []string{time.Date(y, m, d, 0, 0, 0, 0, loc).UTC().Format(time.RFC3339)}
	case "hour":
		return []string{p.at.UTC().Truncate(time.Hour).Format(time.RFC3339)}
	}
	return []string{""}
}

// differs compares a group with the row of a report.
func (e *expected) differs(measure string, row *view.ReportRow) string {
	near := func(got *float64, want float64) bool {
		return got != nil && math.Abs(*got-want) <= 1e-5*max(1, math.Abs(want))
	}
	mean := func(v []float64) (sum float64) {
		for _, x := range v {
			sum += x / float64(len(v))
		}
		return sum
	}
	rank := func(share float64) float64 {
		at := share * float64(len(e.values)-1)
		low := int(at)
		high := min(low+1, len(e.values)-1)
		return e.values[low] + (at-float64(low))*(e.values[high]-e.values[low])
	}
	slices.Sort(e.values)
	switch {
	case float64(row.N) != e.n:
		return fmt.Sprintf("n is %d, want %v", row.N, e.n)
	case len(e.values) == 0 && row.Mean != nil:
		return "a mean of nothing"
	case len(e.values) > 0 && (!near(row.Mean, mean(e.values)) || !near(row.P50, rank(0.5)) || !near(row.P90, rank(0.9)) || !near(row.P95, rank(0.95))):
		return fmt.Sprintf("mean %v, p50 %v, p90 %v, p95 %v, want %v, %v, %v, %v", show(row.Mean), show(row.P50), show(row.P90), show(row.P95), mean(e.values), rank(0.5), rank(0.9), rank(0.95))
	case slices.Contains([]string{"fcr", "returned", "sla_adherence", "csat", "effort", "quality"}, measure):
		if float64(*row.Count) != e.good || e.n > 0 && !near(row.Share, e.good/e.n) {
			return fmt.Sprintf("count is %d, want %v", *row.Count, e.good)
		}
		if measure == "sla_adherence" && (float64(*row.Breached) != e.breached || float64(*row.Void) != e.void || len(e.promised) > 0 && !near(row.Promised, mean(e.promised))) {
			return fmt.Sprintf("breached %d, void %d, want %v, %v", *row.Breached, *row.Void, e.breached, e.void)
		}
	case measure == "handoffs" || measure == "reassignments":
		if float64(*row.Count) != math.Round(mean(e.values)*float64(len(e.values))) {
			return fmt.Sprintf("count is %d", *row.Count)
		}
	}
	return ""
}

func show(f *float64) string {
	if f == nil {
		return "null"
	}
	return fmt.Sprint(*f)
}

// compareLoad compares what was open, by inbox and by day.
func (r *reportTest) compareLoad(t *testing.T) {
	t.Helper()
	for _, by := range []string{"inbox", "day"} {
		_, f, _, err := report.Parse(report.Request{Measure: "load", From: r.from.Add(r.to.Sub(r.from) / 3).Format(time.RFC3339Nano), To: r.to.Format(time.RFC3339Nano), TZ: "Asia/Kolkata", By: by}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		rows, err := r.store.Report(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			from, to := f.From, f.To
			if row.Start != nil {
				from, to = later(f.From, *row.Start), *row.End
				if f.To.Before(to) {
					to = f.To
				}
			}
			var arrivals, resolved, backlog int64
			for _, c := range r.told {
				if inbox, open := c.openBefore(to); open && (by == "day" || inbox == row.Key) {
					backlog++
				}
				for _, p := range c.points {
					if !p.at.Before(from) && p.at.Before(to) && (by == "day" || p.inbox == row.Key) {
						switch p.kind {
						case "opened":
							arrivals++
						case "resolved":
							resolved++
						}
					}
				}
			}
			if *row.Arrivals != arrivals || *row.Resolved != resolved || *row.Backlog != backlog {
				t.Errorf("load of %s: %d new, %d resolved, %d open; want %d, %d, %d", row.Name, *row.Arrivals, *row.Resolved, *row.Backlog, arrivals, resolved, backlog)
			}
		}
		if len(rows) < 3 {
			t.Errorf("load by %s has %d rows", by, len(rows))
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
