package api

import (
	"context"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/roster"
)

type listAgentsInput struct {
	All bool `query:"all" doc:"Include disabled agents; for admins"`
}

// agentChanges are the properties that a PATCH may change; absent ones stay as they are.
type agentChanges struct {
	Name          *string      `json:"name,omitempty" minLength:"1" maxLength:"200" doc:"Shown to customers"`
	Tiers         *[]desk.Tier `json:"tiers,omitempty" maxItems:"20"`
	Admin         *bool        `json:"admin,omitempty"`
	Disabled      *bool        `json:"disabled,omitempty" doc:"Disabled agents cannot sign in; their sessions end"`
	Inboxes       *[]string    `json:"inboxes,omitempty" maxItems:"500" doc:"Keys of the inboxes to which they are limited; empty: all inboxes of their tiers"`
	InboxesOnly   *bool        `json:"inboxes_only,omitempty" doc:"They read only what is in the inboxes in which they work; not with admin"`
	MaskAddresses *bool        `json:"mask_addresses,omitempty" doc:"They do not see the addresses of customers; not with admin"`
	Skills        *[]string    `json:"skills,omitempty" maxItems:"500" doc:"Named in tiers or inboxes of the policy"`
	Capacity      *int         `json:"capacity,omitempty" doc:"Open conversations that may be assigned automatically; 0: as the inbox says"`
	Leads         *[]string    `json:"leads,omitempty" maxItems:"500" doc:"Keys of the inboxes that they lead"`
	Timezone      *string      `json:"timezone,omitempty" maxLength:"100" doc:"IANA name, such as Europe/Berlin"`
	Hours         *desk.Hours  `json:"hours,omitempty" doc:"Weekly working hours, as in the calendars of the policy: {\"mon-fri\": [\"09:00-17:00\"]}; empty: always"`

	DisplayName *string `json:"display_name,omitempty" doc:"The name that customers see; empty: name"`
	Signature   *string `json:"signature,omitempty" doc:"CommonMark below your replies by mail, where the inbox has {{agent.signature}}; it may contain {{agent.name}}, {{agent.first_name}}, {{inbox.name}} and {{company}}"`
}

// own reports whether only what agents may change of themselves is changed.
func (c *agentChanges) own() bool {
	c2 := *c
	c2.DisplayName, c2.Signature = nil, nil
	return c2 == (agentChanges{})
}

type patchAgentInput struct {
	ID   string `path:"id" doc:"me, or for admins the identifier of any agent"`
	Body agentChanges
}

type availabilityInput struct {
	ID   string `path:"id" doc:"me, or for admins the identifier of any agent"`
	Body struct {
		State desk.Availability `json:"state" enum:"available,away"`
		Until *time.Time        `json:"until,omitempty" nullable:"true" doc:"With away: when the agent is available again. Absent or null: when they say so"`
	}
}

type agentOutput struct{ Body view.Agent }

// PolicyNames are what the properties of agents may name.
type PolicyNames struct {
	Tiers   []PolicyTier `json:"tiers"`
	Inboxes []string     `json:"inboxes" doc:"Keys"`
	Skills  []string     `json:"skills" doc:"Those that tiers and inboxes name"`

	Segments []string `json:"segments" doc:"Of accounts"`
}

// PolicyTier is a tier of the policy.
type PolicyTier struct {
	Tier desk.Tier `json:"tier"`
	Name string    `json:"name"`
}

func (s *server) agentRoutes() {
	tags := []string{"Agents"}
	handle(s, huma.Operation{
		OperationID: "list-agents", Method: http.MethodGet, Path: "/agents", Summary: "List the agents, and who is available", Tags: tags,
	}, func(ctx context.Context, in *listAgentsInput) (*listOutput[view.Agent], error) {
		if in.All && !auth.AgentOf(ctx).Admin {
			return nil, errAdminsOnly("list disabled agents")
		}
		rows, err := s.Desks.Agents(ctx, in.All)
		if err != nil {
			return nil, err
		}
		return whole(rows), nil
	})
	handle(s, huma.Operation{
		OperationID: "change-agent", Method: http.MethodPatch, Path: "/agents/{id}", Summary: "Change an agent", Tags: tags,
		Description: "For admins; agents change their own display_name and signature with `me`. Absent properties stay unchanged. Tiers, inboxes and skills must be those of the policy; values that the agent had before stay valid until they are changed. 409 when no admin would be left.",
	}, s.changeAgent)
	handle(s, huma.Operation{
		OperationID: "set-availability", Method: http.MethodPut, Path: "/agents/{id}/availability", Summary: "Say whether you are available", Tags: tags,
		Description: "Agents set their own with `me`, admins that of any agent. All agents see it. Agents whose console has not been connected for some minutes are offline, and those outside their working hours away, whatever they set.",
	}, s.setAvailability)
	handle(s, huma.Operation{
		OperationID: "policy-names", Method: http.MethodGet, Path: "/policy/names", Summary: "List what the properties of agents may name", Tags: tags,
		Description: "The tiers, inboxes and skills of the policy in force.",
	}, s.policyNames)
}

