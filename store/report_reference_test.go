package store_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// told is a conversation with everything that was recorded about it, read as it is.
type told struct {
	ID, Channel, Segment, Merged string
	Subject                      string
	Restricted                   bool
	Tags                         []string
	Events                       []toldEvent
	Stints                       []toldStint
	Clocks                       []toldClock
	Surveys                      []toldSurvey
	Reviews                      []toldReview
}

type toldEvent struct {
	Seq         int64
	At          time.Time
	Kind, Actor string
	Data        map[string]any
}

type toldStint struct {
	Inbox, Agent, Waiting string
	Tier                  int
	From                  time.Time
	To                    *time.Time
}

type toldClock struct {
	Metric, State   string
	Tier            int
	Target, Used    float64
	Ended, Breached *time.Time
}

type toldReview struct {
	Inbox, Agent string
	Tier         int
	Scores       []struct{ Score *float64 }
	At           *time.Time
}

type toldSurvey struct {
	Kind, Inbox, Agent string
	Tier               int
	Score, Scale       float64
	At                 *time.Time
}

const toldQuery = `select json_agg(json_build_object('ID', c.id, 'Channel', c.channel, 'Segment', c.segment, 'Merged', coalesce(c.merged_into::text, ''), 'Subject', c.subject, 'Restricted', c.restricted, 'Tags', c.tags,
	'Events', (select json_agg(json_build_object('Seq', e.seq, 'At', e.at, 'Kind', e.kind, 'Actor', e.actor, 'Data', e.data) order by e.seq) from events e where e.conversation_id = c.id),
	'Stints', (select json_agg(json_build_object('Inbox', i.key, 'Agent', coalesce(s.assignee_id::text, ''), 'Waiting', s.waiting_on, 'Tier', s.tier, 'From', s.started_at, 'To', s.ended_at)
		order by s.started_at, s.ended_at nulls last, s.id) from stints s join inboxes i on i.id = s.inbox_id where s.conversation_id = c.id),
	'Clocks', (select json_agg(json_build_object('Metric', k.metric, 'State', k.state, 'Tier', k.tier, 'Target', k.target_us / 1e6, 'Used', k.used_us / 1e6, 'Ended', k.ended_at, 'Breached', k.breached_at))
		from clocks k where k.conversation_id = c.id),
	'Surveys', (select json_agg(json_build_object('Kind', v.kind, 'Inbox', i.key, 'Tier', i.tier, 'Agent', coalesce(v.assignee_id::text, ''), 'Score', v.score, 'Scale', v.scale, 'At', v.answered_at))
		from surveys v join inboxes i on i.id = v.inbox_id where v.conversation_id = c.id),
	'Reviews', (select json_agg(json_build_object('Inbox', i.key, 'Tier', q.tier, 'Agent', q.agent_id::text, 'Scores', q.scores, 'At', q.done_at))
		from quality_reviews q join inboxes i on i.id = q.inbox_id where q.conversation_id = c.id))) from conversations c`

// point is something that a measure counts.
type point struct {
	kind, inbox, agent, detail, outcome string
	tier                                int
	at                                  time.Time
	value, business, promised           float64
	handoffs, reassigned                float64
	timeless                            bool // it has no value
}

// counter calculates the points of one conversation by walking through its life.
type counter struct {
	told
	between func(inbox string, a, b time.Time) float64 // business time
	points  []point
	turns   []turned
}

// turned is a time for which a conversation was resolved.
type turned struct {
	from, to time.Time
	last     bool // it still is
}

func agentOf(actor string) string {
	if id, err := uuid.Parse(strings.TrimPrefix(actor, "ag_")); err == nil {
		return id.String()
	}
	return ""
}

// at returns what the conversation was at an instant.
func (c *counter) at(t time.Time) (s toldStint) {
	for _, s := range c.Stints {
		if !s.From.After(t) && (s.To == nil || s.To.After(t)) {
			return s
		}
	}
	return s
}

// add adds a point with the place of its instant, or with the agent that is given.
func (c *counter) add(kind string, since, at time.Time, agent *string, more func(*point)) {
	s := c.at(at)
	p := point{kind: kind, inbox: s.Inbox, agent: s.Agent, tier: s.Tier, at: at, timeless: since.IsZero()}
	if agent != nil {
		p.agent = *agent
	}
	if !since.IsZero() {
		p.value, p.business = at.Sub(since).Seconds(), c.between(p.inbox, since, at)
	}
	if more != nil {
		more(&p)
	}
	c.points = append(c.points, p)
}

