package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/agent"
	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/rootcause"
)

// RootCauses keeps the faults behind conversations.
type RootCauses interface {
	RootCauses(ctx context.Context, as desk.Agent, f view.RootCauseFilter, skip, limit int) ([]view.RootCauseRow, error)
	RootCause(ctx context.Context, as desk.Agent, id desk.RootCauseID) (view.RootCause, error)
	CreateRootCause(ctx context.Context, by desk.Agent, r rootcause.RootCause) error
	// EditRootCause lets change edit one and return the names of the changed fields.
	EditRootCause(ctx context.Context, by desk.Agent, id desk.RootCauseID, change func(*rootcause.RootCause) (fields []string, err error)) error
}

// Updates keeps what customers are told about root causes.
type Updates interface {
	// WriteUpdate returns KindConflict if it would go to nobody.
	WriteUpdate(ctx context.Context, by desk.Agent, id desk.RootCauseID, u agent.Update, undo time.Duration) (view.RootCauseUpdate, error)
	// CancelUpdate returns KindConflict if nothing of it is waiting any more.
	CancelUpdate(ctx context.Context, by desk.Agent, id desk.RootCauseID, update desk.UpdateID) (view.RootCauseUpdate, error)
}

// Linking links conversations to root causes.
type Linking interface {
	LinkRootCause(ctx context.Context, by desk.Agent, id desk.RootCauseID, c desk.ConversationID) error
	UnlinkRootCause(ctx context.Context, by desk.Agent, id desk.RootCauseID, c desk.ConversationID) error
}

// Updating is about updates before they are written.
type Updating interface {
	// PreviewUpdate returns what a customer would get, or why nothing.
	PreviewUpdate(ctx context.Context, by desk.Agent, c desk.ConversationID, u agent.Update) (text, reason string, err error)
	// MayUpdate returns nil if an agent may write updates.
	MayUpdate(by desk.Agent, then desk.Status) error
	// UndoUpdate is how long they can be taken back, unless the author says something else.
	UndoUpdate() time.Duration
}

// RootCauseFields are the properties that a request sets; absent ones stay as they are.
type RootCauseFields struct {
	Title  *string `json:"title,omitempty" maxLength:"1000"`
	Status *string `json:"status,omitempty" enum:"open,fixed"`
	Note   *string `json:"note,omitempty" maxLength:"100000" doc:"What is known about it; for agents only"`
	URL    *string `json:"url,omitempty" maxLength:"4000" doc:"Where the work on it is tracked; empty: nowhere"`
}

type listRootCausesInput struct {
	ListInput
	Q            string `query:"q" maxLength:"500" doc:"A part of the title or the note"`
	Status       string `query:"status" enum:"open,fixed"`
	Conversation string `query:"conversation" maxLength:"100" doc:"An id or a number: only those that it is linked to, itself or what was merged into it"`
}

// RootCausePath is exported because huma reads only exported embedded fields.
type RootCausePath struct {
	ID string `path:"id"`
}

type patchRootCauseInput struct {
	RootCausePath
	IfMatch string `header:"If-Match" maxLength:"100" doc:"The ETag of the version that the request changes; 412 if the stored one is another"`
	Body    RootCauseFields
}

type linkInput struct {
	RootCausePath
	Body struct {
		Conversation string `json:"conversation" minLength:"1" maxLength:"100" doc:"Its id or its number"`
	}
}

type unlinkInput struct {
	RootCausePath
	Conversation string `path:"conversation" maxLength:"100" doc:"Its id or its number"`
}

type writeUpdateInput struct {
	RootCausePath
	Body struct {
		Text    string `json:"text" maxLength:"50000" doc:"CommonMark with the variables of macros (GET /macros/variables); a chat gets it as it is"`
		Then    string `json:"then,omitempty" enum:"pending,resolve" doc:"The status of each conversation then; absent: as after any reply"`
		Preview bool   `json:"preview,omitempty" doc:"Only says who would get what, and who would not; sends nothing"`
		Undo    *int   `json:"undo_s,omitempty" minimum:"0" maximum:"3600" doc:"For how many seconds it can be taken back as a whole, before anything is sent; absent: as long as replies"`
	}
}

type updatePath struct {
	RootCausePath
	Update string `path:"update"`
}

type rootCauseOutput struct {
	ETag string `header:"ETag"`
	Body view.RootCause
}

// UpdateAnswer is a preview of an update, or what was written.
type UpdateAnswer struct {
	Update     *view.RootCauseUpdate `json:"update" doc:"Null: this is a preview"`
	Recipients int                   `json:"recipients" doc:"How many conversations get it"`
	LeftOut    int                   `json:"left_out" doc:"How many linked conversations you may not read: they do not get it"`
	Preview    []UpdatePreview       `json:"preview" doc:"Of each linked conversation that you may read; only of a preview"`
}

