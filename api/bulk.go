package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/sync/errgroup"

	"switchboard/agent"
	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/internal/search"
	"switchboard/lifecycle"
)

// Changing changes conversations so that it can be undone.
type Changing interface {
	Change(ctx context.Context, by desk.Agent, c desk.ConversationID, ch agent.Change) (agent.Done, error)
	MergeReversibly(ctx context.Context, by desk.Agent, absorbed, surviving desk.ConversationID) (desk.Conversation, *lifecycle.Reversal, error)
	Undo(ctx context.Context, by desk.Agent, r lifecycle.Reversal) (desk.Conversation, error)
}

// Undos keeps what can be undone.
type Undos interface {
	AddUndo(ctx context.Context, by desk.AgentID, list []lifecycle.Reversal) (desk.UndoID, error)
	TakeUndo(ctx context.Context, by desk.AgentID, id desk.UndoID) ([]lifecycle.Reversal, error)
	// ReturnUndo keeps what could not be undone because of a fault for another try.
	ReturnUndo(ctx context.Context, id desk.UndoID, rest []lifecycle.Reversal) error
}

// Matching finds conversations by a search.
type Matching interface {
	// MatchingConversations returns the oldest, at most most; CountConversations counts up to most.
	MatchingConversations(ctx context.Context, as desk.Agent, f search.Filter, most int) ([]desk.ConversationID, error)
	CountConversations(ctx context.Context, as desk.Agent, f search.Filter, most int) (int, error)
}

// maxBulk is how many conversations one request changes, and bulkAtOnce how many at the
// same time.
const (
	maxBulk    = 1000
	bulkAtOnce = 4
)

// BulkArgs says what an operation does; each uses some of them.
type BulkArgs struct {
	Assignee *string           `json:"assignee,omitempty" maxLength:"320" doc:"assign: an agent's id or address, \"me\", or \"none\""`
	Inbox    string            `json:"inbox,omitempty" maxLength:"200" doc:"move: an inbox's key"`
	Tier     *desk.Tier        `json:"tier,omitempty" minimum:"0" maximum:"1000" doc:"move, tier: its first inbox"`
	Note     string            `json:"note,omitempty" maxLength:"500000" doc:"move, tier: the handover note"`
	Handover map[string]string `json:"handover,omitempty" doc:"move, tier: the evidence that the handoff contract requires"`
	Tag      string            `json:"tag,omitempty" maxLength:"100" doc:"tag, untag: one tag"`
	Tags     []string          `json:"tags,omitempty" maxItems:"50" doc:"tag, untag: several"`
	Priority *desk.Priority    `json:"priority,omitempty" enum:"low,normal,high,urgent" doc:"priority"`
	Status   desk.Status       `json:"status,omitempty" enum:"open,pending,snoozed,resolved,closed" doc:"status"`
	Until    *time.Time        `json:"until,omitempty" doc:"snooze: when they reopen"`
	Waiting  desk.WaitingOn    `json:"waiting_on,omitempty" enum:"customer,third-party" doc:"status pending: who they wait on; the customer by default"`
	Macro    string            `json:"macro,omitempty" maxLength:"100" doc:"macro: the id of one without a text"`
}

type bulkInput struct {
	Body struct {
		IDs  []string `json:"ids,omitempty" maxItems:"1000" doc:"Ids or numbers of conversations"`
		Q    string   `json:"q,omitempty" doc:"Instead: a search query; 422 when it finds more than 1000"`
		Op   string   `json:"op" enum:"assign,move,tier,tag,untag,priority,snooze,resolve,status,macro"`
		Args BulkArgs `json:"args,omitempty"`
	}
}

// BulkResult is what happened to one conversation.
type BulkResult struct {
	ID    string  `json:"id" doc:"As in the request, or the id of one that the search found"`
	OK    bool    `json:"ok"`
	Error *string `json:"error" doc:"Why nothing was changed; null: it was done"`
}

type bulkOutput struct {
	Body struct {
		Results []BulkResult `json:"results"`
		Undo    *string      `json:"undo" doc:"For POST /undo, within 24 hours; null: nothing was changed"`
	}
}

type undoInput struct {
	Body struct {
		Undo string `json:"undo" minLength:"1" maxLength:"100"`
	}
}

type undoOutput struct {
	Body struct {
		Results []BulkResult `json:"results"`
	}
}

