package agent

import (
	"context"
	"slices"

	"switchboard/desk"
	"switchboard/internal/article"
	"switchboard/internal/macro"
	"switchboard/lifecycle"
)

// UseMacro names a macro, and which of its actions are left out, counted from 0.
type UseMacro struct {
	ID      desk.MacroID
	Without []int
}

// MacroPreview is what a macro would do to a conversation now.
type MacroPreview struct {
	Macro   macro.Macro
	Company string // for the variables of the text
	Actions []MacroEffect
}

// MacroEffect is an action of a macro, and why it is not possible now.
type MacroEffect struct {
	Action  desk.MacroAction
	Problem string // empty: it is possible
	Denied  bool   // because the agent may not do it
}

// used is a macro as an agent uses it.
type used struct {
	macro.Macro
	actions []desk.MacroAction // without those that are left out
	granted bool               // the policy lets the agent's tier do them
}

// macro returns a macro that the agent uses; KindNotFound for one of another agent.
func (a *act) macro(ctx context.Context, use UseMacro) (*used, error) {
	m, err := a.Macro(ctx, use.ID)
	if err != nil {
		return nil, err
	}
	if !m.Usable(a.by.ID) {
		return nil, desk.Errorf(desk.KindNotFound, "no macro %s", use.ID)
	}
	inboxes, err := a.Inboxes(ctx)
	if err != nil {
		return nil, err
	}
	if in := inboxOf(&a.state.Conversation, inboxes); !m.Fits(in.Key) {
		return nil, desk.Errorf(desk.KindConflict, "the macro %q is not for conversations in %s", m.Name, in.Name)
	}
	u := &used{Macro: m}
	if u.actions, err = m.Without(use.Without); err != nil {
		return nil, err
	}
	rules := a.opt.Policy().Rules
	u.granted = rules != nil && m.Scope() == macro.Shared && rules.MayMacro(a.by.Tiers, m.Name)
	return u, nil
}

// with returns the macro of a reply, and what it does besides the status that the reply then
// leads to; nil without a macro.
func (a *act) with(ctx context.Context, r *Reply) (use *used, rest []desk.MacroAction, err error) {
	if r.Macro == nil {
		return nil, nil, nil
	}
	if use, err = a.macro(ctx, *r.Macro); err == nil {
		rest, err = a.then(use, r)
	}
	return use, rest, err
}

// then lets the status that a macro sets be what happens once the reply is sent, unless its
// author wants something else then. Only what is left is done at once.
func (a *act) then(u *used, r *Reply) (rest []desk.MacroAction, err error) {
	rest = slices.Clone(u.actions)
	i := slices.IndexFunc(rest, func(x desk.MacroAction) bool {
		return slices.Contains([]desk.Status{desk.StatusPending, desk.StatusResolved, desk.StatusSnoozed}, x.Status)
	})
	if i < 0 {
		return rest, nil
	}
	to := rest[i]
	rest = slices.Delete(rest, i, i+1)
	if r.Then.Status != "" {
		return rest, nil
	}
	then := Then{Status: to.Status}
	if period, ok := macro.Period(to.Until); ok {
		from := a.Now()
		if !r.At.IsZero() {
			from = r.At
		}
		then.Until = from.Add(period)
	}
	r.Then = then
	if !u.granted && to.Status != desk.StatusPending {
		if err := a.maySet(to.Status); err != nil {
			return nil, failed(&to, err)
		}
	}
	r.settled = true
	return rest, nil
}

// run does what a macro does, and records who used it.
func (a *act) run(ctx context.Context, u *used, actions []desk.MacroAction, m desk.MessageID) error {
	if _, err := a.apply(lifecycle.Record{By: a.actor(), Data: desk.MacroApplied{MacroID: u.ID, Name: u.Name, MessageID: m,
		Actions: append([]desk.MacroAction{}, u.actions...), Granted: u.granted && len(u.actions) > 0}}); err != nil {
		return err
	}
	for i := range actions {
		if err := a.perform(ctx, u, &actions[i]); err != nil {
			return failed(&actions[i], err)
		}
	}
	return a.MacroUsed(ctx, u.ID)
}

func failed(action *desk.MacroAction, err error) error {
	if kind := desk.KindOf(err); kind == desk.KindInternal || kind == desk.KindTemporary {
		return err
	}
	return desk.Errorf(desk.KindOf(err), "macro: %s: %w", macro.Describe(action), err)
}

