package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/policies"
)

// Policies reads and publishes versions of the routing policy.
type Policies interface {
	policies.Store
	// Policies lists the versions, newest first, before one (0: all).
	Policies(ctx context.Context, before int64, limit int) ([]view.PolicyVersion, error)
}

// PolicyUse counts what the policy did.
type PolicyUse interface {
	// PolicyHits counts how often each part decided since an instant.
	PolicyHits(ctx context.Context, since time.Time) ([]view.PolicyHits, error)
}

type policyPath struct {
	Version string `path:"version" doc:"A number, or live"`
}

type policyOutput struct {
	ETag string `header:"ETag" doc:"The version in quotes, for If-Match"`
	Body view.PolicyDocument
}

// PolicyDraft is a document that is not published.
type PolicyDraft struct {
	Document string `json:"document" maxLength:"262144" doc:"YAML, see doc/policy.md"`
}

type checkPolicyInput struct{ Body PolicyDraft }

type diffPolicyInput struct {
	Body struct {
		PolicyDraft
		Base *int64 `json:"base,omitempty" minimum:"1" doc:"The version to compare with; the live one if absent"`
	}
}

// PolicyDiff is the difference between a version and a draft.
type PolicyDiff struct {
	Base     int64                    `json:"base" doc:"The version that was compared with"`
	Unified  string                   `json:"unified" doc:"Unified diff; empty: the documents are equal"`
	Changes  []policies.PolicyChange  `json:"changes" doc:"What would be different; comments and spaces do not count"`
	Warnings []policies.PolicyProblem `json:"warnings" doc:"Articles that the document answers with and that are not published for everybody: it would not be published"`
}

type publishPolicyInput struct {
	IfMatch string `header:"If-Match" doc:"The version that was changed, in quotes; 412 if another one is live meanwhile. *: whatever is live. Required"`
	Body    struct {
		Document string `json:"document,omitempty" maxLength:"262144" doc:"YAML, see doc/policy.md"`
		Version  int64  `json:"version,omitempty" minimum:"1" doc:"Instead of document: the earlier version to publish again"`
		Reason   string `json:"reason" minLength:"1" maxLength:"1000" doc:"Why, for the history"`
	}
}

type publishedPolicyOutput struct {
	ETag string `header:"ETag" doc:"The version in quotes, for If-Match"`
	Body view.PolicyVersion
}

// policyCursor is a cursor in the history.
type policyCursor struct {
	Before int64 `json:"before"`
}

func (s *server) policyRoutes() {
	op := func(id, method, path, summary, description string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/policies" + path, Summary: summary, Description: strings.TrimSpace(description + " For admins."), Tags: []string{"Policy"}, DefaultStatus: http.StatusOK}
	}
	handle(s, op("list-policies", http.MethodGet, "", "List the versions of the policy", "Newest first."), s.listPolicies)
	handle(s, op("get-policy", http.MethodGet, "/{version}", "Read a version of the policy", ""), s.getPolicy)
	handle(s, op("policy-hits", http.MethodGet, "/hits", "Count the hits of segments, routes and SLAs", "A route counts the conversations of the routes below it, too."), s.policyHits)
	handle(s, op("check-policy", http.MethodPost, "/check", "Check a policy document", "Changes nothing."), s.checkPolicy)
	handle(s, op("diff-policy", http.MethodPost, "/diff", "Compare a policy document with a version", "Changes nothing. 422 if the document is not valid."), s.diffPolicy)
	publish := op("publish-policy", http.MethodPost, "", "Publish a policy document", "It comes into force on all nodes within two seconds, for new conversations and for what happens next in others. With version, an earlier version is published again as a new one. 412 if another version was published meanwhile, 422 if the document is not valid.")
	publish.DefaultStatus = http.StatusCreated
	handle(s, publish, s.publishPolicy)
}

func policyAdmin(ctx context.Context) error {
	if !auth.AgentOf(ctx).Admin {
		return errAdminsOnly("see and change the policy")
	}
	return nil
}

func policyTag(version int64) string { return fmt.Sprintf("%q", strconv.FormatInt(version, 10)) }

