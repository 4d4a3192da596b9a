// Package search parses the query language for conversations, which is used by the
// console's search box, the API's q parameter and the command line. It is pure;
// package store turns a Filter into SQL.
//
// A query is a list of terms separated by spaces. key:value filters by a property,
// #1042 is a conversation's number, anything else is a word or a part of one that must
// occur in a subject, a message, a file's name, or a customer's name or address. Case
// and accents make no difference. Double quotes protect spaces and colons: "out of stock",
// account:"Acme Corp". Several terms with the same key are alternatives if a
// conversation has one value for it (is:, tier:, inbox:, ...); words and tags must
// all match.
package search

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"switchboard/desk"
)

// Filter is a parsed query. A conversation must match every field that is not
// empty.
type Filter struct {
	Words      []string // all must match, each in the subject or in a message
	Tags       []string // all must match
	From       []string // any; lower case; an address or part of one
	Accounts   []string // any; an account's ID, or part of its name or domain
	Statuses   []desk.Status
	Assignees  []Assignee
	Unassigned bool // only conversations without an assignee
	Swarming   bool // only conversations of others with which the searcher was asked to help
	Tiers      []desk.Tier
	Inboxes    []string // any; an inbox's key
	Channels   []desk.Channel
	Numbers    []int64 // any

	Breached  bool          // a clock is open and late
	Breaching bool          // a clock is due within Soon, and not late
	Gap       bool          // it has lacked something for too long
	DueWithin time.Duration // a clock is due within this time, or late; 0: no condition
	DueAfter  time.Duration // the next deadline is later than this; 0: no condition
}

// Soon is how far away a deadline is that counts as breaching.
const Soon = time.Hour

// Assignee is a condition on the assignee; exactly one field is set.
type Assignee struct {
	Me    bool
	None  bool
	ID    desk.AgentID
	Email string // lower case
}

// Empty reports whether the filter matches every conversation.
func (f *Filter) Empty() bool {
	return len(f.Words)+len(f.Tags)+len(f.From)+len(f.Accounts)+len(f.Statuses)+len(f.Assignees)+
		len(f.Tiers)+len(f.Inboxes)+len(f.Channels)+len(f.Numbers) == 0 && !f.Unassigned && !f.Swarming &&
		!f.Breached && !f.Breaching && !f.Gap && f.DueWithin == 0 && f.DueAfter == 0
}

// The limits of a query.
const (
	MaxLength = 1000 // characters
	MaxTerms  = 32
)

// Problem is a term that could not be parsed.
type Problem struct {
	Pos    int    // position of the term's first character, from 1
	Term   string // as written
	Reason string // explanation for the user
}

func (p *Problem) Error() string { return fmt.Sprintf("character %d: %s", p.Pos, p.Reason) }

// Parse parses a query. It returns all problems in order; the filter is valid only
// if there are none.
func Parse(q string) (Filter, []*Problem) {
	var f Filter
	if !utf8.ValidString(q) {
		return f, []*Problem{{Pos: 1, Reason: "the query is not valid UTF-8"}}
	}
	if n := utf8.RuneCountInString(q); n > MaxLength {
		return f, []*Problem{{Pos: MaxLength + 1, Reason: fmt.Sprintf("a query can have at most %d characters", MaxLength)}}
	}
	var problems []*Problem
	terms := split(q)
	for i, t := range terms {
		if i == MaxTerms {
			return f, append(problems, &Problem{Pos: t.pos, Term: t.text, Reason: fmt.Sprintf("a query can have at most %d terms", MaxTerms)})
		}
		if reason := f.add(t); reason != "" {
			problems = append(problems, &Problem{Pos: t.pos, Term: t.text, Reason: reason})
		}
	}
	return f, problems
}

// add adds a term to the filter. It returns the reason if it cannot, or "".
func (f *Filter) add(t term) string {
	switch {
	case strings.ContainsFunc(t.text, unicode.IsControl):
		return "control characters are not allowed"
	case t.open:
		return "the closing quote is missing"
	case t.key != "":
		return f.Set(t.key, t.value)
	case !t.quoted && strings.HasPrefix(t.value, "#") && len(t.value) > 1:
		n, err := strconv.ParseInt(t.value[1:], 10, 64)
		if err != nil || n <= 0 {
			return fmt.Sprintf("%s is not a conversation number; put it in quotes to search for the text", t.value)
		}
		f.Numbers = append(f.Numbers, n)
	case t.value != "":
		f.Words = append(f.Words, t.value)
	}
	return ""
}

