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
	"switchboard/desk/view"
)

type replyInput struct {
	ConversationPath
	Body struct {
		Text        string   `json:"text" minLength:"1" maxLength:"500000" doc:"CommonMark. Sent as plain text as it is, and as HTML; a chat shows it as it is"`
		HTML        string   `json:"html,omitempty" maxLength:"500000" doc:"The same text as HTML, instead of what is made from text; scripts, event handlers, forms and unsafe links are removed before it is stored and sent"`
		To          []string `json:"to,omitempty" maxItems:"50" doc:"Addresses: jo@acme.example, or Jo <jo@acme.example>. Absent: the address that the conversation is answered at"`
		CC          []string `json:"cc,omitempty" maxItems:"50" doc:"Addresses. With neither to nor cc, the reply goes to everyone whom list-recipients names; an empty list sends no copies"`
		BCC         []string `json:"bcc,omitempty" maxItems:"50" doc:"Addresses that get a copy which no other recipient sees. What they answer is shown as a third party's"`
		From        string   `json:"from,omitempty" maxLength:"320" doc:"The address to send from, one of those that list-recipients names; absent: the one that the customer wrote to. 422 names the permitted ones"`
		Attachments []string `json:"attachments,omitempty" maxItems:"20" doc:"Ids of your uploads, for mail; one that the text shows, as in ![screen](cid:up_...), is an inline picture"`
		MacroBody
		ExpectedSeq *int64 `json:"expected_seq,omitempty" nullable:"true" minimum:"0" doc:"last_seq as the agent saw it; absent or null: no check"`
		SendingBody
	}
}

// SendingBody is when a reply is sent, and what happens then.
type SendingBody struct {
	Then   string     `json:"then,omitempty" enum:"pending,resolve,snooze" doc:"What happens to the conversation once the reply is sent; pending by default. Taking the reply back undoes it"`
	Until  *time.Time `json:"until,omitempty" nullable:"true" doc:"With then snooze: when the conversation opens again"`
	UndoS  *int       `json:"undo_s,omitempty" nullable:"true" minimum:"0" maximum:"60" doc:"How many seconds the reply is held before it is sent, so that it can be taken back. Absent or null: as long as its inbox says, and not at all in a chat"`
	SendAt *time.Time `json:"send_at,omitempty" nullable:"true" doc:"When to send it, within a year; absent or null: now. The reply is withheld, and becomes a draft again, if the customer writes first"`
}

// thens are the values of then.
var thens = map[string]desk.Status{"": "", "pending": desk.StatusPending, "resolve": desk.StatusResolved, "snooze": desk.StatusSnoozed}

func (b *SendingBody) sending() (agent.Sending, error) {
	out := agent.Sending{Then: agent.Then{Status: thens[b.Then]}}
	switch {
	case b.Then == "snooze" && b.Until == nil:
		return out, problem.Invalid("body.until", "required when the conversation is snoozed", nil)
	case b.Then != "snooze" && b.Until != nil:
		return out, problem.Invalid("body.until", "only allowed with then: snooze", b.Until.Format(time.RFC3339))
	case b.SendAt != nil && b.UndoS != nil:
		return out, problem.Invalid("body.undo_s", "not possible with send_at: a scheduled reply can be taken back until it is sent", *b.UndoS)
	}
	if b.Until != nil {
		out.Then.Until = *b.Until
	}
	if b.SendAt != nil {
		out.At = *b.SendAt
	}
	if b.UndoS != nil {
		undo := time.Duration(*b.UndoS) * time.Second
		out.Undo = &undo
	}
	return out, nil
}