// perform does one action of a macro. What the policy lets the agent do with the macro is
// not checked again.
func (a *act) perform(ctx context.Context, u *used, x *desk.MacroAction) error {
	a.granted = u.granted
	defer func() { a.granted = false }()
	switch {
	case x.Move != "":
		sets := slices.ContainsFunc(u.actions, func(y desk.MacroAction) bool { return y.Status != "" })
		return a.move(ctx, Move{Inbox: x.Move, Note: x.Note, KeepStatus: sets})
	case x.Assign != "":
		return a.assignBy(ctx, x.Assign)
	case x.Status != "":
		if err := a.maySet(x.Status); err != nil {
			return err
		}
		e := lifecycle.SetStatus{By: a.actor(), To: x.Status}
		if period, ok := macro.Period(x.Until); ok {
			e.Until = a.Now().Add(period)
		}
		return a.lifecycle(e)
	case x.Priority != "":
		if err := a.may(mayPriority); err != nil {
			return err
		}
		return a.lifecycle(lifecycle.SetPriority{By: a.actor(), To: x.Priority})
	}
	if err := a.may(mayTag); err != nil {
		return err
	}
	if x.Tag != "" {
		return a.lifecycle(lifecycle.AddTags{By: a.actor(), Tags: []string{x.Tag}})
	}
	return a.lifecycle(lifecycle.RemoveTags{By: a.actor(), Tags: []string{x.Untag}})
}

func (a *act) lifecycle(e lifecycle.Event) error {
	_, err := a.apply(e)
	return err
}

// assignBy assigns the conversation to who a macro names.
func (a *act) assignBy(ctx context.Context, name string) error {
	var to desk.AgentID
	switch name {
	case "me":
		to = a.by.ID
	case "nobody":
	default:
		var err error
		if to, err = desk.ParseID[desk.AgentID](name); err != nil {
			return err
		}
	}
	if err := a.mayAssignTo(to); err != nil {
		return err
	}
	return a.assign(ctx, to)
}

// ApplyMacro does what a macro does that has no text.
func (d *Desk) ApplyMacro(ctx context.Context, by desk.Agent, c desk.ConversationID, use UseMacro) (desk.Conversation, error) {
	return d.change(ctx, by, c, "MacroApplied", func(a *act) error { return a.useMacro(ctx, use) })
}

func (a *act) useMacro(ctx context.Context, use UseMacro) error {
	u, err := a.macro(ctx, use)
	if err != nil {
		return err
	}
	if u.Text != "" {
		return desk.Errorf(desk.KindConflict, "the macro %q has a text: use it in a reply", u.Name)
	}
	return a.run(ctx, u, u.actions, desk.MessageID{})
}

// PreviewMacro returns what a macro would do. It changes nothing.
func (d *Desk) PreviewMacro(ctx context.Context, by desk.Agent, c desk.ConversationID, id desk.MacroID) (p MacroPreview, err error) {
	err = d.read(ctx, by, c, func(a *act) error {
		u, err := a.macro(ctx, UseMacro{ID: id})
		if err != nil {
			return err
		}
		p = MacroPreview{Macro: u.Macro, Company: d.opt.Company}
		a.catchUp()
		for i := range u.actions {
			e := MacroEffect{Action: u.actions[i]}
			if err := a.perform(ctx, u, &u.actions[i]); err != nil {
				if kind := desk.KindOf(err); kind == desk.KindInternal || kind == desk.KindTemporary {
					return err
				}
				e.Problem, e.Denied = err.Error(), desk.KindOf(err) == desk.KindDenied
			}
			p.Actions = append(p.Actions, e)
		}
		return nil
	})
	return p, err
}

// MayGive returns nil if an agent may let a macro do these things: those that they may do
// themselves. Otherwise a lead could give themselves what the policy grants to a macro.
func (d *Desk) MayGive(by desk.Agent, actions []desk.MacroAction) error {
	rules := d.opt.Policy().Rules
	for i := range actions {
		x := &actions[i]
		operations := needs(desk.StatusOpen, x.Status)
		switch {
		case x.Tag != "" || x.Untag != "":
			operations = []string{mayTag}
		case x.Move != "":
			operations = []string{mayMove}
		case x.Assign != "":
			operations = []string{mayAssign}
		case x.Priority != "":
			operations = []string{mayPriority}
		}
		for _, operation := range operations {
			if err := may(rules, &by, operation); err != nil {
				return failed(x, err)
			}
		}
	}
	return nil
}

// MayPublish returns nil if an agent may publish articles of the knowledge base.
func (d *Desk) MayPublish(by desk.Agent) error {
	rules := d.opt.Policy().Rules
	return article.MayPublish(&by, rules != nil && rules.MayPublish(by.Tiers))
}
