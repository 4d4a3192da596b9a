// Package advisory checks advisories, which are notices to many contacts: what they say, whom
// they go to, how many at a time, and what can be done with them in each state. Pure.
package advisory

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"switchboard/desk"
	"switchboard/internal/macro"
	"switchboard/internal/nearest"
)

// Advisory is an advisory as it is stored.
type Advisory struct {
	ID        desk.AdvisoryID
	Subject   string
	Text      string // CommonMark with the variables of macros
	Inbox     string // key
	Segments  []string
	Accounts  []desk.AccountID
	State     desk.AdvisoryState
	Author    desk.AgentID
	UpdatedAt time.Time
}

// Change is what a person changes about a draft; nil: it stays.
type Change struct {
	Subject, Text, Inbox *string
	Segments             *[]string
	Accounts             *[]desk.AccountID
}

// Known are the names that there are.
type Known struct{ Inboxes, Segments []string }

// Problem is why a field cannot have a value.
type Problem struct{ Field, Reason string }

// Invalid lists what is wrong with an advisory.
type Invalid []Problem

func (e Invalid) Error() string {
	all := make([]string, len(e))
	for i, p := range e {
		all[i] = p.Field + ": " + p.Reason
	}
	return strings.Join(all, "; ")
}

const (
	maxSubject = 200
	maxText    = 50_000
	maxChosen  = 500
)

// Apply changes a draft. The error is an Invalid, or KindConflict once it has been sent.
func (c *Change) Apply(a *Advisory, known Known) error {
	if a.State != desk.AdvisoryDraft {
		return desk.Errorf(desk.KindConflict, "it is %s: only drafts can be changed", a.State)
	}
	if c.Subject != nil {
		a.Subject = strings.TrimSpace(*c.Subject)
	}
	if c.Text != nil {
		a.Text = strings.TrimSpace(strings.ReplaceAll(*c.Text, "\r\n", "\n"))
	}
	if c.Inbox != nil {
		a.Inbox = *c.Inbox
	}
	if c.Segments != nil {
		a.Segments = slices.Compact(slices.Sorted(slices.Values(*c.Segments)))
	}
	if c.Accounts != nil {
		a.Accounts = *c.Accounts
	}
	if problems := a.check(known); len(problems) > 0 {
		return problems
	}
	return nil
}

func (a *Advisory) check(known Known) (problems Invalid) {
	refuse := func(when bool, field, reason string) {
		if when {
			problems = append(problems, Problem{field, reason})
		}
	}
	refuse(a.Subject == "", "subject", "is missing: say in a few words what it is about")
	refuse(utf8.RuneCountInString(a.Subject) > maxSubject || strings.ContainsFunc(a.Subject, unicode.IsControl), "subject", "must be one line of at most 200 characters")
	refuse(strings.Contains(a.Subject, "{{"), "subject", "is the same for all: variables are possible in the text only")
	refuse(a.Text == "", "text", "is missing")
	refuse(len(a.Text) > maxText || strings.ContainsRune(a.Text, 0), "text", "must be a text of at most 50000 octets")
	if wrong := macro.UnknownVariable(a.Text); wrong != "" {
		refuse(true, "text", wrong)
	}
	if wrong := unknown(a.Inbox, known.Inboxes, "an inbox"); wrong != "" {
		refuse(true, "inbox", wrong)
	}
	for i, name := range a.Segments {
		if wrong := unknown(name, known.Segments, "a segment of the policy"); wrong != "" {
			refuse(true, fmt.Sprintf("segments[%d]", i), wrong)
		}
	}
	refuse(len(a.Accounts) > maxChosen, "accounts", fmt.Sprintf("at most %d can be named", maxChosen))
	return problems
}

func unknown(name string, known []string, what string) string {
	if slices.Contains(known, name) {
		return ""
	}
	text := fmt.Sprintf("%.60q is not %s", name, what)
	if near := nearest.Name(name, known); near != "" {
		text += fmt.Sprintf("; did you mean %q?", near)
	}
	return text
}

// MayUse returns nil if an agent may write and send advisories: admins and leads who see the
// addresses and conversations of all customers.
func MayUse(by *desk.Agent) error {
	if by.Admin || len(by.Leads) > 0 && !by.InboxesOnly && !by.Masked() {
		return nil
	}
	return desk.Errorf(desk.KindDenied, "advisories are sent by admins and by leads of an inbox who see all customers")
}

// Next returns the state after an action: send, pause or cancel. KindConflict if it is not
// possible.
func Next(state desk.AdvisoryState, action string) (desk.AdvisoryState, error) {
	to := map[string]map[desk.AdvisoryState]desk.AdvisoryState{
		"send":   {desk.AdvisoryDraft: desk.AdvisorySending, desk.AdvisoryPaused: desk.AdvisorySending},
		"pause":  {desk.AdvisorySending: desk.AdvisoryPaused},
		"cancel": {desk.AdvisoryDraft: desk.AdvisoryCancelled, desk.AdvisorySending: desk.AdvisoryCancelled, desk.AdvisoryPaused: desk.AdvisoryCancelled},
	}[action][state]
	if to == "" {
		return "", desk.Errorf(desk.KindConflict, "it is %s already", state)
	}
	return to, nil
}

// Budget is how many recipients advisories have at most.
type Budget struct {
	Each int // of one advisory
	Day  int // of all within 24 hours
}

// Check returns nil if an advisory may go to n contacts, when others were sent to so many within
// 24 hours; otherwise KindConflict with the numbers.
func (b Budget) Check(n, today int) error {
	switch {
	case n == 0:
		return desk.Errorf(desk.KindConflict, "nobody would get it")
	case n > b.Each:
		return desk.Errorf(desk.KindConflict, "it would go to %d contacts, and an advisory may go to %d (advisories.max_recipients)", n, b.Each)
	case n > b.Day-today:
		return desk.Errorf(desk.KindConflict, "it would go to %d contacts; advisories went to %d within 24 hours, and may go to %d (advisories.per_day)", n, today, b.Day)
	}
	return nil
}

// Contact is what decides whether a contact gets an advisory.
type Contact struct {
	Address  string // the best one that mail can go to; empty: none
	Verified bool   // something confirms the address
	Other    bool   // they have identities that are no mail addresses
	OptedOut bool
	Dead     bool // mail to the address came back
	Own      bool // the address is one of the desk's
}

// Skipped says why a contact does not get an advisory; empty: they do.
func (c *Contact) Skipped() string {
	switch {
	case c.OptedOut:
		return "wants no advisories"
	case c.Address == "" && c.Other:
		return "is only known from chats"
	case c.Address == "":
		return "has no mail address"
	case c.Own:
		return "has an address of this desk"
	case c.Dead:
		return "cannot be reached: mail to the address came back"
	case !c.Verified:
		return "has an address that nothing confirms"
	}
	return ""
}
