package lifecycle

import (
	"time"

	"switchboard/desk"
)

// Survey is a survey that will be sent, if the conversation is still done then.
type Survey struct {
	At       time.Time    `json:"at"`
	Resolved time.Time    `json:"resolved"`
	Assignee desk.AgentID `json:"assignee,omitzero"` // when it was resolved
}

// survey sets the timer when the conversation is resolved, and stops it when it opens
// again or is merged. A conversation that is closed at once, as spam is, has none.
func (t *transition) survey() {
	is, was := t.c.Status, t.before.Conversation.Status
	switch {
	case !done(is) || !t.c.MergedInto.IsZero():
		t.s.Survey = nil
	case is == desk.StatusResolved && !done(was) && !t.opening:
		if after, ok := t.surveyAfter(); ok {
			t.s.Survey = &Survey{At: t.at.Add(after).UTC(), Resolved: t.c.ResolvedAt, Assignee: t.c.AssigneeID}
		}
	}
}

// surveyAfter returns how long after a resolution the customer is asked, false if never.
func (t *transition) surveyAfter() (time.Duration, bool) {
	if t.policy.Rules == nil || t.c.ReplyChannel != desk.ChannelEmail {
		return 0, false
	}
	for i := range t.policy.Inboxes {
		if in := &t.policy.Inboxes[i]; in.ID == t.c.InboxID {
			if rules, ok := t.policy.Rules.Inbox(in.Key); ok && rules.Automatic.Survey != nil {
				return rules.Automatic.Survey.After, true
			}
		}
	}
	return 0, false
}

// ask passes a survey on to the responder, which decides whether it is sent.
func (t *transition) ask(at time.Time) {
	s := t.s.Survey
	if s == nil || s.At.After(at) {
		return
	}
	t.s.Survey = nil
	t.out.Surveys = append(t.out.Surveys, desk.AutomaticDue{ConversationID: t.c.ID, Kind: desk.AutomaticSurvey, At: at,
		Facts: desk.AutomaticFacts{Received: s.Resolved, Assignee: s.Assignee}})
}