func (s *server) policyNames(ctx context.Context, _ *struct{}) (*struct{ Body PolicyNames }, error) {
	names, err := s.Names.Names(ctx)
	if err != nil {
		return nil, err
	}
	out := PolicyNames{Tiers: []PolicyTier{}, Inboxes: append([]string{}, names.Inboxes...), Skills: append([]string{}, names.Skills...), Segments: append([]string{}, names.Segments...)}
	for _, t := range names.Tiers {
		out.Tiers = append(out.Tiers, PolicyTier{t.Tier, t.Name})
	}
	return &struct{ Body PolicyNames }{out}, nil
}

// errAdminsOnly is the 403 of what only admins may do.
func errAdminsOnly(what string) error {
	return problem.New(http.StatusForbidden, "only admins may "+what)
}

// agentID reads the id of an agent in a path, which is "me" for one's own.
func agentID(text string, by *desk.Agent) (desk.AgentID, error) {
	if text == "me" {
		return by.ID, nil
	}
	return pathID(text, "agent", desk.ParseID[desk.AgentID])
}

func (s *server) changeAgent(ctx context.Context, in *patchAgentInput) (*agentOutput, error) {
	by := auth.AgentOf(ctx)
	id, err := agentID(in.ID, &by)
	if err != nil {
		return nil, err
	}
	if !by.Admin && (id != by.ID || !in.Body.own()) {
		return nil, errAdminsOnly("change agents, except their own display_name and signature")
	}
	names, err := s.Names.Names(ctx)
	if err != nil {
		return nil, err
	}
	err = s.Staff.EditAgent(ctx, by.ID, id, func(a *desk.Agent) error { return in.Body.apply(a, names) })
	if err != nil {
		return nil, err
	}
	v, err := s.Desks.Agent(ctx, id)
	return &agentOutput{v}, err
}

// apply changes an agent, and checks what it changes.
func (c *agentChanges) apply(a *desk.Agent, names roster.Names) error {
	before := *a
	set(&a.Name, c.Name)
	set(&a.Tiers, c.Tiers)
	set(&a.Admin, c.Admin)
	set(&a.Disabled, c.Disabled)
	set(&a.Inboxes, c.Inboxes)
	set(&a.InboxesOnly, c.InboxesOnly)
	set(&a.MaskAddresses, c.MaskAddresses)
	set(&a.Skills, c.Skills)
	set(&a.Capacity, c.Capacity)
	set(&a.Leads, c.Leads)
	set(&a.Timezone, c.Timezone)
	set(&a.Hours, c.Hours)
	set(&a.DisplayName, c.DisplayName)
	set(&a.Signature, c.Signature)
	roster.Normalize(a)
	a.Name = strings.TrimSpace(a.Name)
	if a.Name == "" || strings.ContainsFunc(a.Name, unicode.IsControl) {
		return problem.Invalid("body.name", "must be one line with a name", *c.Name)
	}
	return agentProblems(roster.Check(&before, a, names))
}

// set sets a value if the request has one.
func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// agentProblems is the 422 for invalid properties; nil if there are none.
func agentProblems(problems []roster.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	d := problem.New(http.StatusUnprocessableEntity, problems[0].Field+": "+problems[0].Reason)
	for _, p := range problems {
		d.Errors = append(d.Errors, &huma.ErrorDetail{Location: "body." + p.Field, Message: p.Reason})
	}
	return d
}

func (s *server) setAvailability(ctx context.Context, in *availabilityInput) (*agentOutput, error) {
	by := auth.AgentOf(ctx)
	id, err := agentID(in.ID, &by)
	if err != nil {
		return nil, err
	}
	if id != by.ID && !by.Admin {
		return nil, errAdminsOnly("set the availability of others")
	}
	var until time.Time
	if in.Body.Until != nil {
		until = *in.Body.Until
		switch {
		case in.Body.State != desk.Away:
			return nil, problem.Invalid("body.until", "goes with the state away only", until.Format(time.RFC3339))
		case !until.After(time.Now()):
			return nil, problem.Invalid("body.until", "must be in the future", until.Format(time.RFC3339))
		case until.After(time.Now().AddDate(1, 0, 0)):
			return nil, problem.Invalid("body.until", "must be within a year", until.Format(time.RFC3339))
		}
	}
	v, err := s.Desks.Agent(ctx, id)
	if err != nil {
		return nil, err
	}
	if v.Disabled {
		return nil, desk.Errorf(desk.KindConflict, "%s is disabled", v.Name)
	}
	if err := s.Staff.SetAvailability(ctx, by.ID, id, in.Body.State, until); err != nil {
		return nil, err
	}
	v, err = s.Desks.Agent(ctx, id)
	return &agentOutput{v}, err
}
