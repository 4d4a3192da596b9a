package lifecycle

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"switchboard/desk"
	"switchboard/router"
	"switchboard/router/sla"
)

// Service is what the policy promises for one conversation, and what has to be known
// to keep the promise.
type Service struct {
	SLA     string `json:"sla,omitempty"`     // SLA policy in force; empty: none
	Segment string `json:"segment,omitempty"` // of the account; empty: none
	// Clocks are those that have not ended, and the resolution clock that would continue
	// if the conversation was reopened.
	Clocks []desk.Clock `json:"clocks,omitempty"`
	// Sides is how the waiting side changed since the oldest open clock started, with
	// one entry from before. Clocks are counted again from it when their policy changes.
	Sides []Side `json:"sides,omitempty"`
	// Promised: the first message of a person started the clocks of the opening. First:
	// a first_response clock was started.
	Promised bool `json:"promised,omitempty"`
	First    bool `json:"first,omitempty"`
	Started  bool `json:"started,omitempty"`  // by an agent, who wrote first
	Inbound  int  `json:"inbound,omitempty"`  // messages from outside
	Outbound int  `json:"outbound,omitempty"` // replies

	// AssignedAt is when the assignee was assigned, Acknowledged whether they have done
	// something since.
	AssignedAt   time.Time `json:"assigned_at,omitzero"`
	Acknowledged bool      `json:"acknowledged,omitempty"`
	// Avoid is the agent from whom a rule took the conversation, so that the assignment
	// looks for another one.
	Avoid desk.AgentID `json:"avoid,omitzero"`
	// Held: a person has unassigned the conversation. The policy does not assign it until
	// it moves or the customer writes again. (The index conversations_waiting leaves out
	// conversations with this key.)
	Held bool `json:"held,omitempty"`

	// Holding are the escalation rules whose condition held when last evaluated, and
	// Failing those that could not be evaluated. A rule that holds does not fire again.
	Holding []string `json:"holding,omitempty"`
	Failing []string `json:"failing,omitempty"`
	// EventAt is the instant of the newest event, and TimersAt the one up to which
	// everything due was done, both inclusive.
	EventAt  time.Time `json:"event_at,omitzero"`
	TimersAt time.Time `json:"timers_at,omitzero"`

	Handoff *Handoff `json:"handoff,omitempty"` // the newest move between inboxes
	Pages   []Page   `json:"pages,omitempty"`   // those that nobody has acknowledged
	// Gaps is since when the conversation has had each gap that is watched, and Gap the
	// one that has lasted too long; empty: none.
	Gaps  map[router.Gap]time.Time `json:"gaps,omitempty"`
	Gap   router.Gap               `json:"gap,omitempty"`
	Tasks []Task                   `json:"tasks,omitempty"` // those that have not ended
	// Helpers are the agents who were asked to help.
	Helpers []desk.AgentID `json:"helpers,omitempty"`

	// Unsent are the replies that can still be undone, oldest first, and Scheduled those
	// that will be sent later.
	Unsent    []Unsent    `json:"unsent,omitempty"`
	Scheduled []Scheduled `json:"scheduled,omitempty"`

	// ThirdParties are the addresses to which mail of the conversation was forwarded, and
	// those that got a blind copy. Forwards are the mails to them that can still be undone.
	ThirdParties []string    `json:"third_parties,omitempty"`
	Forwards     []Forwarded `json:"forwards,omitempty"`

	// Survey is set while the customer will be asked how it was.
	Survey *Survey `json:"survey,omitempty"`

	// Parted are the clocks that a merge ended, and Merges what it did to those of a
	// survivor. Undoing it continues them.
	Parted []desk.Clock   `json:"parted,omitempty"`
	Merges []mergedClocks `json:"merges,omitempty"`

	facts   *router.Facts // at the opening; nil: to be decoded from encoded
	encoded json.RawMessage
}

// Side is who had to act from an instant on.
type Side struct {
	At        time.Time      `json:"at"`
	WaitingOn desk.WaitingOn `json:"on"`
	Done      bool           `json:"done,omitempty"` // resolved or closed
}

// opening are the facts that are stored with a conversation: those that later
// evaluations do not know better.
type opening struct {
	Channel  string              `json:"channel"`
	Endpoint string              `json:"endpoint"`
	Message  router.MessageFacts `json:"message"`
	Contact  router.ContactFacts `json:"contact"`
	Account  router.AccountFacts `json:"account"`
	History  router.HistoryFacts `json:"history"`
}