func (s *server) replyRoutes(op func(id, verb, summary, description string, status int) huma.Operation) {
	handle(s, op("reply", "replies", "Reply to the customer", "A reply by mail is held for some seconds before it is sent; cancel-send takes it back. "+
		"409 when there is a message newer than expected_seq; the problem then has last_seq and newer.", http.StatusCreated), s.reply)
	handle(s, huma.Operation{
		OperationID: "cancel-send", Method: http.MethodDelete, Path: "/messages/{id}/send", Tags: []string{"Actions"},
		Summary: "Take a reply back", Description: "One that is held, or scheduled: nobody receives it, and the conversation is what it was before. " +
			"The response is its text as its author's draft, which is stored; for others than the author, only the text of the reply. 409, with what happened, when an attempt to send it has begun.",
	}, s.cancelSend)
	handle(s, huma.Operation{
		OperationID: "message-trail", Method: http.MethodGet, Path: "/messages/{id}/trail", Tags: []string{"Messages"},
		Summary: "List the attempts to deliver a message", Description: "For each recipient: every attempt with its time, the server and its answer, and the reports about it. Empty for what was not sent from here.",
	}, s.trail)
}

func (s *server) reply(ctx context.Context, in *replyInput) (*messageOutput, error) {
	r, err := letter(in.Body.To, in.Body.CC, in.Body.From, in.Body.Attachments)
	if err != nil {
		return nil, err
	}
	if r.BCC, err = addresses("bcc", in.Body.BCC); err != nil {
		return nil, err
	}
	if r.Macro, err = in.Body.use(); err != nil {
		return nil, err
	}
	if r.Sending, err = in.Body.sending(); err != nil {
		return nil, err
	}
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	r.Text, r.HTML, r.ExpectedSeq, r.All = in.Body.Text, in.Body.HTML, in.Body.ExpectedSeq, in.Body.To == nil && in.Body.CC == nil
	m, err := s.Answers.Reply(ctx, auth.AgentOf(ctx), c.ID, r)
	if err != nil {
		return nil, err
	}
	return s.written(ctx, m.ID)
}

// letter returns the addresses and files of a mail.
func letter(to, cc []string, from string, attachments []string) (r agent.Reply, err error) {
	if r.To, err = addresses("to", to); err != nil {
		return r, err
	}
	if r.CC, err = addresses("cc", cc); err != nil {
		return r, err
	}
	if r.From = from; from != "" {
		if _, err := addresses("from", []string{from}); err != nil {
			return r, err
		}
	}
	r.Attachments, err = uploadIDs(attachments)
	return r, err
}

// uploadIDs reads the attachments of a request.
func uploadIDs(list []string) (ids []desk.UploadID, err error) {
	ids = make([]desk.UploadID, len(list))
	for i, id := range list {
		if ids[i], err = desk.ParseID[desk.UploadID](id); err != nil {
			return nil, problem.Invalid("body.attachments["+strconv.Itoa(i)+"]", "not the id of an upload: "+err.Error(), id)
		}
	}
	return ids, nil
}

// trail answers what happened to each recipient's copy.
func (s *server) trail(ctx context.Context, in *messagePath) (*listOutput[view.Trail], error) {
	id, err := pathID(in.ID, "message", desk.ParseID[desk.MessageID])
	if err != nil {
		return nil, err
	}
	if _, err := s.Messages.Message(ctx, auth.AgentOf(ctx), id); err != nil {
		return nil, err
	}
	rows, err := s.Trails.Trail(ctx, id)
	if err != nil {
		return nil, err
	}
	return whole(rows), nil
}

func (s *server) cancelSend(ctx context.Context, in *messagePath) (*struct{ Body view.Draft }, error) {
	id, err := pathID(in.ID, "message", desk.ParseID[desk.MessageID])
	if err != nil {
		return nil, err
	}
	m, err := s.Messages.Message(ctx, auth.AgentOf(ctx), id)
	if err != nil {
		return nil, err
	}
	by := auth.AgentOf(ctx)
	d, err := s.Answers.CancelSend(ctx, by, m.ConversationID, id)
	if err == nil && (m.Author == nil || m.Author.ID != by.ID) {
		// The author's draft may contain what they have begun since, which is theirs alone.
		d = view.Draft{ConversationID: m.ConversationID, Kind: d.Kind, Text: m.ReplyText, Seen: d.Seen, UpdatedAt: d.UpdatedAt}
	}
	return &struct{ Body view.Draft }{d}, err
}
