package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/advisory"
)

// Advisories reads the notices that go to many contacts.
type Advisories interface {
	Advisories(ctx context.Context, skip, limit int) ([]view.Advisory, error)
	Advisory(ctx context.Context, id desk.AdvisoryID) (view.Advisory, error)
	// AdvisoryAudience says whom a draft would go to, and who would not get it.
	AdvisoryAudience(ctx context.Context, a view.Advisory, state string, skip, limit int) (list []view.AdvisoryRecipient, waiting, skipped int, err error)
	AdvisoryRecipients(ctx context.Context, id desk.AdvisoryID, state string, skip, limit int) ([]view.AdvisoryRecipient, error)
}

// AdvisoryCare writes and sends them.
type AdvisoryCare interface {
	CreateAdvisory(ctx context.Context, by desk.Agent, a advisory.Advisory) error
	EditAdvisory(ctx context.Context, by desk.Agent, id desk.AdvisoryID, change func(*advisory.Advisory) error) error
	// MoveAdvisory sends, pauses or cancels one; KindConflict if that is not possible.
	MoveAdvisory(ctx context.Context, by desk.Agent, id desk.AdvisoryID, action string, budget advisory.Budget) error
}

// AdvisoryFields are the properties that a request sets; absent ones stay as they are.
type AdvisoryFields struct {
	Subject  *string   `json:"subject,omitempty" maxLength:"1000"`
	Text     *string   `json:"text,omitempty" maxLength:"100000" doc:"CommonMark with the variables of macros (GET /macros/variables)"`
	Inbox    *string   `json:"inbox,omitempty" maxLength:"200" doc:"Key of the inbox that answers go to"`
	Segments *[]string `json:"segments,omitempty" maxItems:"100" doc:"Segments of the policy: all contacts of their accounts get it"`
	Accounts *[]string `json:"accounts,omitempty" maxItems:"500" doc:"Ids of accounts whose contacts get it, too"`
}

// AdvisoryPath is exported because huma reads only exported embedded fields.
type AdvisoryPath struct {
	ID string `path:"id"`
}

type patchAdvisoryInput struct {
	AdvisoryPath
	IfMatch string `header:"If-Match" maxLength:"100" doc:"The ETag of the version that the request changes; 412 if the stored one is another"`
	Body    AdvisoryFields
}

type listRecipientsInput struct {
	AdvisoryPath
	ListInput
	State string `query:"state" enum:"waiting,sent,skipped,cancelled"`
}

type advisoryOutput struct {
	ETag string `header:"ETag"`
	Body view.Advisory
}

func (s *server) advisoryRoutes() {
	op := func(id, method, path, summary, description string, status int) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Description: description, Tags: []string{"Advisories"}, DefaultStatus: status}
	}
	handle(s, op("list-advisories", http.MethodGet, "/advisories", "List advisories", "The newest first. Advisories are for admins, and for leads who see all customers.", 0), s.listAdvisories)
	handle(s, op("create-advisory", http.MethodPost, "/advisories", "Create an advisory", "As a draft.", http.StatusCreated), s.createAdvisory)
	handle(s, op("get-advisory", http.MethodGet, "/advisories/{id}", "Read an advisory", "The numbers of a draft are those of now.", 0), s.getAdvisory)
	handle(s, op("change-advisory", http.MethodPatch, "/advisories/{id}", "Change a draft", "Absent properties stay unchanged. 409 once it has been sent.", 0), s.changeAdvisory)
	handle(s, op("list-advisory-recipients", http.MethodGet, "/advisories/{id}/recipients", "List who gets an advisory", "And who does not, and why; of a draft as it would be now.", 0), s.listAdvisoryRecipients)
	for action, about := range map[string][2]string{
		"send":   {"Send an advisory", "Or continue a paused one. Each contact gets it once, in a conversation of their own. 409 when it would exceed the budget."},
		"pause":  {"Pause an advisory", "Nothing more is sent until it is continued."},
		"cancel": {"Cancel an advisory", "Nothing more is sent."},
	} {
		handle(s, op(action+"-advisory", http.MethodPost, "/advisories/{id}/"+action, about[0], about[1], http.StatusOK), func(ctx context.Context, in *AdvisoryPath) (*advisoryOutput, error) {
			return s.moveAdvisory(ctx, in, action)
		})
	}
}

// mayAdvise returns nil if the agent may use advisories.
func mayAdvise(ctx context.Context) error {
	by := auth.AgentOf(ctx)
	return advisory.MayUse(&by)
}

func (s *server) listAdvisories(ctx context.Context, in *struct{ ListInput }) (*listOutput[view.Advisory], error) {
	var at skipCursor
	if err := errors.Join(mayAdvise(ctx), decodeCursor(in.Cursor, &at)); err != nil {
		return nil, err
	}
	list, err := s.Advisories.Advisories(ctx, max(at.Skip, 0), in.Limit+1)
	if err != nil {
		return nil, err
	}
	return paged(ctx, list, in.Limit, func(view.Advisory) skipCursor { return skipCursor{at.Skip + in.Limit} })
}