func (e *toldEvent) text(name string) string { s, _ := e.Data[name].(string); return s }

// count fills points.
func (c *counter) count() {
	c.Events = slices.DeleteFunc(c.Events, func(e toldEvent) bool {
		return !slices.Contains([]string{"conversation.opened", "conversation.assigned", "conversation.moved", "conversation.status", "message.received", "message.sent",
			"message.cancelled", "handoff.accepted", "handoff.returned", "gap.found"}, e.Kind)
	})
	cancelled := map[string]int64{}
	for i := range c.Events {
		if i > 0 && c.Events[i].At.Before(c.Events[i-1].At) {
			c.Events[i].At = c.Events[i-1].At
		}
		if c.Events[i].Kind == "message.cancelled" {
			cancelled[c.Events[i].text("message_id")] = c.Events[i].Seq
		}
	}
	opened := c.Stints[0].From
	first := c.Stints[0]
	c.points = append(c.points, point{kind: "opened", at: opened, inbox: first.Inbox, tier: first.Tier, agent: first.Agent, timeless: true})
	var byUs, acknowledged bool
	replies, asked := 0, time.Time{}
	for i := range c.Events {
		e := &c.Events[i]
		by := agentOf(e.Actor)
		acknowledges := e.Kind == "handoff.accepted" || e.Kind == "conversation.assigned" && e.text("to") == e.Actor && by != ""
		switch e.Kind {
		case "conversation.opened":
			byUs = e.text("started_by") != ""
		case "message.received":
			if auto := e.text("auto_submitted"); (auto == "none" || auto == "list") && asked.IsZero() {
				asked = e.At
			}
		case "message.sent":
			if _, automatic := e.Data["automatic"]; automatic || cancelled[e.text("message_id")] > e.Seq {
				break
			}
			acknowledges = true
			replies++
			if replies == 1 && !byUs {
				c.add("first_response", opened, e.At, &by, nil)
			} else if !asked.IsZero() {
				c.add("next_response", asked, e.At, &by, nil)
			}
			asked = time.Time{}
		case "conversation.status":
			c.turn(e)
		case "gap.found":
			c.add("gap", time.Time{}, e.At, nil, func(p *point) { p.detail = e.text("gap") })
		case "conversation.moved":
			c.moved(i)
		}
		if acknowledges && !acknowledged && !byUs {
			acknowledged = true
			c.add("acknowledged", opened, e.At, &by, nil)
		}
	}
	c.resolutions(opened)
	c.routing()
	for _, k := range c.Clocks {
		c.clock(&k)
	}
	for _, v := range c.Surveys {
		if v.At == nil {
			continue
		}
		value := (v.Score - 1) / (v.Scale - 1)
		p := point{kind: v.Kind, at: *v.At, inbox: v.Inbox, tier: v.Tier, agent: v.Agent, value: value, business: value}
		if v.Score > v.Scale*0.7 {
			p.outcome = "good"
		}
		c.points = append(c.points, p)
	}
	for _, v := range c.Reviews {
		sum, n := 0.0, 0.0
		for _, one := range v.Scores {
			if one.Score != nil {
				sum, n = sum+*one.Score, n+1
			}
		}
		if v.At == nil || n == 0 {
			continue
		}
		value := (sum/n - 1) / 4
		p := point{kind: "quality", at: *v.At, inbox: v.Inbox, tier: v.Tier, agent: v.Agent, value: value, business: value}
		if sum >= 4*n {
			p.outcome = "good"
		}
		c.points = append(c.points, p)
	}
}

func (c *counter) turn(e *toldEvent) {
	is := func(status string) bool { return status == "resolved" || status == "closed" }
	from, to := is(e.text("from")), is(e.text("to"))
	switch {
	case !from && to:
		c.turns = append(c.turns, turned{from: e.At, last: true})
	case from && !to && len(c.turns) > 0:
		c.turns[len(c.turns)-1].to, c.turns[len(c.turns)-1].last = e.At, false
	}
}

func (c *counter) moved(i int) {
	e := &c.Events[i]
	pass := func(e toldEvent) bool { return e.Kind == "conversation.moved" || e.Kind == "handoff.returned" }
	before, after := "", ""
	for j := i - 1; j >= 0 && before == ""; j-- {
		if pass(c.Events[j]) {
			before = c.Events[j].Kind
		}
	}
	if j := slices.IndexFunc(c.Events[i+1:], pass); j >= 0 {
		after = c.Events[i+1+j].Kind
	}
	by := agentOf(e.Actor)
	tier, _ := e.Data["to_tier"].(float64)
	p := point{kind: "moved", at: e.At, inbox: e.text("to"), tier: int(tier), agent: by, detail: e.text("from"), outcome: "kept", timeless: true}
	if before == "handoff.returned" {
		p.outcome = "return"
	} else if after == "handoff.returned" {
		p.outcome = "returned"
	}
	c.points = append(c.points, p)
}

