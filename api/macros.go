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
	"switchboard/internal/macro"
)

// Macros reads the macros that an agent can use.
type Macros interface {
	Macros(ctx context.Context, as desk.Agent) ([]view.Macro, error)
	Macro(ctx context.Context, as desk.Agent, id desk.MacroID) (view.Macro, error)
}

// MacroCare changes macros.
type MacroCare interface {
	// CreateMacro returns KindConflict if the name is taken.
	CreateMacro(ctx context.Context, by desk.Agent, m macro.Macro) error
	// EditMacro lets change edit a macro and return the names of the changed fields.
	EditMacro(ctx context.Context, by desk.Agent, id desk.MacroID, change func(*macro.Macro) (fields []string, err error)) error
	// DeleteMacro removes a macro, unless check refuses it.
	DeleteMacro(ctx context.Context, by desk.Agent, id desk.MacroID, check func(*macro.Macro) error) error
}

// Macroing uses macros.
type Macroing interface {
	ApplyMacro(ctx context.Context, by desk.Agent, c desk.ConversationID, use agent.UseMacro) (desk.Conversation, error)
	PreviewMacro(ctx context.Context, by desk.Agent, c desk.ConversationID, id desk.MacroID) (agent.MacroPreview, error)
	// MayGive returns nil if an agent may let a macro do these things.
	MayGive(by desk.Agent, actions []desk.MacroAction) error
}

// MacroBody is the macro that a reply uses.
type MacroBody struct {
	Macro        string `json:"macro,omitempty" maxLength:"100" doc:"The id of the macro that the text comes from: its actions are done together with the reply, or not at all"`
	MacroWithout []int  `json:"macro_without,omitempty" maxItems:"20" doc:"Which actions of the macro are left out, counted from 0"`
}

func (b *MacroBody) use() (*agent.UseMacro, error) {
	if b.Macro == "" && len(b.MacroWithout) > 0 {
		return nil, problem.Invalid("body.macro_without", "only allowed with macro", b.MacroWithout)
	}
	if b.Macro == "" {
		return nil, nil
	}
	id, err := desk.ParseID[desk.MacroID](b.Macro)
	if err != nil {
		return nil, problem.Invalid("body.macro", err.Error(), b.Macro)
	}
	return &agent.UseMacro{ID: id, Without: b.MacroWithout}, nil
}

// MacroFields are the properties that a request sets; absent ones stay as they are.
type MacroFields struct {
	Name    *string             `json:"name,omitempty"`
	Inboxes *[]string           `json:"inboxes,omitempty" maxItems:"100" doc:"Keys of inboxes; empty: for all conversations"`
	Text    *string             `json:"text,omitempty" doc:"CommonMark with variables, see variables of GET /macros/variables"`
	Actions *[]desk.MacroAction `json:"actions,omitempty" maxItems:"100"`
}

type createMacroInput struct {
	Body struct {
		MacroFields
		Scope string `json:"scope,omitempty" enum:"shared,private" doc:"private if absent"`
	}
}

type patchMacroInput struct {
	ID   string `path:"id"`
	Body struct {
		MacroFields
		BasedOn *time.Time `json:"based_on,omitempty" doc:"updated_at of the version that the request changes; 409 if the stored one is another. Absent: whatever is stored"`
	}
}

type macroPath struct {
	ID string `path:"id"`
}

type useMacroPath struct {
	ConversationPath
	Macro string `path:"macro"`
}

type applyMacroInput struct {
	ConversationPath
	Macro string `path:"macro"`
	Body  struct {
		Without []int `json:"without,omitempty" maxItems:"20" doc:"Which actions are left out, counted from 0"`
	}
}

// MacroVariable is a variable of the texts of macros.
type MacroVariable struct {
	Name    string `json:"name"`
	Meaning string `json:"meaning"`
}

// MacroPreview is what a macro would do to a conversation.
type MacroPreview struct {
	Text    string        `json:"text" doc:"With its variables filled in, except the missing ones"`
	Missing []string      `json:"missing" doc:"Variables that have no value here; a reply with one of them is refused"`
	Actions []MacroEffect `json:"actions" doc:"In the order of the macro"`
}