// Set adds the condition key:value to the filter. It returns the reason if it
// cannot, or "".
func (f *Filter) Set(key, value string) string {
	set, ok := keys[key]
	switch {
	case !ok:
		return fmt.Sprintf("unknown term %q; put it in quotes to search for the text, or use one of %s", key+":", keyNames)
	case value == "":
		return fmt.Sprintf("%s: needs a value", key)
	case strings.ContainsFunc(value, unicode.IsControl) || !utf8.ValidString(value):
		return "control characters are not allowed"
	}
	return set(f, value)
}

const keyNames = "from:, account:, is:, assignee:, tier:, inbox:, channel:, tag:, sla:"

var keys = map[string]func(*Filter, string) string{
	"from":     func(f *Filter, v string) string { f.From = append(f.From, strings.ToLower(v)); return "" },
	"account":  func(f *Filter, v string) string { f.Accounts = append(f.Accounts, v); return "" },
	"inbox":    func(f *Filter, v string) string { f.Inboxes = append(f.Inboxes, v); return "" },
	"tag":      func(f *Filter, v string) string { f.Tags = append(f.Tags, v); return "" },
	"is":       (*Filter).setIs,
	"assignee": (*Filter).setAssignee,
	"tier":     (*Filter).setTier,
	"channel":  (*Filter).setChannel,
	"sla":      (*Filter).setSLA,
}

func (f *Filter) setIs(v string) string {
	switch s := desk.Status(v); s {
	case desk.StatusOpen, desk.StatusPending, desk.StatusSnoozed, desk.StatusResolved, desk.StatusClosed:
		f.Statuses = append(f.Statuses, s)
	case "unassigned":
		f.Unassigned = true
	case "breached":
		f.Breached = true
	case "breaching":
		f.Breaching = true
	case "gap":
		f.Gap = true
	case "swarming":
		f.Swarming = true
	default:
		return fmt.Sprintf("is: must be open, pending, snoozed, resolved, closed, unassigned, breached, breaching, gap or swarming, not %q", v)
	}
	return ""
}

// setSLA reads a time until the next deadline: <1h, or >2d.
func (f *Filter) setSLA(v string) string {
	d, err := duration(strings.TrimLeft(v, "<>="))
	switch {
	case err != nil || d <= 0 || v == "":
		return fmt.Sprintf("sla: must be a time until the next deadline, such as <30m, <1h or >2d, not %q", v)
	case strings.HasPrefix(v, "<"):
		f.DueWithin = d
	case strings.HasPrefix(v, ">"):
		f.DueAfter = d
	default:
		return fmt.Sprintf("sla: needs < or > before the time: sla:<%s", v)
	}
	return ""
}

// duration reads 30m, 1h30m or 2d.
func duration(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * 24 * time.Hour, err
	}
	return time.ParseDuration(s)
}

func (f *Filter) setAssignee(v string) string {
	var a Assignee
	switch {
	case v == "me":
		a.Me = true
	case v == "none":
		a.None = true
	case address(v):
		a.Email = strings.ToLower(v)
	default:
		id, err := desk.ParseID[desk.AgentID](v)
		if err != nil {
			return fmt.Sprintf("assignee: must be me, none, or an agent's whole address or ID, not %q", v)
		}
		a.ID = id
	}
	f.Assignees = append(f.Assignees, a)
	return ""
}

func (f *Filter) setTier(v string) string {
	n, err := strconv.ParseUint(v, 10, 31)
	if err != nil {
		return fmt.Sprintf("tier: must be a number, not %q", v)
	}
	f.Tiers = append(f.Tiers, desk.Tier(n))
	return ""
}

func (f *Filter) setChannel(v string) string {
	switch c := desk.Channel(v); c {
	case desk.ChannelEmail, desk.ChannelChat, desk.ChannelForm:
		f.Channels = append(f.Channels, c)
	default:
		return fmt.Sprintf("channel: must be email, chat or form, not %q", v)
	}
	return ""
}