// resolutions counts when the conversation was resolved, and what it had taken by then.
func (c *counter) resolutions(opened time.Time) {
	for i, t := range c.turns {
		if t.last && c.Merged != "" {
			continue
		}
		c.add("resolved", time.Time{}, t.from, nil, nil)
		if i == 0 {
			inboxes, agents := map[string]bool{}, map[string]bool{}
			for _, s := range c.Stints {
				if !s.From.After(t.from) {
					inboxes[s.Inbox], agents[s.Agent] = true, true
				}
			}
			delete(agents, "")
			outcome := "no"
			if len(inboxes) == 1 && len(agents) < 2 && (t.last || t.to.Sub(t.from) > 7*24*time.Hour) {
				outcome = "yes"
			}
			c.add("fcr", time.Time{}, t.from, nil, func(p *point) { p.outcome = outcome })
		}
		if !t.last {
			continue
		}
		var handoffs, reassigned float64
		for j := 1; j < len(c.Stints); j++ {
			a, b := c.Stints[j-1], c.Stints[j]
			if a.Tier != b.Tier {
				handoffs++
			}
			if a.Agent != "" && b.Agent != "" && a.Agent != b.Agent {
				reassigned++
			}
		}
		c.add("resolution", opened, t.from, nil, func(p *point) { p.handoffs, p.reassigned = handoffs, reassigned })
		c.held(t.from)
	}
}

// held adds what each holder had, without the time for which it was resolved.
func (c *counter) held(end time.Time) {
	for _, s := range c.Stints {
		if !s.From.Before(end) {
			continue
		}
		at, to := s.From, end
		if s.To != nil && s.To.Before(end) {
			to = *s.To
		}
		p := point{kind: "held", at: end, inbox: s.Inbox, tier: s.Tier, agent: s.Agent, detail: s.Waiting}
		span := func(a, b time.Time) {
			if a.Before(b) {
				p.value += b.Sub(a).Seconds()
				p.business += c.between(s.Inbox, a, b)
			}
		}
		for _, t := range c.turns {
			if t.last || !t.to.After(at) || !t.from.Before(to) {
				continue
			}
			span(at, t.from)
			at = t.to
		}
		span(at, to)
		c.points = append(c.points, p)
	}
}

func (c *counter) routing() {
	for i := 1; i < len(c.Stints); i++ {
		s := c.Stints[i]
		if s.Agent == "" || c.Stints[i-1].Agent != "" || c.Stints[i-1].Inbox != s.Inbox {
			continue
		}
		j := i - 1
		for j > 0 && c.Stints[j-1].Agent == "" && c.Stints[j-1].Inbox == s.Inbox {
			j--
		}
		since, resolved := c.Stints[j].From, false
		for _, t := range c.turns {
			if t.from.After(s.From) {
				continue
			}
			if resolved = t.last || t.to.After(s.From); !resolved && t.to.After(since) {
				since = t.to
			}
		}
		if !resolved {
			c.add("routed", since, s.From, nil, nil)
		}
	}
}

func (c *counter) clock(k *toldClock) {
	at, outcome := k.Ended, k.State
	if k.Breached != nil {
		outcome = "breached"
		if at == nil {
			at = k.Breached
		}
	} else if k.State != "met" && k.State != "void" {
		return
	}
	c.add("clock", time.Time{}, *at, nil, func(p *point) {
		p.tier, p.detail, p.outcome, p.value, p.business, p.promised = k.Tier, k.Metric, outcome, k.Used, k.Used, k.Target
		p.timeless = outcome == "void"
	})
}

// openBefore returns the inbox in which the conversation was open just before an instant.
func (c *counter) openBefore(t time.Time) (inbox string, open bool) {
	for _, d := range c.turns {
		if d.from.Before(t) && (d.last || !d.to.Before(t)) {
			return "", false
		}
	}
	for _, s := range c.Stints {
		if s.From.Before(t) && (s.To == nil || !s.To.Before(t)) {
			return s.Inbox, true
		}
	}
	return "", false
}

func readTold(t *testing.T, text []byte) (list []told) {
	t.Helper()
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	return list
}
