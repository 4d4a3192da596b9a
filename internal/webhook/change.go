package webhook

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"switchboard/internal/egress"
	"switchboard/internal/nearest"
)

// Change is what a person changes about a webhook; nil: it stays.
type Change struct {
	URL, Description    *string
	Types, Inboxes      *[]string
	Restricted, Enabled *bool
}

// Allowed is what a webhook may name.
type Allowed struct {
	Inboxes []string // keys
	Plain   bool     // http
}

// Problem is why a field cannot have a value.
type Problem struct{ Field, Reason string }

// Invalid is the error of a change that is not valid.
type Invalid []Problem

func (e Invalid) Error() string {
	all := make([]string, len(e))
	for i, p := range e {
		all[i] = p.Field + ": " + p.Reason
	}
	return strings.Join(all, "; ")
}

const maxText = 2000

// Apply changes a webhook, and returns the names of the changed fields; an Invalid error
// if a value is not allowed.
func (c *Change) Apply(w *Webhook, allowed Allowed) (fields []string, err error) {
	var problems Invalid
	refuse := func(field, reason string) { problems = append(problems, Problem{field, reason}) }
	if c.URL != nil {
		address := strings.TrimSpace(*c.URL)
		if reason := badURL(address, allowed.Plain); reason != "" {
			refuse("url", reason)
		}
		set(&fields, "url", &w.URL, address)
	}
	if c.Description != nil {
		text := strings.TrimSpace(*c.Description)
		if len(text) > maxText || strings.ContainsFunc(text, unicode.IsControl) {
			refuse("description", fmt.Sprintf("must be one line of at most %d octets", maxText))
		}
		set(&fields, "description", &w.Description, text)
	}
	if c.Types != nil {
		if reason := unknown(*c.Types, Types(), "a type of message"); reason != "" {
			refuse("types", reason)
		}
		setList(&fields, "types", &w.Types, *c.Types)
	}
	if c.Inboxes != nil {
		if reason := unknown(*c.Inboxes, allowed.Inboxes, "an inbox"); reason != "" {
			refuse("inboxes", reason)
		}
		setList(&fields, "inboxes", &w.Inboxes, *c.Inboxes)
	}
	if c.Restricted != nil {
		set(&fields, "restricted", &w.Restricted, *c.Restricted)
	}
	if c.Enabled != nil {
		set(&fields, "enabled", &w.Enabled, *c.Enabled)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return fields, nil
}

// badURL says why nothing can be sent to a URL.
func badURL(address string, plain bool) string {
	switch {
	case address == "":
		return "is missing: set the URL that receives the events, such as https://example.com/hooks"
	case len(address) > maxText:
		return fmt.Sprintf("is longer than %d octets", maxText)
	}
	if err := egress.CheckURL(address, plain); err != nil {
		if !plain {
			return err.Error() + ": set an https URL"
		}
		return err.Error()
	}
	return ""
}

func set[T comparable](fields *[]string, name string, to *T, value T) {
	if *to != value {
		*to = value
		*fields = append(*fields, name)
	}
}

func setList(fields *[]string, name string, to *[]string, list []string) {
	list = slices.Compact(slices.Sorted(slices.Values(list)))
	if !slices.Equal(*to, list) {
		*to = list
		*fields = append(*fields, name)
	}
}

// unknown says which of the names is not known.
func unknown(list, known []string, what string) string {
	for _, name := range list {
		if slices.Contains(known, name) {
			continue
		}
		text := fmt.Sprintf("%.60q is not %s", name, what)
		if near := nearest.Name(name, known); near != "" {
			text += fmt.Sprintf("; did you mean %q?", near)
		}
		return text
	}
	return ""
}
