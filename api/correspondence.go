package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/agent"
	"switchboard/api/auth"
	"switchboard/desk/view"
)

type startInput struct {
	Body struct {
		To          []string   `json:"to" minItems:"1" maxItems:"50" doc:"Addresses: jo@acme.example, or Jo <jo@acme.example>. The first one is the customer; the others are addressed too"`
		CC          []string   `json:"cc,omitempty" maxItems:"50"`
		BCC         []string   `json:"bcc,omitempty" maxItems:"50" doc:"As in a reply"`
		Subject     string     `json:"subject" minLength:"1" maxLength:"300"`
		Text        string     `json:"text" minLength:"1" maxLength:"500000" doc:"CommonMark, as in a reply"`
		HTML        string     `json:"html,omitempty" maxLength:"500000" doc:"The same text as HTML, instead of what is made from text"`
		Inbox       string     `json:"inbox" maxLength:"200" doc:"Key of the inbox that the conversation is in"`
		From        string     `json:"from,omitempty" maxLength:"320" doc:"One of the inbox's addresses; absent: the first of them. 422 names the permitted ones"`
		Attachments []string   `json:"attachments,omitempty" maxItems:"20" doc:"Ids of your uploads"`
		UndoS       *int       `json:"undo_s,omitempty" nullable:"true" minimum:"0" maximum:"60" doc:"As in a reply"`
		SendAt      *time.Time `json:"send_at,omitempty" nullable:"true" doc:"As in a reply"`
		Assignee    *string    `json:"assignee,omitempty" nullable:"true" maxLength:"320" doc:"An agent's id or address; absent or null: you"`
	}
}

// Started is a conversation that an agent has started, and its first message.
type Started struct {
	Conversation view.Conversation `json:"conversation"`
	Message      view.Message      `json:"message"`
}

func (s *server) correspondenceRoutes() {
	handle(s, huma.Operation{
		OperationID: "start", Method: http.MethodPost, Path: "/conversations", Tags: []string{"Actions"}, DefaultStatus: http.StatusCreated,
		Summary: "Start a conversation", Description: "Writes to somebody who has not written. The conversation is pending, waits for them, and is yours. " +
			"Taking the mail back with cancel-send closes the conversation.",
	}, s.start)
	handle(s, huma.Operation{
		OperationID: "get-stationery", Method: http.MethodGet, Path: "/inboxes/{inbox}/stationery", Tags: []string{"Desk"},
		Summary: "Get what your mails from an inbox have", Description: "For mails that start conversations.",
	}, func(ctx context.Context, in *stationeryInput) (*struct{ Body Stationery }, error) {
		l, err := s.Letters.Stationery(auth.AgentOf(ctx), in.Inbox)
		return &struct{ Body Stationery }{Stationery{append([]string{}, l.Senders...), l.SenderName, l.Signature}}, err
	})
}

type stationeryInput struct {
	Inbox string `path:"inbox" doc:"Its key"`
}

// Stationery is what an inbox adds to mails that start conversations.
type Stationery struct {
	From       []string `json:"from" doc:"The addresses that they can be sent from, the usual one first"`
	SenderName string   `json:"sender_name" doc:"The name in From"`
	Signature  string   `json:"signature" doc:"CommonMark that is added below the text; may be empty"`
}

func (s *server) start(ctx context.Context, in *startInput) (*struct{ Body Started }, error) {
	b := &in.Body
	r, err := letter(b.To, b.CC, b.From, b.Attachments)
	if err != nil {
		return nil, err
	}
	if r.BCC, err = addresses("bcc", b.BCC); err != nil {
		return nil, err
	}
	sending := SendingBody{UndoS: b.UndoS, SendAt: b.SendAt}
	if r.Sending, err = sending.sending(); err != nil {
		return nil, err
	}
	r.Text, r.HTML = b.Text, b.HTML
	assignee, err := s.assignee(ctx, b.Assignee)
	if err != nil {
		return nil, err
	}
	c, m, err := s.Letters.Start(ctx, auth.AgentOf(ctx), agent.Start{Inbox: b.Inbox, Subject: b.Subject, Assignee: assignee, Reply: r})
	if err != nil {
		return nil, err
	}
	written, err := s.written(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	opened, err := s.changed(ctx, c.ID, nil)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Started }{Started{opened.Body, written.Body}}, nil
}