func (s *server) listPolicies(ctx context.Context, in *ListInput) (*listOutput[view.PolicyVersion], error) {
	if err := policyAdmin(ctx); err != nil {
		return nil, err
	}
	var c policyCursor
	if err := decodeCursor(in.Cursor, &c); err != nil {
		return nil, err
	}
	list, err := s.Policies.Policies(ctx, c.Before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return paged(ctx, list, in.Limit, func(p view.PolicyVersion) policyCursor { return policyCursor{p.Version} })
}

// policyVersion reads a version, 0: the live one.
func (s *server) policyVersion(ctx context.Context, version int64) (view.PolicyDocument, error) {
	p, err := s.Policies.PolicyDocument(ctx, version)
	if err != nil && desk.KindOf(err) == desk.KindNotFound {
		return p, problem.NotFound("version of the policy")
	}
	return p, err
}

func (s *server) getPolicy(ctx context.Context, in *policyPath) (*policyOutput, error) {
	if err := policyAdmin(ctx); err != nil {
		return nil, err
	}
	var version int64
	if in.Version != "live" {
		n, err := strconv.ParseInt(in.Version, 10, 64)
		if err != nil || n < 1 {
			return nil, problem.NotFound("version of the policy")
		}
		version = n
	}
	p, err := s.policyVersion(ctx, version)
	if err != nil {
		return nil, err
	}
	return &policyOutput{policyTag(p.Version), p}, nil
}

type policyHitsInput struct {
	Days int `query:"days" minimum:"1" maximum:"366" default:"30" doc:"How far back"`
}

func (s *server) policyHits(ctx context.Context, in *policyHitsInput) (*listOutput[view.PolicyHits], error) {
	if err := policyAdmin(ctx); err != nil {
		return nil, err
	}
	list, err := s.PolicyUse.PolicyHits(ctx, time.Now().AddDate(0, 0, -in.Days))
	if err != nil {
		return nil, err
	}
	return whole(list), nil
}

func (s *server) checkPolicy(ctx context.Context, in *checkPolicyInput) (*struct{ Body policies.PolicyReport }, error) {
	if err := policyAdmin(ctx); err != nil {
		return nil, err
	}
	report, err := policies.CheckWith(ctx, s.Policies, []byte(in.Body.Document))
	return &struct{ Body policies.PolicyReport }{report}, err
}

// invalidPolicy is the 422 for a document with problems.
func invalidPolicy(problems []policies.PolicyProblem) error {
	first := problems[0]
	d := problem.New(http.StatusUnprocessableEntity, fmt.Sprintf("the document is not valid: line %d: %s", first.Line, first.Reason))
	for _, p := range problems {
		d.Errors = append(d.Errors, &huma.ErrorDetail{Location: fmt.Sprintf("body.document:%d:%d", p.Line, p.Column), Message: strings.TrimPrefix(p.Path+": "+p.Reason, ": ")})
	}
	return d
}

func (s *server) diffPolicy(ctx context.Context, in *diffPolicyInput) (*struct{ Body PolicyDiff }, error) {
	if err := policyAdmin(ctx); err != nil {
		return nil, err
	}
	if report, _ := policies.Check([]byte(in.Body.Document)); !report.Valid {
		return nil, invalidPolicy(report.Problems)
	}
	var version int64
	if in.Body.Base != nil {
		version = *in.Body.Base
	}
	base, err := s.policyVersion(ctx, version)
	if err != nil {
		return nil, err
	}
	out := PolicyDiff{Base: base.Version, Unified: policies.Unified(fmt.Sprintf("version %d", base.Version), "draft", base.Document, in.Body.Document)}
	if out.Changes, err = policies.Compare([]byte(base.Document), []byte(in.Body.Document)); err != nil {
		return nil, err
	}
	out.Warnings, err = policies.MissingAnswers(ctx, s.Policies, []byte(in.Body.Document))
	return &struct{ Body PolicyDiff }{out}, err
}

func (s *server) publishPolicy(ctx context.Context, in *publishPolicyInput) (*publishedPolicyOutput, error) {
	if err := policyAdmin(ctx); err != nil {
		return nil, err
	}
	by := auth.AgentOf(ctx)
	reason := strings.TrimSpace(in.Body.Reason)
	if reason == "" {
		return nil, problem.Invalid("body.reason", "say in a few words why", in.Body.Reason)
	}
	p := desk.Publication{Document: in.Body.Document, By: actorOf(ctx), Author: by.Email, Origin: desk.OriginAPI, Reason: reason, Restores: in.Body.Version}
	if (p.Document == "") == (p.Restores == 0) {
		return nil, problem.Invalid("body", "needs either document or version", nil)
	}
	var err error
	if p.Replaces, err = ifMatch(in.IfMatch); err != nil {
		return nil, err
	}
	if p.Restores != 0 {
		old, err := s.policyVersion(ctx, p.Restores)
		if err != nil {
			return nil, err
		}
		p.Document = old.Document
	}
	version, err := policies.Publish(ctx, s.Policies, p)
	if desk.KindOf(err) == desk.KindConflict && err != nil && p.Replaces != nil {
		return nil, s.meanwhile(ctx, *p.Replaces)
	}
	if found := policies.Problems(err); len(found) > 0 {
		return nil, invalidPolicy(found)
	}
	if err != nil {
		return nil, err
	}
	made, err := s.Policies.PolicyDocument(ctx, version)
	return &publishedPolicyOutput{policyTag(version), made.PolicyVersion}, err
}

// ifMatch reads the header If-Match: the version to replace, nil for *.
func ifMatch(text string) (*int64, error) {
	switch text = strings.TrimSpace(text); text {
	case "":
		return nil, problem.New(http.StatusPreconditionRequired, "If-Match is missing: send the version that you changed, such as If-Match: \"7\", so that nobody's changes are lost")
	case "*":
		return nil, nil
	}
	n, err := strconv.ParseInt(strings.Trim(text, `"`), 10, 64)
	if err != nil || n < 0 {
		return nil, problem.Invalid("header.If-Match", `must be the number of a version in quotes, or *`, text)
	}
	return &n, nil
}

// meanwhile is the 412 that names who published since a version was read.
func (s *server) meanwhile(ctx context.Context, since int64) error {
	live, err := s.Policies.PolicyDocument(ctx, 0)
	if err != nil {
		return err
	}
	who := "at a start"
	if live.Author != "" {
		who = "by " + live.Author
	}
	text := fmt.Sprintf("version %d was published %s at %s", live.Version, who, live.PublishedAt.UTC().Format("2006-01-02 15:04 MST"))
	if live.Reason != "" {
		text += fmt.Sprintf(" (%s)", live.Reason)
	}
	if live.Version < since {
		what := fmt.Sprintf("there is no version %d", since)
		if draft, err := s.Policies.PolicyDocument(ctx, since); err == nil && draft.Origin == desk.OriginPilot {
			what = fmt.Sprintf("version %d is the draft of a pilot", since)
		}
		return problem.Invalid("header.If-Match", fmt.Sprintf("%s; %d is live", what, live.Version), since)
	}
	return problem.New(http.StatusPreconditionFailed, text+"; compare your document with it, then publish again").WithHeader("ETag", policyTag(live.Version))
}
