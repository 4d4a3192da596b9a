package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/accounts"
	"switchboard/internal/accounts/csvfile"
)

// accountChanges are the properties that a request sets; absent ones stay as they are.
type accountChanges struct {
	Name       *string        `json:"name,omitempty" maxLength:"200"`
	Domains    *[]string      `json:"domains,omitempty" maxItems:"200" doc:"All domains of its mail addresses. 409 if one belongs to another account; public mail domains such as gmail.com are refused"`
	Plan       *string        `json:"plan,omitempty" doc:"The attribute plan; empty removes it"`
	Attributes map[string]any `json:"attributes,omitempty" doc:"Text, numbers, true or false; others stay as they are, and null removes one"`
	Tags       *[]string      `json:"tags,omitempty" maxItems:"100"`
	Owner      *string        `json:"owner,omitempty" doc:"The agent's identifier or address, or me; empty: nobody"`
	Timezone   *string        `json:"timezone,omitempty" doc:"IANA name, such as Europe/Berlin"`
	ExternalID *string        `json:"external_id,omitempty" maxLength:"200" doc:"Its key in another system; only one account may have it"`
	BasedOn    *time.Time     `json:"based_on,omitempty" doc:"updated_at of the version that the request changes; 409 if the stored one is another. Absent: whatever is stored"`
}

type createAccountInput struct{ Body accountChanges }

type patchAccountInput struct {
	ID   string `path:"id"`
	Body accountChanges
}

type putAccountInput struct {
	ExternalID string `path:"external_id" maxLength:"200"`
	Body       accountChanges
}

type putAccountOutput struct {
	Status int
	Body   view.Account
}

type importInput struct {
	DryRun  bool   `query:"dry_run" doc:"Change nothing, and report what would be changed"`
	RawBody []byte `contentType:"text/csv"`
}

// Imported is the result of an import.
type Imported struct {
	DryRun    bool               `json:"dry_run"`
	Created   int                `json:"created"`
	Updated   int                `json:"updated"`
	Unchanged int                `json:"unchanged"`
	Errors    int                `json:"errors"`
	Lines     []accounts.Outcome `json:"lines"`
}

func (s *server) accountRoutes() {
	tags := []string{"Customers"}
	handle(s, huma.Operation{
		OperationID: "create-account", Method: http.MethodPost, Path: "/accounts", Summary: "Create an account", Tags: tags,
		Description: "For admins.", DefaultStatus: http.StatusCreated,
	}, s.createAccount)
	handle(s, huma.Operation{
		OperationID: "change-account", Method: http.MethodPatch, Path: "/accounts/{id}", Summary: "Change an account", Tags: tags,
		Description: "Agents may change tags, admins everything: see may_edit. Absent properties stay unchanged. 409 when a domain or the external_id belongs to another account, which the answer names, or when the stored version is not the one of based_on.",
	}, s.changeAccount)
	handle(s, huma.Operation{
		OperationID: "put-account", Method: http.MethodPut, Path: "/accounts/by-external-id/{external_id}", Summary: "Create or change the account with a key of another system", Tags: tags,
		Description: "For admins. If no account has the key, the one that has one of the given domains and no key gets it; otherwise one is created (201). Absent properties stay unchanged.",
	}, s.putAccount)
	handle(s, huma.Operation{
		OperationID: "import-accounts", Method: http.MethodPost, Path: "/accounts/import", Summary: "Create and change accounts from a CSV file", Tags: tags,
		Description: "For admins; up to 1 MiB. Each valid line is carried out by itself; lines with errors are left out and reported. The columns are described in doc/operations.md.",
	}, s.importAccounts)
}

func (s *server) createAccount(ctx context.Context, in *createAccountInput) (*struct{ Body view.Account }, error) {
	c, err := s.accountChange(ctx, &in.Body)
	if err != nil {
		return nil, err
	}
	edit, err := s.Directory.EditAccount(ctx, actorOf(ctx), accounts.Ref{ID: desk.NewID[desk.AccountID](), Domains: c.Ref().Domains}, true, applying(c, nil))
	if err != nil {
		return nil, accountError(err)
	}
	a, err := s.Directory.Account(ctx, auth.AgentOf(ctx), edit.ID)
	return &struct{ Body view.Account }{a}, err
}

func (s *server) changeAccount(ctx context.Context, in *patchAccountInput) (*struct{ Body view.Account }, error) {
	id, err := pathID(in.ID, "account", desk.ParseID[desk.AccountID])
	if err != nil {
		return nil, err
	}
	if _, err := s.Directory.Account(ctx, auth.AgentOf(ctx), id); err != nil {
		return nil, err // also if the agent may not see it
	}
	c, err := s.accountChange(ctx, &in.Body)
	if err != nil {
		return nil, err
	}
	if _, err := s.Directory.EditAccount(ctx, actorOf(ctx), accounts.Ref{ID: id, Domains: c.Ref().Domains}, false, applying(c, in.Body.BasedOn)); err != nil {
		return nil, accountError(err)
	}
	a, err := s.Directory.Account(ctx, auth.AgentOf(ctx), id)
	return &struct{ Body view.Account }{a}, err
}