// UpdatePreview is what a customer would get.
type UpdatePreview struct {
	Conversation view.TaskConversation `json:"conversation"`
	Contact      view.ContactName      `json:"contact"`
	Channel      desk.Channel          `json:"channel"`
	Text         string                `json:"text" doc:"With the variables filled in, without signature; empty: nothing"`
	Reason       string                `json:"reason" doc:"Why not; empty: it goes there"`
}

func (s *server) rootCauseRoutes() {
	op := func(id, method, path, summary, description string, status int) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Description: description, Tags: []string{"Root causes"}, DefaultStatus: status}
	}
	handle(s, op("list-root-causes", http.MethodGet, "/root-causes", "List root causes", "The open ones first, and of these the newest. Agents who are limited to inboxes see those of conversations that they read, and their own.", 0), s.listRootCauses)
	handle(s, op("create-root-cause", http.MethodPost, "/root-causes", "Create a root cause", "", http.StatusCreated), s.createRootCause)
	handle(s, op("get-root-cause", http.MethodGet, "/root-causes/{id}", "Read a root cause", "With the affected conversations that you may read, and the updates.", 0), s.getRootCause)
	handle(s, op("change-root-cause", http.MethodPatch, "/root-causes/{id}", "Change a root cause", "Absent properties stay unchanged.", 0), s.changeRootCause)
	handle(s, op("link-root-cause", http.MethodPost, "/root-causes/{id}/conversations", "Link a conversation to a root cause", "It gets the updates that are written from then on. Linking it again changes nothing.", http.StatusOK), s.link)
	handle(s, op("unlink-root-cause", http.MethodDelete, "/root-causes/{id}/conversations/{conversation}", "Unlink a conversation from a root cause", "An update that is waiting still goes there.", http.StatusNoContent), s.unlink)
	handle(s, op("write-update", http.MethodPost, "/root-causes/{id}/updates", "Tell all affected customers something", "A reply in each linked conversation that you may answer, on its own channel; those that cannot be answered are listed with the reason. Each conversation gets an update once, whatever fails meanwhile.", http.StatusOK), s.writeUpdate)
	handle(s, op("cancel-update", http.MethodPost, "/root-causes/{id}/updates/{update}/cancel", "Take an update back", "Where it was not sent yet. 409 when it was sent everywhere.", http.StatusOK), s.cancelUpdate)
}

func (s *server) listRootCauses(ctx context.Context, in *listRootCausesInput) (*listOutput[view.RootCauseRow], error) {
	var at skipCursor
	if err := decodeCursor(in.Cursor, &at); err != nil {
		return nil, err
	}
	f := view.RootCauseFilter{State: desk.RootCauseState(in.Status), Text: in.Q}
	if in.Conversation != "" {
		c, err := s.find(ctx, in.Conversation)
		if err != nil {
			return nil, err
		}
		f.Conversation = c.ID
	}
	list, err := s.RootCauses.RootCauses(ctx, auth.AgentOf(ctx), f, max(at.Skip, 0), in.Limit+1)
	if err != nil {
		return nil, err
	}
	return paged(ctx, list, in.Limit, func(view.RootCauseRow) skipCursor { return skipCursor{at.Skip + in.Limit} })
}

// rootCauseOf returns a root cause that the agent sees.
func (s *server) rootCauseOf(ctx context.Context, text string) (view.RootCause, error) {
	id, err := pathID(text, "root cause", desk.ParseID[desk.RootCauseID])
	if err != nil {
		return view.RootCause{}, err
	}
	return s.RootCauses.RootCause(ctx, auth.AgentOf(ctx), id)
}

func (s *server) getRootCause(ctx context.Context, in *RootCausePath) (*rootCauseOutput, error) {
	r, err := s.rootCauseOf(ctx, in.ID)
	return &rootCauseOutput{etag(r.UpdatedAt), r}, err
}

func (s *server) createRootCause(ctx context.Context, in *struct{ Body RootCauseFields }) (*rootCauseOutput, error) {
	by := auth.AgentOf(ctx)
	r := rootcause.RootCause{ID: desk.NewID[desk.RootCauseID](), State: desk.RootCauseOpen, CreatedBy: by.ID}
	if _, err := in.Body.apply(&r); err != nil {
		return nil, err
	}
	if err := s.RootCauses.CreateRootCause(ctx, by, r); err != nil {
		return nil, err
	}
	return s.getRootCause(ctx, &RootCausePath{r.ID.String()})
}

// apply applies a request to a root cause.
func (in *RootCauseFields) apply(r *rootcause.RootCause) (fields []string, err error) {
	c := rootcause.Change{Title: in.Title, State: in.Status, Note: in.Note, URL: in.URL}
	fields, err = c.Apply(r)
	var invalid rootcause.Invalid
	if errors.As(err, &invalid) {
		d := problem.New(http.StatusUnprocessableEntity, invalid.Error())
		for _, p := range invalid {
			d.Errors = append(d.Errors, &huma.ErrorDetail{Location: "body." + p.Field, Message: p.Reason})
		}
		return nil, d
	}
	return fields, err
}

