package api

import (
	"cmp"
	"context"
	"net/http"
	"net/mail"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/agent"
	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
)

type noteInput struct {
	ConversationPath
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"500000"`
	}
}

type assignInput struct {
	ConversationPath
	Body struct {
		Assignee *string `json:"assignee" nullable:"true" maxLength:"320" doc:"An agent's id or address, \"me\", or null to unassign"`
	}
}

type moveInput struct {
	ConversationPath
	Body struct {
		Inbox string     `json:"inbox,omitempty" maxLength:"200" doc:"An inbox's key"`
		Tier  *desk.Tier `json:"tier,omitempty" nullable:"true" minimum:"0" maximum:"1000" doc:"Moves to the first inbox of the tier"`
		Note  string     `json:"note,omitempty" maxLength:"500000" doc:"The handover note; required when moving to a higher tier, unless the policy has a handoff contract for the move"`

		Handover map[string]string `json:"handover,omitempty" doc:"The evidence that the handoff contract requires, by its names: {\"problem\": \"...\", \"tried\": \"...\"}. Labels of the note (\"Tried: ...\") count, too"`
		// Without it a pending or snoozed conversation opens: the receiver has to act.
		KeepStatus bool `json:"keep_status,omitempty" doc:"Leave a pending or snoozed conversation as it is instead of opening it for the receiver"`
	}
}

type statusInput struct {
	ConversationPath
	Body struct {
		Status    desk.Status    `json:"status" enum:"open,pending,snoozed,resolved,closed"`
		Until     *time.Time     `json:"until,omitempty" nullable:"true" doc:"With snoozed: when it reopens"`
		WaitingOn desk.WaitingOn `json:"waiting_on,omitempty" enum:"customer,third-party" doc:"With pending: who it waits on; the customer by default"`

		CancelTasks bool `json:"cancel_tasks,omitempty" doc:"With resolved or closed: its open tasks are cancelled as well. Otherwise they stay open"`
	}
}

type messageOutput struct {
	Body view.Message
}

func (s *server) actionRoutes() {
	tags := []string{"Actions"}
	op := func(id, verb, summary, description string, status int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: http.MethodPost, Path: "/conversations/{id}/" + verb, Tags: tags,
			Summary: summary, Description: description, DefaultStatus: status,
		}
	}
	s.replyRoutes(op)
	s.forwardRoutes(op)
	handle(s, huma.Operation{
		OperationID: "list-recipients", Method: http.MethodGet, Path: "/conversations/{id}/recipients", Tags: tags,
		Summary: "List who a reply goes to", Description: "The recipients of a reply without to and cc.",
	}, s.recipients)
	handle(s, huma.Operation{
		OperationID: "lift-address", Method: http.MethodDelete, Path: "/conversations/{id}/unreachable/{address}", Tags: tags,
		Summary: "Let replies go to an address again", Description: "One of this conversation that gets no replies, because mail to it came back. A mail from it does the same. 404 when it gets replies.",
	}, func(ctx context.Context, in *liftInput) (*struct{}, error) {
		c, err := s.find(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return nil, s.Operations.Lift(ctx, auth.AgentOf(ctx), c.ID, in.Address)
	})
	handle(s, op("note", "notes", "Add a note", "Visible to agents only.", http.StatusCreated), s.note)
	handle(s, op("assign", "assign", "Assign to an agent", "", http.StatusOK), s.assign)
	handle(s, op("move", "move", "Move to another inbox or tier", "Either inbox or tier.", http.StatusOK), s.move)
	s.handoffRoutes(op)
	handle(s, op("set-status", "status", "Change the status", "", http.StatusOK), s.setStatus)
	handle(s, op("merge", "merge", "Merge into another conversation", "Its messages move there, and what arrives for it from now on, too. "+
		"Both must belong to the same account and be answered by mail. The response is the surviving conversation.", http.StatusOK), s.merge)
	handle(s, op("unmerge", "unmerge", "Undo a merge", "Its messages move back, and it is again what it was before; what has arrived in the surviving conversation since stays there. "+
		"No mail merges the two again. 409 when it is not merged, or when the surviving conversation was itself merged.", http.StatusOK), s.unmerge)
}

type liftInput struct {
	ConversationPath
	Address string `path:"address" maxLength:"320" doc:"jo@acme.example"`
}

// Recipients is who a reply goes to unless its author chooses others.
type Recipients struct {
	To          []desk.Address     `json:"to" doc:"Where the conversation is answered; empty for a chat, and if the sender left no address"`
	CC          []desk.Address     `json:"cc" doc:"Everyone else who was written to, without our own addresses"`
	Omitted     int                `json:"omitted" doc:"How many more there are than a reply can have in copy"`
	Unreachable []desk.Unreachable `json:"unreachable" doc:"Those that get no replies, because mail to them came back"`
	// What the inbox adds to a reply.
	From       []string `json:"from" doc:"The addresses that a reply can be sent from, the usual one first; empty for a chat"`
	SenderName string   `json:"sender_name" doc:"The name in From"`
	Signature  string   `json:"signature" doc:"CommonMark that is added below the text; may be empty"`
	Quotes     string   `json:"quotes" enum:"none,last,all" doc:"Which earlier messages are quoted below"`
}

func (s *server) recipients(ctx context.Context, in *ConversationPath) (*struct{ Body Recipients }, error) {
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	r, err := s.Answers.Recipients(ctx, auth.AgentOf(ctx), c.ID)
	return &struct{ Body Recipients }{Recipients{To: append([]desk.Address{}, r.To...), CC: append([]desk.Address{}, r.CC...), Omitted: r.Omitted, Unreachable: append([]desk.Unreachable{}, r.Unreachable...),
		From: append([]string{}, r.Senders...), SenderName: r.SenderName, Signature: r.Signature, Quotes: cmp.Or(string(r.Quotes), "none")}}, err
}

func (s *server) note(ctx context.Context, in *noteInput) (*messageOutput, error) {
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	m, err := s.Answers.Note(ctx, auth.AgentOf(ctx), c.ID, in.Body.Text)
	if err != nil {
		return nil, err
	}
	return s.written(ctx, m.ID)
}

// addresses parses email addresses; the error names the invalid one.
func addresses(field string, list []string) ([]desk.Address, error) {
	out := make([]desk.Address, 0, len(list))
	for i, text := range list {
		a, err := mail.ParseAddress(text)
		if err != nil || strings.ContainsAny(text, "\r\n\x00") {
			return nil, problem.Invalid("body."+field+"["+strconv.Itoa(i)+"]", "not a valid email address", text)
		}
		out = append(out, desk.Address{Name: a.Name, Email: a.Address})
	}
	return out, nil
}

func (s *server) assign(ctx context.Context, in *assignInput) (*changedOutput, error) {
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	to, err := s.assignee(ctx, in.Body.Assignee)
	if err != nil {
		return nil, err
	}
	return s.change(ctx, c.ID, agent.Change{Assign: &to})
}

// assignee returns the agent to assign to; zero, to unassign, for nil.
func (s *server) assignee(ctx context.Context, who *string) (desk.AgentID, error) {
	if who == nil {
		return desk.AgentID{}, nil
	}
	return s.agentNamed(ctx, "body.assignee", *who)
}

// agentNamed returns the agent whom a member or a parameter names.
func (s *server) agentNamed(ctx context.Context, field, who string) (desk.AgentID, error) {
	switch {
	case who == "me":
		return auth.AgentOf(ctx).ID, nil
	case strings.Contains(who, "@"):
		a, _, err := s.People.AgentByEmail(ctx, who)
		if desk.KindOf(err) == desk.KindNotFound && err != nil {
			return desk.AgentID{}, problem.Invalid(field, "no agent has this address", who)
		}
		return a.ID, err
	}
	id, err := desk.ParseID[desk.AgentID](who)
	if err != nil || id.IsZero() {
		return desk.AgentID{}, problem.Invalid(field, "must be an agent's id or address, or \"me\"", who)
	}
	return id, nil
}

func (s *server) move(ctx context.Context, in *moveInput) (*changedOutput, error) {
	if (in.Body.Inbox == "") == (in.Body.Tier == nil) {
		return nil, problem.Invalid("body", "exactly one of inbox and tier is required", nil)
	}
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return s.change(ctx, c.ID, agent.Change{Move: &agent.Move{Inbox: in.Body.Inbox, Tier: in.Body.Tier, Note: in.Body.Note,
		Handover: in.Body.Handover, KeepStatus: in.Body.KeepStatus}})
}

func (s *server) setStatus(ctx context.Context, in *statusInput) (*changedOutput, error) {
	var until time.Time
	if in.Body.Until != nil {
		until = *in.Body.Until
	}
	switch {
	case in.Body.Status == desk.StatusSnoozed && until.IsZero():
		return nil, problem.Invalid("body.until", "required when the status is snoozed", nil)
	case in.Body.Status != desk.StatusSnoozed && !until.IsZero():
		return nil, problem.Invalid("body.until", "only allowed when the status is snoozed", until.Format(time.RFC3339))
	}
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return s.change(ctx, c.ID, agent.Change{Become: &agent.Status{To: in.Body.Status, Until: until, WaitingOn: in.Body.WaitingOn,
		CancelTasks: in.Body.CancelTasks}})
}

// written returns the message an action created.
func (s *server) written(ctx context.Context, id desk.MessageID) (*messageOutput, error) {
	m, err := s.Messages.Message(ctx, readBack(ctx), id)
	if err != nil {
		return nil, err
	}
	s.complete(ctx, &m)
	return &messageOutput{Body: m}, nil
}

// changed returns the conversation after an action.
func (s *server) changed(ctx context.Context, id desk.ConversationID, err error) (*conversationOutput, error) {
	if err != nil {
		return nil, err
	}
	c, err := s.Conversations.Conversation(ctx, readBack(ctx), view.ConversationRef{ID: id})
	s.allow(ctx, &c)
	return &conversationOutput{Body: c}, err
}

// readBack is the caller with admin rights, for reading the result of an action
// only: moving a restricted conversation to another tier must still return it.
func readBack(ctx context.Context) desk.Agent {
	a := auth.AgentOf(ctx)
	a.Admin = true
	return a
}
