// Package search parses the query language for conversations, which is used by the
// console's search box, saved views, operations on many conversations, the API's q
// parameter and the command line. It is pure; package store turns a Filter into SQL.
//
//	query = all { "or" all }
//	all   = item { ["and"] item }
//	item  = ("-" | "not") item | "(" query ")" | term
//	term  = key ":" value | "#" number | word
//
// A word must occur in a subject, a message, a file's name, or a customer's name or
// address. Case and accents make no difference. Double quotes protect spaces, colons,
// parentheses and operators: "out of stock", account:"Acme Corp", "or". Terms with the
// same key that are next to each other are alternatives if a conversation has one value for
// it (is:open is:pending, tier:, inbox:, ...); words and tags must all match.
package search

import (
	"fmt"
	"time"

	"switchboard/desk"
)

// Filter is a parsed query. A conversation must match every field that is not
// empty.
type Filter struct {
	Words      []string // all must match, each in the subject or in a message
	Tags       []string // all must match
	From       []string // any; lower case; an address or part of one
	With       []string // any; lower case; an address or part of one
	Accounts   []string // any; an account's ID, or part of its name or domain
	Segments   []string // any; a segment's name
	Statuses   []desk.Status
	Priorities []desk.Priority
	Assignees  []Assignee
	Unassigned bool // only conversations without an assignee
	Swarming   bool // only conversations of others with which the searcher was asked to help
	Unread     bool // with a message of the customer that the searcher has not read
	Waiting    bool // open, and the customer is waiting for us
	Tiers      []desk.Tier
	Inboxes    []string // any; an inbox's key
	Channels   []desk.Channel
	Numbers    []int64 // any
	Has        []Part  // all must be there

	Breached  bool          // a clock is open and late
	Breaching bool          // a clock is due within Soon, and not late
	Gap       bool          // it has lacked something for too long
	DueWithin time.Duration // a clock is due within this time, or late; 0: no condition
	DueAfter  time.Duration // the next deadline is later than this; 0: no condition

	After  []Moment // all: it has a message from then on
	Before []Moment // all: it was opened before

	Not []Filter   // it matches none of them
	Any [][]Filter // it matches at least one of each list

	Sort string // the order that the query asks for: "due", "waiting", ...; empty: none
}

// Soon is how far away a deadline is that counts as breaching.
const Soon = time.Hour

// Assignee is a condition on the assignee; exactly one field is set.
type Assignee struct {
	Me    bool
	None  bool
	ID    desk.AgentID
	Email string // lower case
	Name  string // lower case: the beginning of a name, or what is before the @ of an address
}

// Part is something that a conversation can have.
type Part string

// What has: can ask for.
const (
	HasAttachment Part = "attachment" // a file that came in or was sent
	HasNote       Part = "note"
	HasTask       Part = "task" // open or in progress
)

// Empty reports whether the filter matches every conversation.
func (f *Filter) Empty() bool {
	return len(f.Words)+len(f.Tags)+len(f.From)+len(f.With)+len(f.Accounts)+len(f.Segments)+len(f.Statuses)+len(f.Priorities)+len(f.Assignees)+
		len(f.Tiers)+len(f.Inboxes)+len(f.Channels)+len(f.Numbers)+len(f.Has)+len(f.After)+len(f.Before)+len(f.Not)+len(f.Any) == 0 &&
		!f.Unassigned && !f.Swarming && !f.Unread && !f.Waiting && !f.Breached && !f.Breaching && !f.Gap && f.DueWithin == 0 && f.DueAfter == 0
}

// Each calls fn with the filter and with every filter in it.
func (f *Filter) Each(fn func(*Filter)) {
	fn(f)
	for i := range f.Not {
		f.Not[i].Each(fn)
	}
	for _, list := range f.Any {
		for i := range list {
			list[i].Each(fn)
		}
	}
}

// The limits of a query.
const (
	MaxLength = 1000 // characters
	MaxTerms  = 32
	MaxDepth  = 10 // of parentheses and negations
)

// Problem is a part of a query that could not be parsed.
type Problem struct {
	Pos    int    // position of its first character, from 1
	Term   string // as written
	Reason string // explanation for the user
}

func (p *Problem) Error() string { return fmt.Sprintf("character %d: %s", p.Pos, p.Reason) }
