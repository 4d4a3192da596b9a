package agent

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/lifecycle"
	"switchboard/router"
)

// maxEvidence bounds what is written under one name of a handover, in octets.
const maxEvidence = 20_000

// FieldError is an invalid field of an operation.
type FieldError struct {
	Field  string // "handover.tried"
	Reason string
}

// FieldErrors is wrapped in a KindInvalid error if fields are invalid.
type FieldErrors []FieldError

func (e FieldErrors) Error() string {
	texts := make([]string, len(e))
	for i, f := range e {
		texts[i] = f.Field + ": " + f.Reason
	}
	return strings.Join(texts, "; ")
}

// evidence returns what a move says about the problem: the fields of the handover, and
// what the contract requires and the note has as labels ("Tried: ...").
func evidence(m *Move, contract *router.Handoff) (map[string]string, error) {
	all := map[string]string{}
	for name, text := range labelled(m.Note) {
		if slices.Contains(contract.Require, name) {
			all[name] = text
		}
	}
	var bad FieldErrors
	for name, text := range m.Handover {
		clean, err := bodyText("handover."+name, text)
		switch {
		case err != nil:
			return nil, err
		case len(clean) > maxEvidence:
			bad = append(bad, FieldError{"handover." + name, "is too long"})
		case hasText(clean):
			all[name] = strings.TrimSpace(clean)
		}
	}
	if len(bad) > 0 {
		return nil, &desk.Error{Op: "move", Kind: desk.KindInvalid, Err: bad}
	}
	return all, nil
}

// missing returns an error that names the evidence that the contract requires and the
// move does not have.
func missing(contract *router.Handoff, given map[string]string) error {
	var list FieldErrors
	for _, name := range contract.Require {
		if given[name] == "" {
			list = append(list, FieldError{"handover." + name, "is required for a move from " + place(contract.From, contract.FromInbox) + " to " + place(contract.To, contract.ToInbox)})
		}
	}
	if len(list) > 0 {
		return &desk.Error{Op: "move", Kind: desk.KindInvalid, Err: list}
	}
	return nil
}

func place(t desk.Tier, inbox string) string {
	if inbox != "" {
		return inbox
	}
	return fmt.Sprintf("tier %d", t)
}

// Accept accepts the handover of a conversation and assigns it to the agent. KindConflict:
// it was not handed over, or was accepted already.
func (d *Desk) Accept(ctx context.Context, by desk.Agent, c desk.ConversationID) (desk.Conversation, error) {
	return d.change(ctx, by, c, "HandoffAccepted", func(a *act) error {
		_, err := a.apply(lifecycle.Accept{By: a.by})
		return err
	})
}

// Return sends a conversation back to the inbox and the agent it came from. KindInvalid:
// there is no reason; KindConflict: it was not handed over.
func (d *Desk) Return(ctx context.Context, by desk.Agent, c desk.ConversationID, reason string) (desk.Conversation, error) {
	return d.change(ctx, by, c, "HandoffReturned", func(a *act) error {
		text, err := bodyText("reason", reason)
		if err != nil {
			return err
		}
		if !hasText(text) {
			return desk.Errorf(desk.KindInvalid, "reason: say why you return the conversation")
		}
		e := lifecycle.Return{By: a.actor(), ByName: imf.OneLine(a.by.Name), Reason: strings.TrimSpace(text)}
		if h := a.state.Service.Handoff; h != nil && !h.Agent.IsZero() {
			if e.Agent, err = a.Agent(ctx, h.Agent); err != nil && desk.KindOf(err) != desk.KindNotFound {
				return err
			}
		}
		_, err = a.apply(e)
		return err
	})
}

// SetPriority changes the priority.
func (d *Desk) SetPriority(ctx context.Context, by desk.Agent, c desk.ConversationID, to desk.Priority) (desk.Conversation, error) {
	return d.change(ctx, by, c, "PriorityChanged", func(a *act) error {
		if err := a.may(mayPriority); err != nil {
			return err
		}
		_, err := a.apply(lifecycle.SetPriority{By: a.actor(), To: to})
		return err
	})
}

// Acknowledge ends the pages of a conversation.
func (d *Desk) Acknowledge(ctx context.Context, by desk.Agent, c desk.ConversationID) error {
	_, err := d.change(ctx, by, c, "PageAcknowledged", func(a *act) error {
		_, err := a.apply(lifecycle.Acknowledge{By: a.actor()})
		return err
	})
	return err
}

// Preview is what a move would do.
type Preview struct {
	Inbox   desk.Inbox
	Require []string // evidence that the contract asks for
	// AcceptBy is when the receiver has to accept it; zero: no limit.
	AcceptBy time.Time
	// Warning is the sentence of a guard that is not fulfilled; Refused: the move is
	// refused because of it.
	Warning string
	Refused bool
	SLA     string       // SLA policy that would be in force; empty: none
	Clocks  []desk.Clock // all that would be open
	// Unassigned: the assignee does not work there.
	Unassigned bool
}

// PreviewMove returns what a move would do, without doing it.
func (d *Desk) PreviewMove(ctx context.Context, by desk.Agent, c desk.ConversationID, m Move) (p Preview, err error) {
	err = d.do(ctx, by, c, func(a *act) error {
		e, contract, err := a.prepareMove(ctx, m)
		if err != nil {
			return err
		}
		p.Inbox, p.Require = e.To, contract.Require
		p.Warning, p.Refused = a.guard(&contract)
		out, err := lifecycle.Apply(a.state, e, a.opt.Policy(), a.Now())
		if err != nil {
			return err
		}
		p.SLA = out.State.Service.SLA
		p.Unassigned = !a.state.Conversation.AssigneeID.IsZero() && out.State.Conversation.AssigneeID.IsZero()
		for _, k := range out.State.Service.Clocks {
			if k.Open() {
				p.Clocks = append(p.Clocks, k)
			}
		}
		if h := out.State.Service.Handoff; h != nil {
			p.AcceptBy = h.DueAt
		}
		return nil
	})
	return p, err
}

// guard evaluates the guard of a contract. It returns the sentence for the agent if it is
// not fulfilled, and whether the move is refused.
func (a *act) guard(contract *router.Handoff) (warning string, refused bool) {
	if contract.Guard == "" {
		return "", false
	}
	ok, err := contract.Allows(lifecycle.FactsOf(a.state, a.opt.Policy(), a.Now()))
	switch {
	case err != nil:
		a.opt.Log.Warn("GuardFailed", "conversation", a.state.Conversation.ID, "guard", contract.Guard, "error", err)
		return "", false // a rule that fails must not keep anyone from handing over
	case ok:
		return "", false
	}
	return contract.Message, contract.Else == router.GuardRefuse
}