func (s *server) putAccount(ctx context.Context, in *putAccountInput) (*putAccountOutput, error) {
	if in.Body.ExternalID == nil {
		in.Body.ExternalID = &in.ExternalID
	}
	c, err := s.accountChange(ctx, &in.Body)
	if err != nil {
		return nil, err
	}
	ref := c.Ref()
	ref.ExternalID = strings.TrimSpace(in.ExternalID)
	edit, err := s.Directory.EditAccount(ctx, actorOf(ctx), ref, true, applying(c, in.Body.BasedOn))
	if err != nil {
		return nil, accountError(err)
	}
	a, err := s.Directory.Account(ctx, auth.AgentOf(ctx), edit.ID)
	if edit.Created {
		return &putAccountOutput{http.StatusCreated, a}, err
	}
	return &putAccountOutput{http.StatusOK, a}, err
}

func actorOf(ctx context.Context) desk.Actor { return desk.AgentActor(auth.AgentOf(ctx).ID) }

// accountChange reads a request, and refuses what the agent may not change.
func (s *server) accountChange(ctx context.Context, in *accountChanges) (*accounts.Change, error) {
	c := &accounts.Change{Name: in.Name, Domains: in.Domains, Plan: in.Plan, Attributes: in.Attributes, Tags: in.Tags, Timezone: in.Timezone, ExternalID: in.ExternalID}
	if in.Owner != nil {
		owner, err := s.ownerOf(ctx, *in.Owner)
		if err != nil {
			return nil, err
		}
		c.Owner = &owner
	}
	may := accounts.MayEdit(auth.AgentOf(ctx))
	for _, field := range c.Fields() {
		if !slices.Contains(may, field) {
			return nil, errAdminsOnly("change " + field + " of an account")
		}
	}
	return c, nil
}

// ownerOf returns the agent with an identifier or address.
func (s *server) ownerOf(ctx context.Context, text string) (desk.AgentID, error) {
	switch text {
	case "":
		return desk.AgentID{}, nil
	case "me":
		return auth.AgentOf(ctx).ID, nil
	}
	agents, err := s.Desks.Agents(ctx, false)
	if err != nil {
		return desk.AgentID{}, err
	}
	for _, a := range agents {
		if a.ID.String() == text || strings.EqualFold(a.Email, text) {
			return a.ID, nil
		}
	}
	return desk.AgentID{}, problem.Invalid("body.owner", "there is no such agent", text)
}

// applying returns the function that applies a change to the stored account.
func applying(c *accounts.Change, basedOn *time.Time) func(*desk.Account) error {
	return func(a *desk.Account) error {
		if basedOn != nil && !basedOn.Equal(a.UpdatedAt) {
			return desk.Errorf(desk.KindConflict, "the account was changed meanwhile: read it again")
		}
		if problems := c.Apply(a); len(problems) > 0 {
			return accounts.Invalid(problems)
		}
		return nil
	}
}

// accountError is the 422 for an invalid change.
func accountError(err error) error {
	var invalid accounts.Invalid
	if !errors.As(err, &invalid) {
		return err
	}
	d := problem.New(http.StatusUnprocessableEntity, invalid.Error())
	for _, p := range invalid {
		d.Errors = append(d.Errors, &huma.ErrorDetail{Location: "body." + p.Field, Message: p.Reason})
	}
	return d
}

func (s *server) importAccounts(ctx context.Context, in *importInput) (*struct{ Body Imported }, error) {
	if !auth.AgentOf(ctx).Admin {
		return nil, errAdminsOnly("import accounts")
	}
	rows, err := csvfile.Read(in.RawBody)
	if err != nil {
		return nil, err
	}
	agents, err := s.Desks.Agents(ctx, false)
	if err != nil {
		return nil, err
	}
	owners := make(map[string]desk.AgentID, len(agents))
	for _, a := range agents {
		owners[a.Email] = a.ID
	}
	out := Imported{DryRun: in.DryRun}
	out.Lines, err = accounts.ImportInto(ctx, s.Directory, actorOf(ctx), rows, owners, in.DryRun)
	if err != nil {
		return nil, err
	}
	count := accounts.Count(out.Lines)
	out.Created, out.Updated, out.Unchanged, out.Errors = count[accounts.Created], count[accounts.Updated], count[accounts.Unchanged], count[accounts.Failed]
	return &struct{ Body Imported }{out}, nil
}
