package agent

import (
	"fmt"
	"slices"
	"strings"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/router"
)

// Operations that the policy may limit with `may`, per tier.
const (
	mayReply    = "reply"
	mayForward  = "forward" // to third parties, which needs reply, too
	mayResolve  = "resolve" // and close
	mayNote     = "note"
	mayAssign   = "assign" // to others, to nobody, or what another agent has
	mayMove     = "move"
	maySnooze   = "snooze"
	mayReopen   = "reopen" // what is resolved or closed
	mayPriority = "priority"
	mayMerge    = "merge" // and the undo of it
	mayTask     = "task"  // opening one; who may read it works on it
	maySwarm    = "swarm" // asking for help
	mayTag      = "tag"
	mayEdit     = "edit" // subject and contact
)

// doing names the operations for a refusal.
var doing = map[string]string{
	mayForward: "forward messages", mayNote: "write notes", mayAssign: "assign conversations", mayMove: "move conversations", mayReopen: "reopen conversations",
	mayPriority: "set priorities", mayMerge: "merge conversations", mayTask: "open tasks", maySwarm: "ask for help", mayTag: "change tags", mayEdit: "edit conversations",
}

// may returns nil if the agent may do something, by the tiers they work in. Admins may do
// everything, and so may the agents of a tier without a list.
func may(rules *router.Policy, by *desk.Agent, operation string) error {
	if rules == nil || by.Admin || rules.MayDo(by.Tiers, operation) {
		return nil
	}
	what := operation
	if doing[operation] != "" {
		what = doing[operation]
	}
	tiers, _ := rules.Limits(operation)
	if len(tiers) == 0 {
		return desk.Errorf(desk.KindDenied, "only admins may %s; the policy allows it to no tier", what)
	}
	able := make([]string, len(tiers))
	for i, t := range tiers {
		able[i] = fmt.Sprintf("tier %d (%s)", t.Tier, t.Name)
	}
	return desk.Errorf(desk.KindDenied, "your tier may not %s here; the policy allows it to %s and to admins", what, strings.Join(able, ", "))
}

// may returns nil if the agent may do something with the conversation.
func (a *act) may(operation string) error {
	if a.granted {
		return nil
	}
	return may(a.opt.Policy().Rules, &a.by, operation)
}

// mayAssignTo returns nil if the agent may assign the conversation to an agent; everybody may
// take an unassigned one.
func (a *act) mayAssignTo(to desk.AgentID) error {
	holder := a.state.Conversation.AssigneeID
	if takes := holder.IsZero() && to == a.by.ID; takes || to == holder {
		return nil
	}
	return a.may(mayAssign)
}

// maySet returns nil if the agent may change the status of a conversation.
func (a *act) maySet(to desk.Status) error {
	for _, operation := range needs(a.state.Conversation.Status, to) {
		if err := a.may(operation); err != nil {
			return err
		}
	}
	return nil
}

// needs returns the operations that a change of the status is.
func needs(from, to desk.Status) (all []string) {
	switch to {
	case desk.StatusResolved, desk.StatusClosed:
		return []string{mayResolve}
	case desk.StatusSnoozed:
		all = append(all, maySnooze)
	}
	if from == desk.StatusResolved || from == desk.StatusClosed {
		all = append(all, mayReopen)
	}
	return all
}

// statuses are the words of the API for changes of the status.
var statuses = map[string]desk.Status{
	"open": desk.StatusOpen, "pending": desk.StatusPending, "snooze": desk.StatusSnoozed, "resolve": desk.StatusResolved, "close": desk.StatusClosed,
}

// Allowed returns what an agent may do with a conversation now, in the words of the API.
func (d *Desk) Allowed(by desk.Agent, c *view.Conversation) []string {
	visible := desk.Conversation{Restricted: c.Restricted, Tier: c.Tier, InboxID: c.InboxID}
	if c.ID.IsZero() || !by.CanRead(&visible) {
		return []string{}
	}
	rules := d.opt.Policy().Rules
	can := func(operation string) bool { return may(rules, &by, operation) == nil }
	allowed := []string{}
	add := func(word string, ok bool) {
		if ok {
			allowed = append(allowed, word)
		}
	}
	if c.MergedInto != nil {
		add("unmerge", can(mayMerge))
		return allowed
	}
	for _, operation := range []string{mayAssign, mayMove, mayNote, mayPriority, maySwarm, mayTask, mayTag, mayEdit} {
		add(operation, can(operation))
	}
	add("claim", c.Assignee == nil)
	add("merge", can(mayMerge) && c.Reply.Channel == desk.ChannelEmail)
	add("reply", can(mayReply) && c.Status != desk.StatusClosed && !onlyHelps(by.ID, c) && (c.Reply.To != "" || c.Reply.Channel == desk.ChannelEmail))
	add("forward", can(mayReply) && can(mayForward) && !by.Masked() && !onlyHelps(by.ID, c))
	for word, to := range statuses {
		refused := func(operation string) bool { return !can(operation) }
		again := to == desk.StatusSnoozed || to == desk.StatusPending // until later, or for somebody else
		add(word, (to != c.Status || again) && !slices.ContainsFunc(needs(c.Status, to), refused))
	}
	if h := c.Handoff; h != nil && h.ReturnedAt == nil && h.To.Key == c.Inbox.Key {
		add("return", true)
		add("accept", h.AcceptedAt == nil)
	}
	slices.Sort(allowed)
	return allowed
}