func (s *server) changeRootCause(ctx context.Context, in *patchRootCauseInput) (*rootCauseOutput, error) {
	by := auth.AgentOf(ctx)
	seen, err := s.rootCauseOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	err = s.RootCauses.EditRootCause(ctx, by, seen.ID, func(r *rootcause.RootCause) ([]string, error) {
		if err := unchanged("root cause", in.IfMatch, nil, r.UpdatedAt); err != nil {
			return nil, err
		}
		if err := r.MayEdit(&by); err != nil {
			return nil, err
		}
		return in.Body.apply(r)
	})
	if err != nil {
		return nil, err
	}
	return s.getRootCause(ctx, &in.RootCausePath)
}

func (s *server) link(ctx context.Context, in *linkInput) (*rootCauseOutput, error) {
	r, err := s.rootCauseOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	c, err := s.find(ctx, in.Body.Conversation)
	if err != nil {
		return nil, err
	}
	if err := s.Linking.LinkRootCause(ctx, auth.AgentOf(ctx), r.ID, c.ID); err != nil {
		return nil, err
	}
	return s.getRootCause(ctx, &in.RootCausePath)
}

func (s *server) unlink(ctx context.Context, in *unlinkInput) (*struct{}, error) {
	r, err := s.rootCauseOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	c, err := s.find(ctx, in.Conversation)
	if err != nil {
		return nil, err
	}
	return nil, s.Linking.UnlinkRootCause(ctx, auth.AgentOf(ctx), r.ID, c.ID)
}

func (s *server) writeUpdate(ctx context.Context, in *writeUpdateInput) (*struct{ Body UpdateAnswer }, error) {
	by := auth.AgentOf(ctx)
	r, err := s.rootCauseOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	u := agent.Update{ID: desk.NewID[desk.UpdateID](), Author: by.ID, Text: in.Body.Text, Then: desk.Status(in.Body.Then)}
	if in.Body.Then == "resolve" {
		u.Then = desk.StatusResolved
	}
	if err := agent.CheckUpdate(u.Text); err != nil {
		return nil, err
	}
	if err := s.Updating.MayUpdate(by, u.Then); err != nil {
		return nil, err
	}
	out := UpdateAnswer{LeftOut: r.Hidden, Preview: []UpdatePreview{}}
	if in.Body.Preview {
		out.Preview, out.Recipients, err = s.previewUpdate(ctx, &r, u)
		return &struct{ Body UpdateAnswer }{out}, err
	}
	undo := s.Updating.UndoUpdate()
	if in.Body.Undo != nil {
		undo = time.Duration(*in.Body.Undo) * time.Second
	}
	written, err := s.Updates.WriteUpdate(ctx, by, r.ID, u, undo)
	if err != nil {
		return nil, err
	}
	out.Update, out.Recipients, out.LeftOut = &written, written.Waiting+written.Sent, written.LeftOut
	return &struct{ Body UpdateAnswer }{out}, nil
}

// previewUpdate says what the customer of each affected conversation would get.
func (s *server) previewUpdate(ctx context.Context, r *view.RootCause, u agent.Update) (list []UpdatePreview, n int, err error) {
	by, gets := auth.AgentOf(ctx), map[desk.ConversationID]bool{}
	list = []UpdatePreview{}
	for i := range r.Affected {
		a := &r.Affected[i]
		p := UpdatePreview{Conversation: a.Conversation, Contact: a.Contact, Channel: a.Channel}
		into, number := a.Conversation.ID, a.Conversation.Number
		if a.MergedInto != nil {
			into, number = a.MergedInto.ID, a.MergedInto.Number
		}
		if gets[into] {
			p.Reason = agent.GetsIt(number)
		} else if p.Text, p.Reason, err = s.Updating.PreviewUpdate(ctx, by, into, u); err != nil {
			return nil, 0, err
		}
		if p.Reason == "" {
			gets[into] = true
			n++
		}
		list = append(list, p)
	}
	return list, n, nil
}

func (s *server) cancelUpdate(ctx context.Context, in *updatePath) (*struct{ Body view.RootCauseUpdate }, error) {
	by := auth.AgentOf(ctx)
	r, err := s.rootCauseOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	id, err := pathID(in.Update, "update", desk.ParseID[desk.UpdateID])
	if err != nil {
		return nil, err
	}
	if err := s.Updating.MayUpdate(by, ""); err != nil {
		return nil, err
	}
	u, err := s.Updates.CancelUpdate(ctx, by, r.ID, id)
	return &struct{ Body view.RootCauseUpdate }{u}, err
}

// skipCursor is a cursor in a list that has no better one.
type skipCursor struct {
	Skip int `json:"skip"`
}
