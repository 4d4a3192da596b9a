package lifecycle

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/router"
)

// becameTrue evaluates an escalation rule, and reports whether it has to fire: its
// condition holds, and did not when it was evaluated before.
func (t *transition) becameTrue(e *router.Escalation, at time.Time) bool {
	holds, err := t.holds(e, at)
	if err != nil {
		if !slices.Contains(t.s.Failing, e.Name) {
			t.s.Failing = append(t.s.Failing, e.Name)
			t.record(desk.ActorPolicy, desk.RuleFailed{Rule: e.Name, Reason: err.Error()})
			t.notify("admins", desk.NoticeRuleFailed, e.Name, err.Error())
		}
	} else {
		t.s.Failing = without(t.s.Failing, e.Name)
	}
	was := slices.Contains(t.s.Holding, e.Name)
	switch {
	case !holds:
		t.s.Holding = without(t.s.Holding, e.Name)
	case !was:
		t.s.Holding = append(t.s.Holding, e.Name)
	}
	return holds && !was
}

func without(list []string, s string) []string {
	return slices.DeleteFunc(list, func(x string) bool { return x == s })
}

// holds evaluates a rule's condition at an instant. A rule such as "stint.age > 2h"
// becomes true right after the threshold, which is when it fires.
func (t *transition) holds(e *router.Escalation, at time.Time) (bool, error) {
	ok, err := e.Due(t.known(&t.factsNow, at))
	if ok || err != nil || len(e.Thresholds()) == 0 {
		return ok, err
	}
	return e.Due(t.known(&t.factsThen, at.Add(time.Nanosecond)))
}

// known returns the facts at an instant, which stay the same until the next step.
func (t *transition) known(k *knownFacts, at time.Time) *router.Facts {
	if k.facts == nil || !k.at.Equal(at) {
		k.facts, k.at = t.facts(at), at
	}
	return k.facts
}

// knownFacts are the facts at an instant.
type knownFacts struct {
	facts *router.Facts
	at    time.Time
}

// escalate carries out the actions of a rule. An action that does not apply to the
// conversation any more does nothing, and the history says so.
func (t *transition) escalate(e *router.Escalation, at time.Time) {
	var did []string
	do := func(text string, args ...any) { did = append(did, fmt.Sprintf(text, args...)) }
	a := &e.Do
	var notice desk.NoticeID
	for _, to := range a.Notify {
		if to == "assignee" && t.c.AssigneeID.IsZero() {
			do("notify assignee skipped: nobody is assigned")
			continue
		}
		t.notify(to, desk.NoticeEscalation, e.Name, "")
		told := &t.out.Notices[len(t.out.Notices)-1]
		if notice.IsZero() {
			notice = told.ID
		}
		told.ID = notice // whoever is meant twice is told once
		do("notify %s", to)
	}
	if to := raised(t.c.Priority, a.Priority, a.Raise); to != "" && to == t.c.Priority {
		do("priority skipped: it is %s", to)
	} else if to != "" {
		did = append(did, t.act(at, SetPriority{By: desk.ActorPolicy, To: to}, "priority", " "+string(to)))
	}
	if a.MoveInbox != "" || a.MoveTier != 0 {
		did = append(did, t.escalateMove(e, at))
	}
	if a.Unassign || a.Reassign {
		did = append(did, t.release(a, at))
	}
	if len(a.Tags) > 0 {
		did = append(did, t.act(at, AddTags{By: desk.ActorPolicy, Tags: a.Tags}, "tags", " "+strings.Join(a.Tags, ", ")))
	}
	if a.Page != "" {
		t.page(a.Page, e.Name, a.Repeat)
		do("page %s", a.Page)
	}
	t.record(desk.ActorPolicy, desk.EscalationFired{Rule: e.Name, On: e.On, Did: did})
	t.out.Fired = append(t.out.Fired, Fired{Escalation: e.Name, At: at, Did: did})
}

// act carries out one action of a rule as a step of its own. It returns what it did: the
// verb and how it ended, or why it was skipped.
func (t *transition) act(at time.Time, e Event, verb, ending string) string {
	if err := t.step(at, func() error { return e.apply(t) }); err != nil {
		return verb + " skipped: " + err.Error()
	}
	return verb + ending
}

// raised returns the priority that an action leads to, "" if it does not change it.
func raised(from, to desk.Priority, steps int) desk.Priority {
	if to != "" || steps == 0 {
		return to
	}
	i := slices.Index(router.Priorities, from)
	return router.Priorities[max(0, min(len(router.Priorities)-1, i+steps))]
}

// escalateMove moves the conversation, with a handover that is made from its history.
func (t *transition) escalateMove(e *router.Escalation, at time.Time) string {
	if done(t.c.Status) {
		return "move skipped: the conversation is " + string(t.c.Status)
	}
	key := e.Do.MoveInbox
	if key == "" {
		in, ok := t.policy.Rules.InboxOf(t.c.Tier + desk.Tier(e.Do.MoveTier))
		if !ok {
			return fmt.Sprintf("move skipped: tier %d has no inbox", int(t.c.Tier)+e.Do.MoveTier)
		}
		key = in.Key
	}
	to, ok := t.policy.inbox(key)
	switch {
	case !ok:
		return fmt.Sprintf("move skipped: inbox %s is not in use", key)
	case to.ID == t.c.InboxID:
		return "move skipped: it is in " + key
	}
	m := Move{By: desk.ActorPolicy, ByName: "rule " + e.Name, From: t.policy.inboxByID(t.c.InboxID, t.c.Tier), To: to, Assignee: t.agent(t.c.AssigneeID),
		Evidence: map[string]string{"problem": fmt.Sprintf("Escalated by the rule %s (%s).", e.Name, e.On)}, Automatic: true}
	did := t.act(at, m, "move", "")
	if did == "move" {
		did = "moved to " + key
	}
	return did
}

// release takes the conversation from its assignee.
func (t *transition) release(a *router.Action, at time.Time) string {
	verb := "unassigned"
	if a.Reassign {
		verb = "reassigned"
	}
	if t.c.AssigneeID.IsZero() {
		return verb + " skipped: nobody is assigned"
	}
	t.s.Avoid = t.c.AssigneeID
	return t.act(at, Assign{By: desk.ActorPolicy}, verb, "")
}

// notify asks for a notice. to is "assignee", "inbox-lead", "admins", "on-call" or an
// agent's address.
func (t *transition) notify(to string, kind desk.NoticeKind, rule, text string) {
	n := desk.Notice{ID: desk.NewID[desk.NoticeID](), ConversationID: t.c.ID, InboxID: t.c.InboxID, To: to, Kind: kind, Rule: rule, Text: text, At: t.at}
	switch to {
	case "assignee":
		n.AgentID = t.c.AssigneeID
	case "on-call":
		if n.To = t.onCall(); n.To == "" {
			n.To = "inbox-lead"
		}
	}
	t.out.Notices = append(t.out.Notices, n)
}
