// Package history reads histories of conversations: JSON lines that say what happened,
// ordered by time. It is pure.
package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"switchboard/router"
)

// maxLine bounds a line of a history in octets.
const maxLine = 4 << 20

// Line is one line of a history: an agent, or an event. Each kind uses some of the fields.
type Line struct {
	// An agent.
	Agent    *string  `json:"agent"`
	Name     string   `json:"name"`
	Email    string   `json:"email"`
	Tiers    []int    `json:"tiers"`
	Inboxes  []string `json:"inboxes"`
	Skills   []string `json:"skills"`
	Capacity int      `json:"capacity"`
	Away     bool     `json:"away"`

	// An event.
	At           *time.Time `json:"at"`
	Conversation string     `json:"c"`
	Do           string     `json:"do"`
	By           string     `json:"by"`

	Channel string   `json:"channel"` // receive
	From    string   `json:"from"`
	To      *string  `json:"to"` // receive: address; assign: agent, null for nobody
	Subject string   `json:"subject"`
	Text    string   `json:"text"`
	Auto    string   `json:"auto"`
	Account *Account `json:"account"`

	Inbox      string            `json:"inbox"` // move
	Tier       *int              `json:"tier"`
	Handover   map[string]string `json:"handover"`
	Note       string            `json:"note"`
	KeepStatus bool              `json:"keep_status"`
	Reason     string            `json:"reason"` // return

	Status    string     `json:"status"` // status
	WaitingOn string     `json:"waiting_on"`
	Until     *time.Time `json:"until"`

	Priority string `json:"priority"` // priority
}

// Account is a customer as a history describes it.
type Account struct {
	Name       string         `json:"name"`
	Domains    []string       `json:"domains"`
	Plan       string         `json:"plan"`
	Tags       []string       `json:"tags"`
	Attributes map[string]any `json:"attributes"`
}

// Facts returns what the policy may look at.
func (a *Account) Facts() router.AccountFacts {
	if a == nil {
		return router.AccountFacts{}
	}
	return router.AccountFacts{Name: a.Name, Domains: a.Domains, Plan: a.Plan, Tags: a.Tags, Attributes: a.Attributes}
}

// Error is an error at a line of a history.
type Error struct {
	Line int // from 1
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Read calls fn for each line of a history that is not empty. Its error is an *Error.
func Read(r io.Reader, fn func(*Line) error) error {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 64<<10), maxLine)
	n := 0
	for s.Scan() {
		n++
		text := bytes.TrimSpace(s.Bytes())
		if len(text) == 0 {
			continue
		}
		l := &Line{}
		err := decode(text, l)
		if err == nil {
			err = fn(l)
		}
		if err != nil {
			return &Error{n, err}
		}
	}
	if err := s.Err(); err != nil {
		return &Error{n + 1, err}
	}
	return nil
}

// decode reads a line strictly, so that a misspelled name is not overlooked.
func decode(text []byte, l *Line) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(l); err != nil {
		return fmt.Errorf("not a line of a history: %w", err)
	}
	if d.More() {
		return errors.New("there is more than one JSON object")
	}
	return nil
}
