// Package replay runs the state machine of conversations over a history, without a
// database: for `switchboard policy replay`, and as the reference for what the database
// contains. It is pure.
package replay

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/internal/language"
	"switchboard/lifecycle"
	"switchboard/replay/history"
	"switchboard/router"
)

// Run replays a history, JSON lines ordered by time, through a policy document, and
// writes one JSON line for each conversation, in the order of their first appearance.
// Clocks are read at until, and what happens later is left out; zero: at the last event. The error is a
// *router.PolicyError or a *history.Error.
func Run(policy []byte, events io.Reader, until time.Time, out io.Writer) error {
	rules, err := router.Compile(policy)
	if err != nil {
		return err
	}
	r := newRun(rules)
	r.until = until
	if err := history.Read(events, r.line); err != nil {
		return err
	}
	if until.IsZero() {
		until = r.now
	}
	r.advance(until, true)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for _, c := range r.order {
		if err := enc.Encode(r.result(c, until)); err != nil {
			return err
		}
	}
	return nil
}

// run is the state of a replay.
type run struct {
	policy        lifecycle.Policy
	agents        map[string]desk.Agent
	keys          map[desk.AgentID]string
	conversations map[string]*conversation
	order         []*conversation
	now           time.Time // of the newest event
	until         time.Time // zero: all events count
	late          time.Time // of the newest event after until
	assigner      *assigner
}

// conversation is everything that happened to one conversation.
type conversation struct {
	key     string
	state   lifecycle.State
	account *history.Account
	stints  []desk.Stint
	clocks  []desk.Clock
	fired   []lifecycle.Fired
	replies []time.Time
	done    []period // while resolved or closed
	next    time.Time

	contact string // their address
	// assigned is how often it was assigned automatically at the instant assignedAt.
	assigned   int
	assignedAt time.Time
}

// period is a span of time; to is zero if it has not ended.
type period struct{ from, to time.Time }

func newRun(rules *router.Policy) *run {
	r := &run{agents: map[string]desk.Agent{}, keys: map[desk.AgentID]string{}, conversations: map[string]*conversation{}}
	r.policy = lifecycle.Policy{Rules: rules, Agent: func(id desk.AgentID) (desk.Agent, bool) {
		a, ok := r.agents[r.keys[id]]
		return a, ok
	}}
	for i, in := range rules.Inboxes() {
		r.policy.Inboxes = append(r.policy.Inboxes, desk.Inbox{ID: desk.InboxID{15: byte(i + 1), 14: byte((i + 1) >> 8)}, Key: in.Key, Name: in.Name, Tier: in.Tier})
	}
	r.assigner = newAssigner(&r.policy)
	return r
}

// line replays one line.
func (r *run) line(l *history.Line) error {
	switch {
	case l.Agent != nil:
		return r.addAgent(l)
	case l.At == nil:
		return errors.New(`"at" is missing`)
	case l.At.Before(latest(r.now, r.late)):
		return fmt.Errorf("out of order: %s is before %s", l.At.UTC().Format(time.RFC3339), latest(r.now, r.late).Format(time.RFC3339))
	case l.Conversation == "":
		return errors.New(`"c" is missing`)
	}
	if !r.until.IsZero() && l.At.After(r.until) {
		r.late = l.At.UTC()
		return nil
	}
	r.now = l.At.UTC()
	r.advance(r.now, false)
	c := r.conversations[l.Conversation]
	if l.Do == "receive" {
		return r.receive(c, l)
	}
	if c == nil {
		return fmt.Errorf("conversation %q is unknown: it begins with a message that is received", l.Conversation)
	}
	e, err := r.event(c, l)
	if err != nil {
		return err
	}
	return r.apply(c, e, r.now)
}

// advance fires the timers of all conversations that are due before an instant; with
// inclusive, also at it. They fire in order of time, and at each instant conversations
// are assigned after its timers.
func (r *run) advance(until time.Time, inclusive bool) {
	for {
		var first *conversation
		for _, c := range r.order {
			if !c.next.IsZero() && (first == nil || c.next.Before(first.next)) {
				first = c
			}
		}
		at, assigns := time.Time{}, false
		if first != nil {
			at = first.next
		}
		if due := r.assigner.due; !due.IsZero() && (first == nil || due.Before(at)) {
			at, assigns = due, true
		}
		if at.IsZero() || at.After(until) || at.Equal(until) && !inclusive {
			return
		}
		if assigns {
			r.assign(at)
			continue
		}
		_ = r.apply(first, lifecycle.Timer{}, first.next) // a timer is never refused
	}
}

// receive opens a conversation, or adds a message to it.
func (r *run) receive(c *conversation, l *history.Line) error {
	e := lifecycle.Message{Automatic: automatic(l)}
	if c == nil {
		c = r.open(l)
	} else if l.Account != nil && !reflect.DeepEqual(l.Account, c.account) {
		facts := l.Account.Facts()
		c.account, e.Account = l.Account, &facts
	}
	return r.apply(c, e, r.now)
}