// MacroEffect is an action of a macro in a conversation.
type MacroEffect struct {
	desk.MacroAction
	Problem string `json:"problem" doc:"Why it is not possible; empty: it is"`
	Denied  bool   `json:"denied" doc:"Because you may not do it"`
}

func (s *server) macroRoutes() {
	op := func(id, method, path, summary, description string, status int) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Description: description, Tags: []string{"Macros"}, DefaultStatus: status}
	}
	handle(s, op("list-macros", http.MethodGet, "/macros", "List macros", "Yours, and the shared ones for inboxes that you read, by name.", 0), s.listMacros)
	handle(s, op("list-macro-variables", http.MethodGet, "/macros/variables", "List the variables of texts", "A text has them as {{name}}, or {{name|what stands there without a value}}.", 0), s.listMacroVariables)
	handle(s, op("create-macro", http.MethodPost, "/macros", "Create a macro", "Shared ones are for admins, and for leads of all its inboxes; leads can only give it actions that they may do themselves.", http.StatusCreated), s.createMacro)
	handle(s, op("get-macro", http.MethodGet, "/macros/{id}", "Read a macro", "", 0), s.getMacro)
	handle(s, op("change-macro", http.MethodPatch, "/macros/{id}", "Change a macro", "Absent properties stay unchanged. 409 when another macro has the name, or the stored version is not the one of based_on.", 0), s.changeMacro)
	handle(s, op("delete-macro", http.MethodDelete, "/macros/{id}", "Remove a macro", "", http.StatusNoContent), s.deleteMacro)
	handle(s, op("preview-macro", http.MethodPost, "/conversations/{id}/macros/{macro}/preview", "Preview a macro", "The text with its variables filled in, and what the actions would do. Changes nothing.", http.StatusOK), s.previewMacro)
	handle(s, op("apply-macro", http.MethodPost, "/conversations/{id}/macros/{macro}/apply", "Do what a macro does", "For macros without a text; others are used in a reply. All of its actions are done, or nothing.", http.StatusOK), s.applyMacro)
}

func macroID(text string) (desk.MacroID, error) {
	return pathID(text, "macro", desk.ParseID[desk.MacroID])
}

func (s *server) listMacros(ctx context.Context, _ *struct{}) (*listOutput[view.Macro], error) {
	list, err := s.Macros.Macros(ctx, auth.AgentOf(ctx))
	if err != nil {
		return nil, err
	}
	return whole(list), nil
}

func (s *server) listMacroVariables(context.Context, *struct{}) (*listOutput[MacroVariable], error) {
	var list []MacroVariable
	for _, name := range macro.Variables() {
		list = append(list, MacroVariable{name, macro.Meaning(name)})
	}
	return whole(list), nil
}

func (s *server) getMacro(ctx context.Context, in *macroPath) (*struct{ Body view.Macro }, error) {
	id, err := macroID(in.ID)
	if err != nil {
		return nil, err
	}
	m, err := s.Macros.Macro(ctx, auth.AgentOf(ctx), id)
	return &struct{ Body view.Macro }{m}, err
}

func (s *server) createMacro(ctx context.Context, in *createMacroInput) (*struct{ Body view.Macro }, error) {
	by := auth.AgentOf(ctx)
	m := macro.Macro{ID: desk.NewID[desk.MacroID](), Inboxes: []string{}}
	if in.Body.Scope != macro.Shared {
		m.Owner = by.ID
	}
	if _, err := s.editMacro(ctx, &in.Body.MacroFields, &m, false); err != nil {
		return nil, err
	}
	if err := s.MacroCare.CreateMacro(ctx, by, m); err != nil {
		return nil, err
	}
	made, err := s.Macros.Macro(ctx, by, m.ID)
	return &struct{ Body view.Macro }{made}, err
}

