package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/agent"
	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/desk"
)

// Passing sends messages of a conversation to third parties.
type Passing interface {
	Forward(ctx context.Context, by desk.Agent, c desk.ConversationID, f agent.Forward) (desk.Message, error)
	Redirect(ctx context.Context, by desk.Agent, c desk.ConversationID, m desk.MessageID, r agent.Redirect) (desk.Message, error)
}

type forwardInput struct {
	ConversationPath
	Body struct {
		To          []string   `json:"to,omitempty" maxItems:"50" doc:"Addresses: jo@acme.example, or Jo <jo@acme.example>. Required, except with answers: absent, it goes to the author of that message"`
		CC          []string   `json:"cc,omitempty" maxItems:"50"`
		Text        string     `json:"text,omitempty" maxLength:"500000" doc:"CommonMark, as in a reply; it stands above the forwarded messages. Required when there are none"`
		HTML        string     `json:"html,omitempty" maxLength:"500000" doc:"The same text as HTML, instead of what is made from text"`
		Messages    []string   `json:"messages,omitempty" maxItems:"200" doc:"Ids of the messages of this conversation to forward, with their files. Notes cannot be forwarded"`
		Whole       bool       `json:"whole,omitempty" doc:"Forward everything that was exchanged with the customer, without notes, what programs sent, and what was exchanged with third parties"`
		Answers     string     `json:"answers,omitempty" doc:"Id of a message that was exchanged with a third party, which this one answers: it joins their thread"`
		From        string     `json:"from,omitempty" maxLength:"320" doc:"As in a reply"`
		Attachments []string   `json:"attachments,omitempty" maxItems:"20" doc:"Ids of your uploads"`
		ExpectedSeq *int64     `json:"expected_seq,omitempty" nullable:"true" minimum:"0" doc:"As in a reply"`
		UndoS       *int       `json:"undo_s,omitempty" nullable:"true" minimum:"0" maximum:"60" doc:"As in a reply, also in a chat"`
		SendAt      *time.Time `json:"send_at,omitempty" nullable:"true" doc:"When to send it, within a year; absent or null: now. It is sent even if the customer writes first"`
	}
}

type resendInput struct {
	ID   string `path:"id"`
	Body struct {
		To    []string `json:"to" minItems:"1" maxItems:"50"`
		CC    []string `json:"cc,omitempty" maxItems:"50"`
		From  string   `json:"from,omitempty" maxLength:"320" doc:"The address that passes it on, as in a reply"`
		UndoS *int     `json:"undo_s,omitempty" nullable:"true" minimum:"0" maximum:"60" doc:"As in a reply"`
	}
}

func (s *server) forwardRoutes(op func(id, verb, summary, description string, status int) huma.Operation) {
	handle(s, op("forward", "forward", "Forward messages to a third party", "A mail that the customer does not see, with messages of the conversation and their files. What the recipients answer joins the conversation "+
		"as a third party's message: it changes no clock and no recipient of replies, and the customer never sees it. cancel-send takes it back. 422 when a recipient is the customer.", http.StatusCreated), s.forward)
	handle(s, huma.Operation{
		OperationID: "redirect-message", Method: http.MethodPost, Path: "/messages/{id}/redirect", Tags: []string{"Actions"}, DefaultStatus: http.StatusCreated,
		Summary: "Pass a received mail on as it is", Description: "To a third party, unchanged and from its author (RFC 5322 §3.6.6): a reply to it goes to the author. cancel-send takes it back. " +
			"422 when the message is not received mail; 409 when the original is not kept.",
	}, s.resend)
}

func (s *server) forward(ctx context.Context, in *forwardInput) (*messageOutput, error) {
	b := &in.Body
	r, err := letter(b.To, b.CC, b.From, b.Attachments)
	if err != nil {
		return nil, err
	}
	sending := SendingBody{UndoS: b.UndoS, SendAt: b.SendAt}
	if r.Sending, err = sending.sending(); err != nil {
		return nil, err
	}
	r.Text, r.HTML, r.ExpectedSeq = b.Text, b.HTML, b.ExpectedSeq
	f := agent.Forward{Reply: r, Whole: b.Whole}
	for i, text := range b.Messages {
		id, err := desk.ParseID[desk.MessageID](text)
		if err != nil || id.IsZero() {
			return nil, problem.Invalid("body.messages["+strconv.Itoa(i)+"]", "not the id of a message", text)
		}
		f.Messages = append(f.Messages, id)
	}
	if b.Answers != "" {
		if f.Answers, err = desk.ParseID[desk.MessageID](b.Answers); err != nil {
			return nil, problem.Invalid("body.answers", "not the id of a message", b.Answers)
		}
	}
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	m, err := s.Passing.Forward(ctx, auth.AgentOf(ctx), c.ID, f)
	if err != nil {
		return nil, err
	}
	return s.written(ctx, m.ID)
}

func (s *server) resend(ctx context.Context, in *resendInput) (*messageOutput, error) {
	id, err := pathID(in.ID, "message", desk.ParseID[desk.MessageID])
	if err != nil {
		return nil, err
	}
	original, err := s.Messages.Message(ctx, auth.AgentOf(ctx), id)
	if err != nil {
		return nil, err
	}
	r, err := letter(in.Body.To, in.Body.CC, in.Body.From, nil)
	if err != nil {
		return nil, err
	}
	sending := SendingBody{UndoS: in.Body.UndoS}
	if r.Sending, err = sending.sending(); err != nil {
		return nil, err
	}
	m, err := s.Passing.Redirect(ctx, auth.AgentOf(ctx), original.ConversationID, id, agent.Redirect{To: r.To, CC: r.CC, From: r.From, Undo: r.Undo})
	if err != nil {
		return nil, err
	}
	return s.written(ctx, m.ID)
}