// automatic reports whether a program wrote a message.
func automatic(l *history.Line) bool {
	auto := desk.AutoSubmitted(l.Auto)
	return auto != "" && auto != desk.AutoNo && auto != desk.AutoList
}

// open opens a conversation where the policy puts it.
func (r *run) open(l *history.Line) *conversation {
	c := &conversation{key: l.Conversation, account: l.Account, contact: strings.ToLower(l.From)}
	_, domain, _ := strings.Cut(l.From, "@")
	f := router.Facts{
		Channel: l.Channel, Message: router.MessageFacts{Subject: l.Subject, NewText: l.Text, From: strings.ToLower(l.From), AutoSubmitted: l.Auto},
		Contact: router.ContactFacts{Address: strings.ToLower(l.From), Domain: strings.ToLower(domain)}, Account: l.Account.Facts(),
		History:      r.past(l.Account, strings.ToLower(l.From)),
		Conversation: router.ConversationFacts{Subject: l.Subject, Status: string(desk.StatusOpen), Priority: string(desk.PriorityNormal)},
		Calendar:     map[string]bool{},
	}
	if !automatic(l) {
		f.Messages.Inbound = 1
	}
	if r.policy.Rules.Reads("message.language") {
		f.Message.Language = language.Detect(l.Text)
	}
	if l.To != nil {
		f.Message.To, f.Message.Desk, f.Endpoint = strings.ToLower(*l.To), strings.ToLower(*l.To), strings.ToLower(*l.To)
	}
	for _, cal := range r.policy.Rules.Calendars() {
		f.Calendar[cal.Name] = cal.Open(r.now)
	}
	a := r.policy.Rules.Route(f)
	var inbox desk.Inbox
	for _, in := range r.policy.Inboxes {
		if in.Key == a.Inbox {
			inbox = in
		}
	}
	n := len(r.order) + 1
	out := lifecycle.Open(desk.Conversation{ID: desk.ConversationID{15: byte(n), 14: byte(n >> 8), 13: byte(n >> 16)}, Number: int64(n), Subject: l.Subject,
		Channel: desk.Channel(l.Channel), Priority: a.Priority, InboxID: inbox.ID, Tier: a.Tier, Tags: a.Tags, Restricted: a.Restricted, Path: a.Path, ReplyTo: l.From},
		lifecycle.Opening{SLA: a.SLA, Page: a.Page, Facts: f, Data: desk.ConversationOpened{Inbox: a.Inbox, Tier: a.Tier, Path: a.Path, Segment: a.Segment}}, r.policy, r.now)
	r.conversations[l.Conversation] = c
	r.order = append(r.order, c)
	c.take(&out)
	return c
}

// apply applies an event to a conversation.
func (r *run) apply(c *conversation, e lifecycle.Event, at time.Time) error {
	out, err := lifecycle.Apply(c.state, e, r.policy, at)
	if err != nil {
		return err
	}
	if reply, ok := e.(lifecycle.Reply); ok && !reply.Automatic {
		c.replies = append(c.replies, at)
	}
	c.take(&out)
	r.assigner.wake(at)
	for i := range out.Begun {
		if s := &out.Begun[i]; !s.AssigneeID.IsZero() && s.Reason == "assigned" {
			r.assigner.turn(s)
		}
	}
	c.next, _ = lifecycle.NextTimer(c.state, r.policy)
	return nil
}

// take stores an outcome.
func (c *conversation) take(out *lifecycle.Outcome) {
	c.state = out.State
	for _, s := range slices.Concat(out.Begun, out.Ended) {
		if i := slices.IndexFunc(c.stints, func(x desk.Stint) bool { return x.ID == s.ID }); i >= 0 {
			c.stints[i] = s
		} else {
			c.stints = append(c.stints, s)
		}
	}
	for _, k := range out.Clocks {
		if i := slices.IndexFunc(c.clocks, func(x desk.Clock) bool { return x.ID == k.ID }); i >= 0 {
			c.clocks[i] = k
		} else {
			c.clocks = append(c.clocks, k)
		}
	}
	c.fired = append(c.fired, out.Fired...)
	for _, e := range out.Events {
		if e.Kind == desk.EventStatusChanged {
			c.status(e)
		}
	}
}

// status remembers when the conversation was resolved or closed.
func (c *conversation) status(e desk.Event) {
	var data desk.StatusChanged
	if json.Unmarshal(e.Data, &data) != nil {
		return
	}
	is := data.To == desk.StatusResolved || data.To == desk.StatusClosed
	n := len(c.done)
	running := n > 0 && c.done[n-1].to.IsZero()
	switch {
	case is && !running:
		c.done = append(c.done, period{from: e.At})
	case !is && running:
		c.done[n-1].to = e.At
	}
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
