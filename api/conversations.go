package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/search"
)

type conversationsInput struct {
	ListInput
	Q        string `query:"q" doc:"Search query: (from:jo@acme.example or with:jo) is:open -tag:spam after:7d \"out of stock\" sort:oldest"`
	Inbox    string `query:"inbox" doc:"An inbox's key"`
	Tier     string `query:"tier" doc:"A tier's number"`
	Status   string `query:"status" doc:"open, pending, snoozed, resolved or closed"`
	Assignee string `query:"assignee" doc:"me, none, an agent's address or id"`
	Account  string `query:"account" doc:"An account's id, or part of its name or domain"`

	Sort view.Sort `query:"sort" enum:"due,waiting,newest,oldest,priority" default:"due" doc:"due: breached first, then the next deadline; waiting: the customers who have been waiting longest first; newest: last changed first; oldest: opened first; priority: urgent first"`
}

// ConversationPath identifies a conversation in a path.
type ConversationPath struct {
	ID string `path:"id" doc:"A conversation's id or number"`
}

type conversationListInput struct {
	ConversationPath
	ListInput
}

type conversationOutput struct {
	Body view.Conversation
}

func (s *server) conversationRoutes() {
	tags := []string{"Conversations"}
	handle(s, huma.Operation{
		OperationID: "list-conversations", Method: http.MethodGet, Path: "/conversations", Tags: tags,
		Summary: "List conversations", Description: "By default those whose next deadline comes first. The filters and q must all match.",
	}, s.listConversations)
	handle(s, huma.Operation{
		OperationID: "read-conversation", Method: http.MethodGet, Path: "/conversations/{id}", Tags: tags,
		Summary: "Get a conversation",
	}, func(ctx context.Context, in *ConversationPath) (*conversationOutput, error) {
		c, err := s.find(ctx, in.ID)
		s.allow(ctx, &c)
		return &conversationOutput{Body: c}, err
	})
	handle(s, huma.Operation{
		OperationID: "list-messages", Method: http.MethodGet, Path: "/conversations/{id}/messages", Tags: tags,
		Summary: "List the messages", Description: "Oldest first.",
	}, s.listMessages)
	handle(s, huma.Operation{
		OperationID: "list-conversation-events", Method: http.MethodGet, Path: "/conversations/{id}/events", Tags: tags,
		Summary: "List the events", Description: "The audit trail, oldest first.",
	}, s.listConversationEvents)
	handle(s, huma.Operation{
		OperationID: "list-stints", Method: http.MethodGet, Path: "/conversations/{id}/stints", Tags: tags,
		Summary: "List the assignment history", Description: "Oldest first. Each entry ends when the next one starts.",
	}, s.listStints)
}

// find returns the conversation of a path.
func (s *server) find(ctx context.Context, text string) (view.Conversation, error) {
	var ref view.ConversationRef
	if n, ok := conversationNumber(text); ok {
		ref.Number = n
	} else {
		id, err := pathID(text, "conversation", desk.ParseID[desk.ConversationID])
		if err != nil {
			return view.Conversation{}, err
		}
		ref.ID = id
	}
	return s.Conversations.Conversation(ctx, auth.AgentOf(ctx), ref)
}

// positionCursor is a cursor in the list of conversations.
type positionCursor struct {
	Sort      view.Sort           `json:"sort"`
	Key       string              `json:"key,omitempty"`
	UpdatedAt time.Time           `json:"updated_at"`
	ID        desk.ConversationID `json:"id"`
}

func (s *server) listConversations(ctx context.Context, in *conversationsInput) (*listOutput[view.Conversation], error) {
	filters, err := in.filters()
	if err != nil {
		return nil, err
	}
	by := cmp.Or(view.Sort(filters[0].Sort), in.Sort)
	var at positionCursor
	if err := decodeCursor(in.Cursor, &at); err != nil {
		return nil, err
	}
	if in.Cursor != "" && at.Sort != by {
		return nil, problem.Invalid("query.cursor", "not a cursor of a list in this order", in.Cursor)
	}
	rows, err := s.Conversations.Conversations(ctx, auth.AgentOf(ctx), filters, by, view.Position{Key: at.Key, UpdatedAt: at.UpdatedAt, ID: at.ID}, in.Limit+1)
	var unknown search.UnknownNames
	if errors.As(err, &unknown) {
		return nil, in.unknown(unknown)
	}
	if err != nil && desk.KindOf(err) == desk.KindInvalid {
		return nil, problem.Invalid("query.q", err.Error(), nil)
	}
	if err != nil {
		return nil, err
	}
	return paged(ctx, rows, in.Limit, func(c view.Conversation) positionCursor {
		return positionCursor{by, c.SortKey, c.UpdatedAt, c.ID}
	})
}