// editMacro applies a request to a macro that the agent may change before and afterwards.
func (s *server) editMacro(ctx context.Context, in *MacroFields, m *macro.Macro, exists bool) (fields []string, err error) {
	by := auth.AgentOf(ctx)
	if exists {
		if err := m.Editable(&by); err != nil {
			return nil, err
		}
	}
	names, err := s.Names.Names(ctx)
	if err != nil {
		return nil, err
	}
	staff, err := s.Desks.Agents(ctx, false)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, a := range staff {
		known[a.ID.String()] = true
	}
	c := macro.Change{Name: in.Name, Inboxes: in.Inboxes, Text: in.Text, Actions: in.Actions}
	fields, err = c.Apply(m, macro.Allowed{Inboxes: names.Inboxes, Agent: func(id string) bool { return known[id] }})
	var invalid macro.Invalid
	if errors.As(err, &invalid) {
		d := problem.New(http.StatusUnprocessableEntity, invalid.Error())
		for _, p := range invalid {
			d.Errors = append(d.Errors, &huma.ErrorDetail{Location: "body." + p.Field, Message: p.Reason})
		}
		return nil, d
	}
	if err == nil {
		err = m.Editable(&by)
	}
	if err == nil && m.Scope() == macro.Shared && !by.Admin {
		err = s.Macroing.MayGive(by, m.Actions)
	}
	return fields, err
}

func (s *server) changeMacro(ctx context.Context, in *patchMacroInput) (*struct{ Body view.Macro }, error) {
	by, id, err := s.macroOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	err = s.MacroCare.EditMacro(ctx, by, id, func(m *macro.Macro) ([]string, error) {
		if in.Body.BasedOn != nil && !in.Body.BasedOn.Equal(m.UpdatedAt) {
			return nil, desk.Errorf(desk.KindConflict, "the macro was changed meanwhile: read it again")
		}
		return s.editMacro(ctx, &in.Body.MacroFields, m, true)
	})
	if err != nil {
		return nil, err
	}
	m, err := s.Macros.Macro(ctx, by, id)
	return &struct{ Body view.Macro }{m}, err
}

// macroOf returns a macro that the agent can use.
func (s *server) macroOf(ctx context.Context, text string) (desk.Agent, desk.MacroID, error) {
	by := auth.AgentOf(ctx)
	id, err := macroID(text)
	if err == nil {
		_, err = s.Macros.Macro(ctx, by, id)
	}
	return by, id, err
}

func (s *server) deleteMacro(ctx context.Context, in *macroPath) (*struct{}, error) {
	by, id, err := s.macroOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.MacroCare.DeleteMacro(ctx, by, id, func(m *macro.Macro) error { return m.Editable(&by) })
}

func (s *server) previewMacro(ctx context.Context, in *useMacroPath) (*struct{ Body MacroPreview }, error) {
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	by, id, err := s.macroOf(ctx, in.Macro)
	if err != nil {
		return nil, err
	}
	p, err := s.Macroing.PreviewMacro(ctx, by, c.ID, id)
	if err != nil {
		return nil, err
	}
	out := MacroPreview{Actions: []MacroEffect{}}
	out.Text, out.Missing = macro.Render(p.Macro.Text, macroValues(&c, &by, p.Company))
	out.Missing = append([]string{}, out.Missing...)
	for _, e := range p.Actions {
		out.Actions = append(out.Actions, MacroEffect{e.Action, e.Problem, e.Denied})
	}
	return &struct{ Body MacroPreview }{out}, nil
}

// macroValues are what the variables stand for.
func macroValues(c *view.Conversation, by *desk.Agent, company string) map[string]string {
	names := macro.Names{Contact: c.Contact.Name, Account: c.Account.Name, Inbox: c.Inbox.Name, Subject: c.Subject, Number: c.Number}
	return names.Values(by.Shown(), company)
}

func (s *server) applyMacro(ctx context.Context, in *applyMacroInput) (*conversationOutput, error) {
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	by, id, err := s.macroOf(ctx, in.Macro)
	if err != nil {
		return nil, err
	}
	_, err = s.Macroing.ApplyMacro(ctx, by, c.ID, agent.UseMacro{ID: id, Without: in.Body.Without})
	return s.changed(ctx, c.ID, err)
}
