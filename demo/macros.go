package demo

import (
	"context"

	"switchboard/desk"
	"switchboard/internal/macro"
)

// macros are what the demo's agents answer often.
var macros = []macro.Macro{
	{Name: "Ask for details", Text: "Hello {{contact.first_name|there}},\n\nthank you for your message. To look into it we need:\n\n- what you did, step by step\n- what you expected, and what happened instead\n- when it happened, with your time zone\n\nKind regards\n{{agent.first_name}}",
		Actions: []desk.MacroAction{{Tag: "needs-details"}, {Status: desk.StatusPending}}},
	{Name: "Refund approved", Inboxes: []string{"billing"}, Text: "Hello {{contact.first_name|there}},\n\nwe refund the amount to the card that you paid with; it takes up to five working days. Your reference is #{{conversation.number}}.\n\nKind regards\n{{agent.first_name}}",
		Actions: []desk.MacroAction{{Tag: "refund"}, {Status: desk.StatusResolved}}},
	{Name: "Urgent", Actions: []desk.MacroAction{{Priority: desk.PriorityUrgent}, {Assign: "me"}}},
	{Name: "Wait three days", Actions: []desk.MacroAction{{Status: desk.StatusSnoozed, Until: "3d"}}},
}

// addMacros creates the shared macros.
func (d *demo) addMacros(ctx context.Context, admin desk.Agent) error {
	for _, m := range macros {
		m.ID = desk.NewID[desk.MacroID]()
		if err := d.gate.Store().CreateMacro(ctx, admin, m); err != nil && desk.KindOf(err) != desk.KindConflict { // from an earlier start
			return err
		}
	}
	return nil
}