// unknown is the answer to a search for names of nothing.
func (in *conversationsInput) unknown(names search.UnknownNames) error {
	return unknownIn("query.", in.Q, names)
}

func unknownIn(at, q string, names search.UnknownNames) error {
	p := problem.New(http.StatusUnprocessableEntity, "invalid search: "+names.Error())
	for i := range names {
		u := &names[i]
		if t := u.In(q); t != nil {
			p.Errors = append(p.Errors, &huma.ErrorDetail{Location: at + "q", Message: t.Error(), Value: t.Term})
		} else {
			p.Errors = append(p.Errors, &huma.ErrorDetail{Location: at + u.Key, Message: u.Reason, Value: u.Value})
		}
	}
	return p
}

// unknownNames explains an error of a search.
func unknownNames(at, q string, err error) error {
	var names search.UnknownNames
	switch {
	case errors.As(err, &names):
		return unknownIn(at, q, names)
	case desk.KindOf(err) == desk.KindInvalid:
		return problem.Invalid(at+"q", err.Error(), q)
	}
	return err
}

// parseQuery parses a search.
func parseQuery(at, q string) (search.Filter, error) {
	found, problems := search.Parse(q)
	if len(problems) == 0 {
		return found, nil
	}
	p := problem.New(http.StatusUnprocessableEntity, "invalid search query: "+problems[0].Error())
	for _, e := range problems {
		p.Errors = append(p.Errors, &huma.ErrorDetail{Location: at, Message: e.Error(), Value: e.Term})
	}
	return found, p
}

// filters parses q and the other parameters; a conversation must match both.
func (in *conversationsInput) filters() ([]search.Filter, error) {
	found, err := parseQuery("query.q", in.Q)
	if err != nil {
		return nil, err
	}
	var params search.Filter
	for _, param := range []struct{ name, key, value string }{
		{"inbox", "inbox", in.Inbox}, {"tier", "tier", in.Tier}, {"status", "is", in.Status},
		{"assignee", "assignee", in.Assignee}, {"account", "account", in.Account},
	} {
		if param.value == "" {
			continue
		}
		if utf8.RuneCountInString(param.value) > search.MaxLength {
			return nil, problem.Invalid("query."+param.name, "too long", nil)
		}
		if reason := params.Set(param.key, param.value); reason != "" {
			return nil, problem.Invalid("query."+param.name, reason, param.value)
		}
	}
	return []search.Filter{found, params}, nil
}

// numbered returns the conversation and the cursor of a list inside it.
func (s *server) numbered(ctx context.Context, in *conversationListInput) (view.Conversation, seqCursor, error) {
	var at seqCursor
	if err := decodeCursor(in.Cursor, &at); err != nil {
		return view.Conversation{}, at, err
	}
	if at.After < 0 {
		return view.Conversation{}, at, problem.Invalid("query.cursor", "not a cursor of this list", in.Cursor)
	}
	c, err := s.find(ctx, in.ID)
	return c, at, err
}

func (s *server) listMessages(ctx context.Context, in *conversationListInput) (*listOutput[view.Message], error) {
	c, at, err := s.numbered(ctx, in)
	if err != nil {
		return nil, err
	}
	rows, err := s.Messages.Messages(ctx, auth.AgentOf(ctx), c.ID, at.After, in.Limit+1)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		s.complete(ctx, &rows[i])
	}
	return paged(ctx, rows, in.Limit, func(m view.Message) seqCursor { return seqCursor{m.Seq} })
}

func (s *server) listConversationEvents(ctx context.Context, in *conversationListInput) (*listOutput[view.Event], error) {
	c, at, err := s.numbered(ctx, in)
	if err != nil {
		return nil, err
	}
	events, err := s.Conversations.ConversationEvents(ctx, auth.AgentOf(ctx), c.ID, at.After, in.Limit+1)
	if err != nil {
		return nil, err
	}
	rows := make([]view.Event, len(events))
	for i, e := range events {
		rows[i] = view.EventOf(e)
	}
	return paged(ctx, rows, in.Limit, func(e view.Event) seqCursor { return seqCursor{e.Seq} })
}

func (s *server) listStints(ctx context.Context, in *conversationListInput) (*listOutput[view.Stint], error) {
	c, at, err := s.numbered(ctx, in)
	if err != nil {
		return nil, err
	}
	rows, err := s.Conversations.Stints(ctx, auth.AgentOf(ctx), c.ID, int(at.After), in.Limit+1)
	if err != nil {
		return nil, err
	}
	// The history only grows at its end, so a count is a stable cursor.
	return paged(ctx, rows, in.Limit, func(view.Stint) seqCursor { return seqCursor{at.After + int64(in.Limit)} })
}
