// Package rootcause checks root causes, which are faults behind several conversations, and says
// who may change them. Pure.
package rootcause

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"switchboard/desk"
)

// RootCause is a root cause as it is stored.
type RootCause struct {
	ID        desk.RootCauseID
	Title     string
	State     desk.RootCauseState
	Note      string // for agents
	URL       string // where the work on it is tracked; empty: nowhere
	CreatedBy desk.AgentID
	UpdatedAt time.Time
}

// Change is what a person changes about a root cause; nil: it stays.
type Change struct{ Title, State, Note, URL *string }

// Problem is why a field cannot have a value.
type Problem struct{ Field, Reason string }

// Invalid lists what is wrong with a root cause.
type Invalid []Problem

func (e Invalid) Error() string {
	all := make([]string, len(e))
	for i, p := range e {
		all[i] = p.Field + ": " + p.Reason
	}
	return strings.Join(all, "; ")
}

const (
	maxTitle = 200
	maxNote  = 50_000
	maxURL   = 2000
	// MaxText bounds an update, in octets.
	MaxText = 50_000
	// MaxLinked bounds the conversations of a root cause.
	MaxLinked = 2000
)

// Apply changes a root cause, and returns the names of the changed fields. The error is an
// Invalid.
func (c *Change) Apply(r *RootCause) (fields []string, err error) {
	was := *r
	if c.Title != nil {
		r.Title = strings.TrimSpace(*c.Title)
	}
	if c.State != nil {
		r.State = desk.RootCauseState(*c.State)
	}
	if c.Note != nil {
		r.Note = strings.TrimSpace(strings.ReplaceAll(*c.Note, "\r\n", "\n"))
	}
	if c.URL != nil {
		r.URL = strings.TrimSpace(*c.URL)
	}
	if problems := r.check(); len(problems) > 0 {
		return nil, problems
	}
	for name, same := range map[string]bool{"title": was.Title == r.Title, "status": was.State == r.State, "note": was.Note == r.Note, "url": was.URL == r.URL} {
		if !same {
			fields = append(fields, name)
		}
	}
	slices.Sort(fields)
	return fields, nil
}

func (r *RootCause) check() (problems Invalid) {
	refuse := func(when bool, field, reason string) {
		if when {
			problems = append(problems, Problem{field, reason})
		}
	}
	refuse(r.Title == "", "title", "is missing: say in a few words what is wrong")
	refuse(utf8.RuneCountInString(r.Title) > maxTitle || strings.ContainsFunc(r.Title, unicode.IsControl), "title", "must be one line of at most 200 characters")
	refuse(r.State != desk.RootCauseOpen && r.State != desk.RootCauseFixed, "status", "must be open or fixed")
	refuse(len(r.Note) > maxNote || strings.ContainsRune(r.Note, 0), "note", "must be a text of at most 50000 octets")
	refuse(r.URL != "" && !web(r.URL), "url", "must be a web address, such as https://tracker.example/42")
	return problems
}

// web reports whether a text is a web address that can be shown as a link.
func web(s string) bool {
	u, err := url.Parse(s)
	return err == nil && len(s) <= maxURL && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil
}

// MayEdit returns nil if an agent who sees a root cause may change it: agents who are limited to
// inboxes change only their own.
func (r *RootCause) MayEdit(by *desk.Agent) error {
	if by.Admin || !by.InboxesOnly || r.CreatedBy == by.ID {
		return nil
	}
	return desk.Errorf(desk.KindDenied, "you work in some inboxes only: ask a colleague who sees all conversations of this root cause")
}
