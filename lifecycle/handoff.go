package lifecycle

import (
	"maps"
	"time"

	"switchboard/desk"
	"switchboard/router"
	"switchboard/router/sla"
)

// Handoff is the newest move of a conversation between inboxes, until its receiver
// returns it.
type Handoff struct {
	From     desk.InboxID      `json:"from"`
	FromKey  string            `json:"from_key"`
	To       desk.InboxID      `json:"to"`
	ToKey    string            `json:"to_key"`
	FromTier desk.Tier         `json:"from_tier"`
	ToTier   desk.Tier         `json:"to_tier"`
	Agent    desk.AgentID      `json:"agent"` // who was assigned before; zero: nobody
	By       desk.Actor        `json:"by"`
	At       time.Time         `json:"at"`
	Evidence map[string]string `json:"evidence,omitempty"`
	Note     string            `json:"note,omitempty"`
	// Contract: the policy has a contract for the move, so the receiver has to accept
	// or return it. DueAt is when at the latest; zero: no limit.
	Contract   bool          `json:"contract,omitempty"`
	DueAt      time.Time     `json:"due_at,omitzero"`
	Within     time.Duration `json:"within,omitempty"` // business time of the receiver
	AcceptedAt time.Time     `json:"accepted_at,omitzero"`
	AcceptedBy desk.AgentID  `json:"accepted_by,omitzero"`
	ReturnedAt time.Time     `json:"returned_at,omitzero"`
	Reason     string        `json:"reason,omitempty"`  // why it was returned
	Returns    int           `json:"returns,omitempty"` // how often the conversation was returned so far
}

// Pending reports whether the receiver still has to accept or return it.
func (h *Handoff) Pending() bool {
	return h != nil && h.Contract && h.AcceptedAt.IsZero() && h.ReturnedAt.IsZero()
}

// handOff remembers a move.
func (t *transition) handOff(e *Move, agent desk.AgentID) {
	h := &Handoff{From: e.From.ID, FromKey: e.From.Key, To: e.To.ID, ToKey: e.To.Key, FromTier: e.From.Tier, ToTier: e.To.Tier,
		Agent: agent, By: e.By, At: t.at, Evidence: maps.Clone(e.Evidence)}
	if e.Note != nil {
		h.Note = e.Note.TextBody
	}
	if t.s.Handoff != nil {
		h.Returns = t.s.Handoff.Returns
	}
	if t.policy.Rules != nil {
		if contract, ok := t.policy.Rules.HandoffBetween(e.From.Key, e.To.Key); ok {
			h.Contract, h.Within = true, contract.AcceptWithin
			if contract.AcceptWithin > 0 {
				due, ok := t.receiverCalendar(e.To.Key).Add(t.at, contract.AcceptWithin)
				if ok {
					h.DueAt = due.UTC()
				}
			}
		}
	}
	t.s.Handoff = h
}

// receiverCalendar returns the calendar of an inbox.
func (t *transition) receiverCalendar(inbox string) *sla.Calendar {
	if in, ok := t.policy.Rules.Inbox(inbox); ok {
		if cal, ok := t.policy.Rules.Calendar(in.Calendar); ok {
			return cal
		}
	}
	return &sla.Calendar{Always: true}
}

// Accept is the receiver's acceptance of a handoff. It assigns the conversation to them.
type Accept struct{ By desk.Agent }

func (e Accept) apply(t *transition) error {
	h := t.s.Handoff
	switch {
	case h == nil || !h.ReturnedAt.IsZero():
		return desk.Errorf(desk.KindConflict, "conversation #%d was not handed over", t.c.Number)
	case !h.AcceptedAt.IsZero():
		return desk.Errorf(desk.KindConflict, "the handover of conversation #%d was accepted already", t.c.Number)
	case !e.By.CanRead(&t.c):
		return desk.Errorf(desk.KindDenied, "%s is not allowed to work on conversation #%d", e.By.Name, t.c.Number)
	}
	h.AcceptedAt, h.AcceptedBy = t.at, e.By.ID
	by := desk.AgentActor(e.By.ID)
	t.record(by, desk.HandoffAccepted{From: h.FromKey, To: h.ToKey, Late: !h.DueAt.IsZero() && t.at.After(h.DueAt)})
	t.reason = "accepted"
	if t.c.AssigneeID != e.By.ID {
		t.assign(&e.By, by, "accepted", nil)
	}
	t.s.Acknowledged = true
	return nil
}

// Return sends a conversation back to the inbox and the agent it came from.
type Return struct {
	By     desk.Actor
	ByName string
	Reason string
	// Agent is who was assigned before the move, as they are now; the zero Agent if
	// nobody was. They get it back even if they do not work in that tier.
	Agent      desk.Agent
	KeepStatus bool
}

func (e Return) apply(t *transition) error {
	h := t.s.Handoff
	if h == nil || !h.ReturnedAt.IsZero() || h.To != t.c.InboxID {
		return desk.Errorf(desk.KindConflict, "conversation #%d was not handed over to this inbox; there is nothing to return", t.c.Number)
	}
	back := Move{By: e.By, ByName: e.ByName, From: desk.Inbox{ID: h.To, Key: h.ToKey, Tier: h.ToTier},
		To: desk.Inbox{ID: h.From, Key: h.FromKey, Tier: h.FromTier}, KeepStatus: e.KeepStatus, returned: true}
	if to := e.Agent; !to.ID.IsZero() && to.ID == h.Agent && to.CanRead(&t.c) {
		back.assignTo = &to
	}
	t.record(e.By, desk.HandoffReturned{From: h.ToKey, To: h.FromKey, Reason: e.Reason, AgentID: h.Agent})
	if err := back.apply(t); err != nil {
		return err
	}
	h.ReturnedAt, h.Reason = t.at, e.Reason
	h.Returns++
	if !t.c.AssigneeID.IsZero() {
		t.notify("assignee", desk.NoticeHandoff, "", e.Reason)
	} else {
		t.notify("inbox-lead", desk.NoticeHandoff, "", e.Reason)
	}
	return nil
}

// handoffFacts returns the facts about the handoff at an instant.
func (t *transition) handoffFacts(at time.Time) (f router.HandoffFacts) {
	h := t.s.Handoff
	if !h.Pending() {
		return f
	}
	f.Pending, f.Age = true, at.Sub(h.At)
	if h.Within > 0 {
		used := t.receiverCalendar(h.ToKey).Between(h.At, at)
		f.Accept = router.ClockFacts{Running: true, Breached: used >= h.Within, Used: float64(used) / float64(h.Within), Remaining: h.Within - used}
	}
	return f
}

// handoffReaches returns when a fact about the handoff reaches a threshold, zero if it
// does not.
func (t *transition) handoffReaches(r router.Threshold) (at time.Time) {
	h := t.s.Handoff
	switch {
	case !h.Pending():
		return at
	case r.Fact == "handoff.age":
		return h.At.Add(r.After)
	case h.Within == 0:
		return at
	}
	used := h.Within
	switch r.Fact {
	case "handoff.accept.used":
		used = share(h.Within, r.Share)
	case "handoff.accept.remaining":
		used = h.Within - r.After
	}
	at, _ = t.receiverCalendar(h.ToKey).Add(h.At, used)
	return at
}