func (s *server) bulkRoutes() {
	tags := []string{"Actions"}
	handle(s, huma.Operation{OperationID: "change-conversations", Method: http.MethodPost, Path: "/conversations/bulk", Tags: tags, DefaultStatus: http.StatusOK,
		Summary: "Change many conversations", Description: "Each for itself: one that cannot be changed does not keep the others from it. One undo takes everything back."}, s.bulk)
	handle(s, huma.Operation{OperationID: "undo", Method: http.MethodPost, Path: "/undo", Tags: tags, DefaultStatus: http.StatusOK,
		Summary: "Undo an operation", Description: "One of yours of the last 24 hours, once. What has been changed again since stays, and its conversation is an error in results. 409 when it was undone already."}, s.undo)
	handle(s, huma.Operation{OperationID: "edit-conversation", Method: http.MethodPatch, Path: "/conversations/{id}", Tags: []string{"Conversations"},
		Summary: "Edit a conversation", Description: "Absent properties stay unchanged. Everything is changed, or nothing."}, s.editConversation)
}

func (s *server) bulk(ctx context.Context, in *bulkInput) (*bulkOutput, error) {
	change, err := s.bulkChange(ctx, in)
	if err != nil {
		return nil, err
	}
	refs, err := s.bulkRefs(ctx, in)
	if err != nil {
		return nil, err
	}
	reversals := make([]*lifecycle.Reversal, len(refs))
	results, _ := s.each(ctx, refs, func(i int) error {
		c, err := s.find(ctx, refs[i])
		if err != nil {
			return err
		}
		done, err := s.Changing.Change(ctx, auth.AgentOf(ctx), c.ID, change)
		reversals[i] = done.Reversal
		return err
	})
	out := &bulkOutput{}
	out.Body.Results = results
	out.Body.Undo, err = s.undoable(ctx, reversals...)
	return out, err
}

// each does something with each conversation, several at a time. Also a fault of the program is a
// result, so that what was done meanwhile is known; failed reports which ones those are.
func (s *server) each(ctx context.Context, refs []string, do func(i int) error) (results []BulkResult, failed []bool) {
	results, failed = make([]BulkResult, len(refs)), make([]bool, len(refs))
	var work errgroup.Group
	work.SetLimit(bulkAtOnce)
	for i, ref := range refs {
		work.Go(func() error {
			err := do(i)
			results[i] = BulkResult{ID: ref, OK: err == nil}
			if err == nil {
				return nil
			}
			text := err.Error()
			var shown huma.StatusError
			if kind := desk.KindOf(err); !errors.As(err, &shown) && (kind == desk.KindInternal || kind == desk.KindTemporary) {
				failed[i], text = true, "it failed on our side, and nothing was changed: try again"
				s.log.ErrorContext(ctx, "BulkFailed", "conversation", ref, "error", err)
			}
			results[i].Error = &text
			return nil
		})
	}
	_ = work.Wait() // nothing returns an error
	return results, failed
}

// bulkRefs returns the conversations of a request, each once.
func (s *server) bulkRefs(ctx context.Context, in *bulkInput) ([]string, error) {
	switch {
	case (len(in.Body.IDs) > 0) == (in.Body.Q != ""):
		return nil, problem.Invalid("body.ids", "give either ids or q", nil)
	case len(in.Body.IDs) > 0:
		var refs []string
		for _, id := range in.Body.IDs {
			if !slices.Contains(refs, id) {
				refs = append(refs, id)
			}
		}
		return refs, nil
	}
	f, err := parseQuery("body.q", in.Body.Q)
	if err != nil {
		return nil, err
	}
	ids, err := s.Matching.MatchingConversations(ctx, auth.AgentOf(ctx), f, maxBulk+1)
	if err != nil {
		return nil, unknownNames("body.", in.Body.Q, err)
	}
	if len(ids) > maxBulk {
		return nil, problem.Invalid("body.q", "the search finds more than 1000 conversations; narrow it", in.Body.Q)
	}
	refs := make([]string, len(ids))
	for i, id := range ids {
		refs[i] = id.String()
	}
	return refs, nil
}