// Load returns the state of a stored conversation from its columns and its running
// stint. c.Service may be empty, and c.Facts if the policy does not use them.
func Load(c desk.Conversation, stint desk.Stint) (State, error) {
	s := State{Conversation: c, Stint: stint}
	if len(c.Service) > 0 {
		if err := json.Unmarshal(c.Service, &s.Service); err != nil {
			return State{}, desk.Errorf(desk.KindInternal, "the service state of conversation %s cannot be read: %w", c.ID, err)
		}
	}
	s.Service.encoded = c.Facts
	return s, nil
}

// store sets the columns that the service is stored in.
func (s *State) store() {
	c := &s.Conversation
	s.Service.Clocks = slices.DeleteFunc(s.Service.Clocks, func(k desk.Clock) bool {
		return !k.Open() && (k.Metric != desk.Resolution || k.State != desk.ClockMet)
	})
	c.SLA, c.Segment, c.Gap, c.Service, c.DueAt = s.Service.SLA, s.Service.Segment, string(s.Service.Gap), encode(s.Service), time.Time{}
	for i := range s.Service.Clocks {
		k := &s.Service.Clocks[i]
		if k.Open() && !k.DueAt.IsZero() && (c.DueAt.IsZero() || k.DueAt.Before(c.DueAt)) {
			c.DueAt = k.DueAt
		}
	}
}

// storeFacts sets the column that the facts are stored in.
func (s *State) storeFacts() {
	f := s.Service.opening()
	s.Conversation.Facts = encode(opening{Channel: f.Channel, Endpoint: f.Endpoint, Message: f.Message, Contact: f.Contact, Account: f.Account, History: f.History})
	s.Service.encoded = s.Conversation.Facts
}

// encode marshals a value that cannot fail to be.
func encode(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic("lifecycle: " + err.Error())
	}
	return text
}

// opening returns the facts of the opening.
func (s *Service) opening() *router.Facts {
	if s.facts == nil {
		var o opening
		o.History.LastTier = -1
		_ = json.Unmarshal(s.encoded, &o) // empty for conversations from before facts were stored
		s.facts = &router.Facts{Channel: o.Channel, Endpoint: o.Endpoint, Message: o.Message, Contact: o.Contact, Account: o.Account, History: o.History}
	}
	return s.facts
}

// clone copies what events change.
func (s Service) clone() Service {
	s.Clocks, s.Sides = slices.Clone(s.Clocks), slices.Clip(s.Sides)
	for i := range s.Clocks {
		s.Clocks[i].Warnings = slices.Clip(s.Clocks[i].Warnings)
	}
	s.Pages, s.Gaps = slices.Clone(s.Pages), maps.Clone(s.Gaps)
	s.Tasks, s.Helpers = slices.Clone(s.Tasks), slices.Clone(s.Helpers)
	s.Unsent, s.Scheduled = slices.Clone(s.Unsent), slices.Clone(s.Scheduled)
	s.ThirdParties, s.Forwards = slices.Clip(s.ThirdParties), slices.Clone(s.Forwards)
	s.Holding, s.Failing = slices.Clone(s.Holding), slices.Clone(s.Failing)
	if s.Handoff != nil {
		h := *s.Handoff
		s.Handoff = &h
	}
	return s
}

// kept reports whether there is something to keep without a policy.
func (s *Service) kept() bool {
	return s.Started || len(s.Tasks)+len(s.Helpers)+len(s.Unsent)+len(s.Scheduled)+len(s.ThirdParties)+len(s.Forwards) > 0
}

// open returns the open clock of a metric, nil if there is none.
func (s *Service) open(m desk.Metric) *desk.Clock {
	for i := range s.Clocks {
		if c := &s.Clocks[i]; c.Metric == m && c.Open() {
			return c
		}
	}
	return nil
}

// usage returns how much of its target a clock has used at an instant, which is not
// before it was last counted.
func (t *transition) usage(c *desk.Clock, at time.Time) time.Duration {
	if c.Paused || !c.Open() || !at.After(c.CountedAt) {
		return c.Used
	}
	return c.Used + t.calendar(c).Between(c.CountedAt, at)
}

// slaOf returns the SLA policy that a clock was started under.
func (t *transition) slaOf(c *desk.Clock) sla.Policy {
	p, _ := t.document(c.PolicyVersion).SLA(c.Policy)
	return p
}

// calendar returns the calendar of a clock. A clock whose policy is no longer known
// counts all the time.
func (t *transition) calendar(c *desk.Clock) *sla.Calendar {
	document := t.document(c.PolicyVersion)
	if p, ok := document.SLA(c.Policy); ok {
		if cal, ok := document.Calendar(p.Calendar); ok {
			return cal
		}
	}
	return &sla.Calendar{Always: true}
}

// document returns a version of the policy document.
func (t *transition) document(version int64) *router.Policy {
	if t.policy.Version != nil && version != t.policy.Rules.Version {
		if p := t.policy.Version(version); p != nil {
			return p
		}
	}
	return t.policy.Rules
}
