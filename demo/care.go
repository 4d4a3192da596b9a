package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/rootcause"
)

// fault is the fault behind some of the conversations.
var fault = struct {
	title, note, url string
	subjects         []string
}{
	"Packing line 2 mixes up orders",
	"Since the scanner was replaced, the second check is skipped: orders leave incomplete, or with the parts of another one.\n\nThe warehouse packs by hand until the new scanner is set up.",
	"https://tracker.demo.example/issues/214",
	[]string{"Order 48213 arrived without the power supply", "Wrong colour delivered", "Reclamación del pedido 48250"},
}

// findFault links the conversations about the fault to one root cause.
func (t *team) findFault(ctx context.Context, list []view.Conversation) error {
	ana := t.people["ana"]
	cause := rootcause.RootCause{ID: desk.NewID[desk.RootCauseID](), State: desk.RootCauseOpen, CreatedBy: ana.ID}
	change := rootcause.Change{Title: &fault.title, Note: &fault.note, URL: &fault.url}
	if _, err := change.Apply(&cause); err != nil {
		return err
	}
	if err := t.gate.Store().CreateRootCause(ctx, ana, cause); err != nil {
		return err
	}
	for _, subject := range fault.subjects {
		i := slices.IndexFunc(list, func(c view.Conversation) bool { return c.Subject == subject })
		if i < 0 {
			return fmt.Errorf("no conversation is about %q", subject)
		}
		err := t.step(ctx, list[i].ID, 15*time.Minute, func(desks *agent.Desk) error {
			return desks.LinkRootCause(ctx, ana, cause.ID, list[i].ID)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// scored is what Ana thought of the answers of colleagues, the latest first; the rest is
// still to be reviewed.
var scored = []struct {
	scores []int
	note   string
}{
	{[]int{5, 5, 4, 5}, "You said what happens next, and when. Exactly like this."},
	{[]int{4, 3, 5, 5}, "Right and friendly, but it took them a second question to learn the date."},
}

// reviewAnswers scores some of the answers that were drawn.
func (d *demo) reviewAnswers(ctx context.Context) error {
	st := d.gate.Store()
	ana, _, err := st.AgentByEmail(ctx, agents[0].Email)
	if err != nil {
		return err
	}
	done, err := st.Reviews(ctx, ana, false, view.ReviewPosition{}, 1)
	if err != nil || len(done) > 0 { // from an earlier start
		return err
	}
	open, err := st.Reviews(ctx, ana, true, view.ReviewPosition{}, 100)
	if err != nil {
		return err
	}
	open = slices.DeleteFunc(open, func(r view.Review) bool { return !r.Editable })
	for i := range min(len(scored), len(open)-1) {
		err := st.SaveReview(ctx, ana, open[i].ID, func(r *view.Review) error {
			for j := range r.Scores {
				r.Scores[j].Score = &scored[i].scores[j%len(scored[i].scores)]
			}
			r.Note, r.State = scored[i].note, "done"
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
