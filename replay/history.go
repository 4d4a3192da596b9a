package replay

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"switchboard/desk"
	"switchboard/router"
)

// maxLine bounds a line of a history in octets.
const maxLine = 4 << 20

// line is one line of a history. Each kind of line uses some of the fields.
type line struct {
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
	Account *account `json:"account"`

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

// account is a customer as a history describes it.
type account struct {
	Name       string         `json:"name"`
	Domains    []string       `json:"domains"`
	Plan       string         `json:"plan"`
	Tags       []string       `json:"tags"`
	Attributes map[string]any `json:"attributes"`
}

func (a *account) facts() router.AccountFacts {
	if a == nil {
		return router.AccountFacts{}
	}
	return router.AccountFacts{Name: a.Name, Domains: a.Domains, Plan: a.Plan, Tags: a.Tags, Attributes: a.Attributes}
}

// LineError is an error at a line of a history.
type LineError struct {
	Line int // from 1
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns the cause.
func (e *LineError) Unwrap() error { return e.Err }

// read calls fn for each line of a history that is not empty.
func read(r io.Reader, fn func(*line) error) error {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 64<<10), maxLine)
	n := 0
	for s.Scan() {
		n++
		text := bytes.TrimSpace(s.Bytes())
		if len(text) == 0 {
			continue
		}
		l := &line{}
		err := decode(text, l)
		if err == nil {
			err = fn(l)
		}
		if err != nil {
			return &LineError{n, err}
		}
	}
	if err := s.Err(); err != nil {
		return &LineError{n + 1, err}
	}
	return nil
}

// decode reads a line strictly, so that a misspelled name is not overlooked.
func decode(text []byte, l *line) error {
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

// addAgent declares an agent.
func (r *run) addAgent(l *line) error {
	key := *l.Agent
	if key == "" {
		return errors.New("agent: a name is missing")
	}
	if _, ok := r.agents[key]; ok {
		return fmt.Errorf("agent %q was declared before", key)
	}
	a := desk.Agent{ID: desk.AgentID{15: byte(len(r.agents) + 1), 14: byte((len(r.agents) + 1) >> 8)}, Name: l.Name, Email: l.Email}
	if a.Name == "" {
		a.Name = key
	}
	if a.Email == "" {
		a.Email = key
	}
	for _, n := range l.Tiers {
		if !slices.ContainsFunc(r.policy.Rules.Tiers(), func(t router.Tier) bool { return t.Tier == desk.Tier(n) }) {
			return fmt.Errorf("agent %q: tier %d does not exist", key, n)
		}
		a.Tiers = append(a.Tiers, desk.Tier(n))
	}
	for _, key := range l.Inboxes {
		if _, ok := r.policy.Rules.Inbox(key); !ok {
			return fmt.Errorf("agent %q: inbox %q does not exist", key, key)
		}
	}
	r.agents[key], r.keys[a.ID] = a, key
	return nil
}
