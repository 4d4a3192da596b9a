package agent

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"switchboard/desk"
	"switchboard/lifecycle"
)

// Edit is a change of what describes a conversation; nil: it stays as it is.
type Edit struct {
	Subject  *string
	Tags     *[]string // all that it has afterwards
	Priority *desk.Priority
	Contact  *desk.ContactID // one of the same account
}

// The limits of tags.
const (
	MaxTags = 50 // of a conversation
	MaxTag  = 100
)

func (a *act) edit(ctx context.Context, e Edit) error {
	for _, step := range []struct {
		wanted bool
		needs  string
		event  func() (lifecycle.Event, error)
	}{
		{e.Subject != nil, mayEdit, func() (lifecycle.Event, error) { return lifecycle.SetSubject{By: a.actor(), To: *e.Subject}, nil }},
		{e.Priority != nil, mayPriority, func() (lifecycle.Event, error) {
			return lifecycle.SetPriority{By: a.actor(), To: *e.Priority}, nil
		}},
		{e.Contact != nil, mayEdit, func() (lifecycle.Event, error) { return a.contact(ctx, *e.Contact) }},
	} {
		if !step.wanted {
			continue
		}
		if err := a.may(step.needs); err != nil {
			return err
		}
		event, err := step.event()
		if err != nil {
			return err
		}
		if err := a.lifecycle(event); err != nil {
			return err
		}
	}
	if e.Tags == nil {
		return nil
	}
	have := a.state.Conversation.Tags
	return a.tag(outside(*e.Tags, have), outside(have, *e.Tags))
}

// contact returns the event that makes a contact the customer.
func (a *act) contact(ctx context.Context, id desk.ContactID) (lifecycle.Event, error) {
	to, address, err := a.Contact(ctx, id)
	if err != nil && desk.KindOf(err) == desk.KindNotFound {
		return nil, desk.Errorf(desk.KindInvalid, "contact: there is no contact %s", id)
	}
	if err != nil {
		return nil, err
	}
	from, _, err := a.Contact(ctx, a.state.Conversation.ContactID)
	return lifecycle.SetContact{By: a.actor(), From: from, To: to, Address: address}, err
}

// tag adds and removes tags.
func (a *act) tag(add, remove []string) error {
	if len(add)+len(remove) == 0 {
		return nil
	}
	if err := a.may(mayTag); err != nil {
		return err
	}
	for _, tag := range add {
		switch {
		case tag != strings.TrimSpace(tag) || tag == "" || utf8.RuneCountInString(tag) > MaxTag || strings.ContainsFunc(tag, unicode.IsControl):
			return desk.Errorf(desk.KindInvalid, "tags: %q is not a valid tag; use 1 to %d characters without spaces around them", tag, MaxTag)
		case len(a.state.Conversation.Tags)+len(add)-len(remove) > MaxTags:
			return desk.Errorf(desk.KindInvalid, "tags: a conversation can have at most %d", MaxTags)
		}
	}
	if err := a.lifecycle(lifecycle.RemoveTags{By: a.actor(), Tags: remove}); err != nil {
		return err
	}
	return a.lifecycle(lifecycle.AddTags{By: a.actor(), Tags: add})
}

// outside returns the members of a that are not in b.
func outside(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(x string) bool { return slices.Contains(b, x) })
}
