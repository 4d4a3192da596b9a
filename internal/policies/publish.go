// Package policies publishes policy documents, decides whether a policy file is published
// at a start, checks documents, and says what is different in one.
package policies

import (
	"context"
	"errors"
	"regexp"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/router"
)

// Articles tells which articles there are.
type Articles interface {
	// PublishedArticles returns which of some articles are published for everybody.
	PublishedArticles(ctx context.Context, slugs []string) (map[string]bool, error)
}

// Store keeps the versions of the policy.
type Store interface {
	// PolicyDocument returns a version, 0: the live one. KindNotFound if there is none.
	PolicyDocument(ctx context.Context, version int64) (view.PolicyDocument, error)
	// LastPolicyFile returns the version that came from a policy file last; KindNotFound if
	// there is none.
	LastPolicyFile(ctx context.Context) (view.PolicyDocument, error)
	// PublishPolicy returns KindConflict if another version is live than the one to replace.
	PublishPolicy(ctx context.Context, p desk.Publication) (int64, error)
	Articles
}

// Publish checks a document and makes it the live policy. It fills in what the document
// names, and returns its version. The error is a *router.PolicyError if the document is
// not valid.
func Publish(ctx context.Context, st Store, p desk.Publication) (int64, error) {
	rules, err := router.Compile([]byte(p.Document))
	if err != nil {
		return 0, err
	}
	if p.Origin == desk.OriginAPI || p.Origin == desk.OriginCommand { // at a first start there are no articles yet
		if err := CheckAnswers(ctx, st, rules); err != nil {
			return 0, err
		}
	}
	p.Tiers, p.Inboxes = map[desk.Tier]string{}, nil
	for _, t := range rules.Tiers() {
		p.Tiers[t.Tier] = t.Name
	}
	for _, in := range rules.Inboxes() {
		p.Inboxes = append(p.Inboxes, desk.Inbox{Key: in.Key, Name: in.Name, Tier: in.Tier})
	}
	return st.PublishPolicy(ctx, p)
}

// CheckAnswers returns a *router.PolicyError if an article that a policy answers with is not
// published.
func CheckAnswers(ctx context.Context, in Articles, rules *router.Policy) error {
	var slugs []string
	for _, a := range rules.Answers() {
		slugs = append(slugs, a.Slug)
	}
	if len(slugs) == 0 {
		return nil
	}
	published, err := in.PublishedArticles(ctx, slugs)
	if err != nil {
		return err
	}
	return rules.MissingAnswers(published)
}

// MissingAnswers returns where a document answers with articles that are not published for
// everybody; nothing if the document is not valid.
func MissingAnswers(ctx context.Context, in Articles, document []byte) ([]PolicyProblem, error) {
	rules, err := router.Compile(document)
	if err != nil {
		return []PolicyProblem{}, nil
	}
	err = CheckAnswers(ctx, in, rules)
	if missing := Problems(err); len(missing) > 0 {
		return missing, nil
	}
	return []PolicyProblem{}, err
}

// CheckWith compiles a document, and looks for the articles that it answers with.
func CheckWith(ctx context.Context, in Articles, document []byte) (PolicyReport, error) {
	r, rules := Check(document)
	if rules == nil {
		return r, nil
	}
	err := CheckAnswers(ctx, in, rules)
	if missing := Problems(err); len(missing) > 0 {
		r.Valid, r.Problems = false, missing
		return r, nil
	}
	return r, err
}

// PolicyProblem is a mistake in a document, or a warning.
type PolicyProblem struct {
	Line    int    `json:"line" doc:"From 1"`
	Column  int    `json:"column" doc:"From 1, in characters"`
	Path    string `json:"path" doc:"Such as routing[2].when; empty: the document itself"`
	Reason  string `json:"reason"`
	Nearest string `json:"nearest" doc:"The valid name that was probably meant; empty: none"`
}

// PolicyReport is what is wrong with a document.
type PolicyReport struct {
	Valid    bool            `json:"valid" doc:"It can be published"`
	Problems []PolicyProblem `json:"problems" doc:"In the order of the document"`
	Warnings []PolicyProblem `json:"warnings" doc:"What is probably not meant, such as rules that never match"`
	Outline  []PolicyNode    `json:"outline" doc:"What the document defines; empty unless it is valid"`
}

// Check compiles a document. The policy is nil if it is not valid.
func Check(document []byte) (PolicyReport, *router.Policy) {
	r := PolicyReport{Problems: []PolicyProblem{}, Warnings: []PolicyProblem{}, Outline: []PolicyNode{}}
	rules, err := router.Compile(document)
	if err != nil {
		r.Problems = Problems(err)
		return r, nil
	}
	r.Valid, r.Warnings, r.Outline = true, problems(rules.Warnings()), Outline(document)
	return r, rules
}

// Problems returns the problems of a document, for an error of Publish; empty for errors of
// another kind.
func Problems(err error) []PolicyProblem {
	var invalid *router.PolicyError
	if !errors.As(err, &invalid) {
		return nil
	}
	return problems(invalid.Problems)
}

// meant finds the hint at the end of a reason, see nearest.Hint.
var meant = regexp.MustCompile(`did you mean "([^"]+)"\?$`)

func problems(list []router.Problem) []PolicyProblem {
	out := make([]PolicyProblem, 0, len(list))
	for _, p := range list {
		q := PolicyProblem{Line: p.Line, Column: p.Column, Path: p.Path, Reason: p.Reason}
		if m := meant.FindStringSubmatch(p.Reason); m != nil {
			q.Nearest = m[1]
		}
		out = append(out, q)
	}
	return out
}
