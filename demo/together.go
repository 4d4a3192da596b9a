package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/desk/view"
)

// part is a part of the work on a conversation that another inbox does at the same time.
type part struct {
	subjects []string // the first conversation about one of these that is not resolved has it
	title    string
	note     string
	inbox    string
	by, who  string        // handles of agents; who may be empty
	due      string        // as in the policy
	ago      time.Duration // since it was opened
	begun    bool
	result   string // empty: it is not done
}

var (
	lost     = []string{"Order 48213 arrived without the power supply", "Wrong colour delivered", "Livraison en retard", "Reclamación del pedido 48250", "Purchase order 7731"}
	failing  = []string{"Webhook signatures fail since this morning", "OAuth token refresh returns invalid_grant", "Rate limit of the orders API", "Staging API answers with production data", "API key for the new shop"}
	payments = []string{"Charged twice for order 48301", "Refund for the cancelled subscription", "Frage zur letzten Rechnung", "Invoice 2026-1187 shows the wrong VAT number", "Can we pay by direct debit?", "Statement of account"}
)

// parts are running, overdue, unassigned and done; one is Ana's, whom the console signs
// in as.
var parts = []part{
	{lost, "Ask the carrier where the parcel is", "The delivery note lists it, so it left our warehouse.", "frontline", "ana", "ana", "4h", 5 * time.Hour, true,
		"The carrier has it in Hannover. It arrives tomorrow before noon."},
	{lost, "Credit the delivery costs", "Only for this order. The customer has been told.", "billing", "ana", "lena", "6h", 70 * time.Minute, true, ""},
	{failing, "Search the logs for the failed requests", "They all came from one address, between 06:40 and 07:10 UTC.", "engineering", "ben", "", "30m", 3 * time.Hour, false, ""},
	{payments, "Call the customer about the second payment", "It is a reservation, which their bank releases within a week. They prefer the phone.", "frontline", "ben", "ana", "8h", 40 * time.Minute, false, ""},
}

// team is agents who work together, by their handles.
type team struct {
	*seeder
	people map[string]desk.Agent
}

// work makes the agents share the work on some of the conversations: tasks for other
// inboxes, and colleagues who are asked to help.
func (t *team) work(ctx context.Context, list []view.Conversation) error {
	for _, p := range parts {
		c, err := t.unresolved(ctx, list, p.subjects, p.ago)
		if err == nil && !c.ID.IsZero() {
			err = t.share(ctx, c, p)
		}
		if err != nil {
			return fmt.Errorf("task %q: %w", p.title, err)
		}
	}
	if err := t.ask(ctx, list); err != nil {
		return fmt.Errorf("ask a customer: %w", err)
	}
	if err := t.findFault(ctx, list); err != nil {
		return fmt.Errorf("root cause: %w", err)
	}
	c, err := t.unresolved(ctx, list, failing, time.Hour)
	if err != nil || c.ID.IsZero() {
		return err
	}
	ana, ben, eve := t.people["ana"], t.people["ben"], t.people["eve"]
	return t.step(ctx, c.ID, 25*time.Minute, func(desks *agent.Desk) error {
		return desks.Invite(ctx, ben, c.ID, agent.Invite{Agents: []desk.AgentID{ana.ID, eve.ID},
			Note: "Ana, you have spoken to them last week: did they mention a new server? Eve, please look at the logs with me."})
	})
}

// ask makes Ben wait for a customer's answer, unless somebody does already: one clock is
// paused on any day, at any time.
func (t *team) ask(ctx context.Context, list []view.Conversation) error {
	var answer desk.ConversationID
	for i := range list {
		c, err := t.read(ctx, list[i].ID)
		if err != nil {
			return err
		}
		for _, clock := range c.Clocks {
			switch {
			case clock.State == desk.ClockPaused:
				return nil
			case clock.State == desk.ClockRunning && clock.Metric == desk.Resolution && c.Tier == 2 && c.Channel == desk.ChannelEmail:
				answer = c.ID
			}
		}
	}
	if answer.IsZero() {
		return nil
	}
	return t.step(ctx, answer, 20*time.Minute, func(desks *agent.Desk) error {
		_, err := desks.Reply(ctx, t.people["ben"], answer, agent.Reply{Text: "Hello,\n\nsince when does this happen, and with which order did you see it first? Then we can find it in our logs.\n\nKind regards", All: true})
		return err
	})
}

// unresolved returns a conversation about one of some subjects that still has to be
// worked on, if possible one to which nothing has happened for some time; none if there
// is none.
func (t *team) unresolved(ctx context.Context, list []view.Conversation, subjects []string, quiet time.Duration) (found view.Conversation, err error) {
	for _, subject := range subjects {
		i := slices.IndexFunc(list, func(c view.Conversation) bool { return c.Subject == subject })
		if i < 0 {
			continue
		}
		c, err := t.read(ctx, list[i].ID)
		if err != nil {
			return c, err
		}
		open := c.Status == desk.StatusOpen || c.Status == desk.StatusPending
		if open && t.now.Sub(c.UpdatedAt) > quiet {
			return c, nil
		}
		if open && found.ID.IsZero() {
			found = c
		}
	}
	return found, nil
}

func (t *team) read(ctx context.Context, id desk.ConversationID) (view.Conversation, error) {
	return t.gate.Store().Conversation(ctx, t.people["ana"], view.ConversationRef{ID: id})
}

// step does something at an instant in the past, but after what has happened to the
// conversation so far.
func (t *team) step(ctx context.Context, id desk.ConversationID, ago time.Duration, do func(desks *agent.Desk) error) error {
	c, err := t.read(ctx, id)
	if err != nil {
		return err
	}
	at := t.now.Add(-ago)
	if !at.After(c.UpdatedAt) {
		at = c.UpdatedAt.Add(t.now.Sub(c.UpdatedAt) / 2)
	}
	return do(t.gate.Desk().On(past{t.gate.Store(), at}))
}

// share opens a task of a conversation, which somebody has from then on, and lets it be
// worked on.
func (t *team) share(ctx context.Context, c view.Conversation, p part) error {
	by, who := t.people[p.by], t.people[p.who]
	if c.Assignee == nil {
		err := t.step(ctx, c.ID, p.ago+10*time.Minute, func(desks *agent.Desk) error {
			_, err := desks.Assign(ctx, by, c.ID, by.ID)
			return err
		})
		if err != nil {
			return err
		}
	}
	var id desk.TaskID
	err := t.step(ctx, c.ID, p.ago, func(desks *agent.Desk) (err error) {
		id, err = desks.OpenTask(ctx, by, c.ID, agent.OpenTask{Title: p.title, Note: p.note, Inbox: p.inbox, Assignee: who.ID, DueIn: p.due})
		if err == nil && p.begun {
			err = desks.ChangeTask(ctx, who, c.ID, id, agent.ChangeTask{State: desk.TaskInProgress})
		}
		return err
	})
	if err != nil || p.result == "" {
		return err
	}
	return t.step(ctx, c.ID, p.ago/2, func(desks *agent.Desk) error {
		return desks.ChangeTask(ctx, who, c.ID, id, agent.ChangeTask{State: desk.TaskDone, Result: p.result})
	})
}