// bulkChange reads what an operation does.
func (s *server) bulkChange(ctx context.Context, in *bulkInput) (ch agent.Change, err error) {
	a := &in.Body.Args
	missing := func(name, what string) error { return problem.Invalid("body.args."+name, what, nil) }
	tags := slices.Concat(a.Tags, slices.DeleteFunc([]string{a.Tag}, func(t string) bool { return t == "" }))
	switch in.Body.Op {
	case "assign":
		if a.Assignee == nil {
			return ch, missing("assignee", "an agent's id or address, \"me\", or \"none\"")
		}
		ch.Assign = &desk.AgentID{}
		if *a.Assignee == "none" {
			return ch, nil
		}
		*ch.Assign, err = s.agentNamed(ctx, "body.args.assignee", *a.Assignee)
		return ch, err
	case "move", "tier":
		if (a.Inbox == "") == (a.Tier == nil) {
			return ch, missing("inbox", "give either an inbox or a tier")
		}
		ch.Move = &agent.Move{Inbox: a.Inbox, Tier: a.Tier, Note: a.Note, Handover: a.Handover}
	case "tag", "untag":
		if len(tags) == 0 {
			return ch, missing("tags", "at least one tag")
		}
		if ch.Tag = tags; in.Body.Op == "untag" {
			ch.Tag, ch.Untag = nil, tags
		}
	case "priority":
		if a.Priority == nil {
			return ch, missing("priority", "low, normal, high or urgent")
		}
		ch.Priority = a.Priority
	case "snooze":
		if a.Until == nil {
			return ch, missing("until", "when they reopen")
		}
		ch.Become = &agent.Status{To: desk.StatusSnoozed, Until: *a.Until}
	case "resolve":
		ch.Become = &agent.Status{To: desk.StatusResolved}
	case "status":
		if a.Status == "" {
			return ch, missing("status", "open, pending, snoozed, resolved or closed")
		}
		ch.Become = &agent.Status{To: a.Status, WaitingOn: a.Waiting}
		if a.Until != nil {
			ch.Become.Until = *a.Until
		}
	case "macro":
		id, err := desk.ParseID[desk.MacroID](a.Macro)
		if err != nil || id.IsZero() {
			return ch, missing("macro", "the id of a macro")
		}
		ch.Macro = &agent.UseMacro{ID: id}
	}
	return ch, nil
}

// undoable keeps what can be undone; nil if that is nothing.
func (s *server) undoable(ctx context.Context, list ...*lifecycle.Reversal) (*string, error) {
	var kept []lifecycle.Reversal
	for _, r := range list {
		if r != nil {
			kept = append(kept, *r)
		}
	}
	if len(kept) == 0 {
		return nil, nil
	}
	id, err := s.Undos.AddUndo(ctx, auth.AgentOf(ctx).ID, kept)
	if err != nil {
		// It is done, and cannot be undone: that is no failure of the operation.
		s.log.ErrorContext(ctx, "UndoFailed", "error", err)
		return nil, nil
	}
	text := id.String()
	return &text, nil
}

func (s *server) undo(ctx context.Context, in *undoInput) (*undoOutput, error) {
	id, err := desk.ParseID[desk.UndoID](in.Body.Undo)
	if err != nil || id.IsZero() {
		return nil, problem.Invalid("body.undo", "not the undo of an operation", in.Body.Undo)
	}
	by := auth.AgentOf(ctx)
	list, err := s.Undos.TakeUndo(ctx, by.ID, id)
	if err != nil {
		return nil, err
	}
	refs := make([]string, len(list))
	for i := range list {
		refs[i] = list[i].ID.String()
	}
	out := &undoOutput{}
	var failed []bool
	out.Body.Results, failed = s.each(ctx, refs, func(i int) error {
		_, err := s.Changing.Undo(ctx, by, list[i])
		return err
	})
	var rest []lifecycle.Reversal
	for i := range list {
		if failed[i] {
			rest = append(rest, list[i])
		}
	}
	if len(rest) > 0 {
		err = s.Undos.ReturnUndo(ctx, id, rest)
	}
	return out, err
}

type editInput struct {
	ConversationPath
	Body struct {
		Subject  *string        `json:"subject,omitempty" maxLength:"2000" doc:"What agents see; mail keeps the subject of its thread"`
		Tags     *[]string      `json:"tags,omitempty" maxItems:"50" doc:"All that it has afterwards"`
		Priority *desk.Priority `json:"priority,omitempty" enum:"low,normal,high,urgent"`
		Contact  *string        `json:"contact,omitempty" maxLength:"100" doc:"The id of a contact of the same account: the customer, who gets the replies from then on"`
		Account  *string        `json:"account,omitempty" maxLength:"100" doc:"Only the id of the account that it has: conversations do not move to others"`
	}
}

func (s *server) editConversation(ctx context.Context, in *editInput) (*changedOutput, error) {
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	ch := agent.Change{Subject: in.Body.Subject, Tags: in.Body.Tags, Priority: in.Body.Priority}
	if in.Body.Contact != nil {
		id, err := desk.ParseID[desk.ContactID](*in.Body.Contact)
		if err != nil || id.IsZero() {
			return nil, problem.Invalid("body.contact", "not the id of a contact", *in.Body.Contact)
		}
		ch.Contact = &id
	}
	if a := in.Body.Account; a != nil && *a != c.Account.ID.String() {
		return nil, problem.Invalid("body.account", "a conversation stays with its account, whose people may write in it", *a)
	}
	return s.change(ctx, c.ID, ch)
}