func (s *server) advisoryOf(ctx context.Context, text string) (a view.Advisory, err error) {
	if err := mayAdvise(ctx); err != nil {
		return a, err
	}
	id, err := pathID(text, "advisory", desk.ParseID[desk.AdvisoryID])
	if err != nil {
		return a, err
	}
	return s.Advisories.Advisory(ctx, id)
}

func (s *server) getAdvisory(ctx context.Context, in *AdvisoryPath) (*advisoryOutput, error) {
	a, err := s.advisoryOf(ctx, in.ID)
	if err == nil && a.State == desk.AdvisoryDraft {
		_, a.Waiting, a.Skipped, err = s.Advisories.AdvisoryAudience(ctx, a, "", 0, 0)
	}
	return &advisoryOutput{etag(a.UpdatedAt), a}, err
}

func (s *server) createAdvisory(ctx context.Context, in *struct{ Body AdvisoryFields }) (*advisoryOutput, error) {
	if err := mayAdvise(ctx); err != nil {
		return nil, err
	}
	by := auth.AgentOf(ctx)
	a := advisory.Advisory{ID: desk.NewID[desk.AdvisoryID](), State: desk.AdvisoryDraft, Author: by.ID}
	if err := s.editAdvisory(ctx, &in.Body, &a); err != nil {
		return nil, err
	}
	if err := s.AdvisoryCare.CreateAdvisory(ctx, by, a); err != nil {
		return nil, err
	}
	return s.getAdvisory(ctx, &AdvisoryPath{a.ID.String()})
}

// editAdvisory applies a request to a draft.
func (s *server) editAdvisory(ctx context.Context, in *AdvisoryFields, a *advisory.Advisory) error {
	names, err := s.Names.Names(ctx)
	if err != nil {
		return err
	}
	c := advisory.Change{Subject: in.Subject, Text: in.Text, Inbox: in.Inbox, Segments: in.Segments}
	if in.Accounts != nil {
		c.Accounts = &[]desk.AccountID{}
		for i, text := range *in.Accounts {
			id, err := desk.ParseID[desk.AccountID](text)
			if err == nil {
				_, err = s.Directory.Account(ctx, auth.AgentOf(ctx), id)
			}
			if err != nil {
				return problem.Invalid(fmt.Sprintf("body.accounts[%d]", i), "there is no such account", text)
			}
			*c.Accounts = append(*c.Accounts, id)
		}
	}
	err = c.Apply(a, advisory.Known{Inboxes: names.Inboxes, Segments: names.Segments})
	var invalid advisory.Invalid
	if errors.As(err, &invalid) {
		d := problem.New(http.StatusUnprocessableEntity, invalid.Error())
		for _, p := range invalid {
			d.Errors = append(d.Errors, &huma.ErrorDetail{Location: "body." + p.Field, Message: p.Reason})
		}
		return d
	}
	return err
}

func (s *server) changeAdvisory(ctx context.Context, in *patchAdvisoryInput) (*advisoryOutput, error) {
	seen, err := s.advisoryOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	err = s.AdvisoryCare.EditAdvisory(ctx, auth.AgentOf(ctx), seen.ID, func(a *advisory.Advisory) error {
		if err := unchanged("advisory", in.IfMatch, nil, a.UpdatedAt); err != nil {
			return err
		}
		return s.editAdvisory(ctx, &in.Body, a)
	})
	if err != nil {
		return nil, err
	}
	return s.getAdvisory(ctx, &in.AdvisoryPath)
}

func (s *server) moveAdvisory(ctx context.Context, in *AdvisoryPath, action string) (*advisoryOutput, error) {
	a, err := s.advisoryOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if action == "send" && s.cfg.NoAdvisories != "" {
		return nil, desk.Errorf(desk.KindConflict, "%s", s.cfg.NoAdvisories)
	}
	if err := s.AdvisoryCare.MoveAdvisory(ctx, auth.AgentOf(ctx), a.ID, action, s.cfg.AdvisoryBudget); err != nil {
		return nil, err
	}
	return s.getAdvisory(ctx, in)
}

func (s *server) listAdvisoryRecipients(ctx context.Context, in *listRecipientsInput) (*listOutput[view.AdvisoryRecipient], error) {
	a, err := s.advisoryOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	var at skipCursor
	if err := decodeCursor(in.Cursor, &at); err != nil {
		return nil, err
	}
	var list []view.AdvisoryRecipient
	if a.State == desk.AdvisoryDraft {
		list, _, _, err = s.Advisories.AdvisoryAudience(ctx, a, in.State, max(at.Skip, 0), in.Limit+1)
	} else {
		list, err = s.Advisories.AdvisoryRecipients(ctx, a.ID, in.State, max(at.Skip, 0), in.Limit+1)
	}
	if err != nil {
		return nil, err
	}
	return paged(ctx, list, in.Limit, func(view.AdvisoryRecipient) skipCursor { return skipCursor{at.Skip + in.Limit} })
}
