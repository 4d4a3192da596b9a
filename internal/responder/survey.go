package responder

import (
	"context"

	"switchboard/desk"
	"switchboard/internal/autoreply"
	"switchboard/router"
)

// chooseSurvey finds what is asked. It returns false if the conversation is not done any
// more, or if the policy has changed.
func (w *work) chooseSurvey() bool {
	c, rules := &w.state.Conversation, w.inbox.Automatic.Survey
	done := c.Status == desk.StatusResolved || c.Status == desk.StatusClosed
	if rules == nil || !done || !c.MergedInto.IsZero() || !c.ResolvedAt.Equal(w.due.Facts.Received) {
		return false
	}
	w.kind, w.template = desk.AutomaticSurvey, rules.Template
	return true
}

// customer adds what is known about the customer who would be asked.
func (w *work) customer(ctx context.Context) error {
	f, err := w.tx.Customer(ctx, w.due.ConversationID)
	if err != nil {
		return err
	}
	f.Received, f.Assignee = w.due.Facts.Received, w.due.Facts.Assignee
	if w.state.Conversation.ReplyChannel != desk.ChannelEmail {
		f.Channel = desk.ChannelChat
	}
	w.due.Facts = f
	return nil
}

// survey returns the survey that is sent.
func (w *work) survey() desk.Survey {
	c, rules := &w.state.Conversation, w.inbox.Automatic.Survey
	return desk.Survey{ID: desk.NewID[desk.SurveyID](), ConversationID: c.ID, ContactID: c.ContactID, InboxID: c.InboxID, AssigneeID: w.due.Facts.Assignee,
		Address: w.due.Facts.Address, Kind: rules.Kind, Scale: rules.Scale, SentAt: w.tx.Now(), ExpiresAt: w.tx.Now().Add(desk.SurveyExpiry)}
}

// settings are what the policy says about this kind of mail in this inbox.
func settings(kind desk.AutomaticKind, rules *router.Automatic) autoreply.Settings {
	s := autoreply.Settings{Kind: kind, Unverified: rules.Unverified, Every: rules.Every}
	if kind == desk.AutomaticSurvey {
		s.Every = rules.Survey.Every
	}
	return s
}
