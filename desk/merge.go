package desk

import (
	"slices"
	"time"
)

// ConversationMerged is in the history of both conversations of a merge. In that of the
// surviving one, the numbers after the event's are those of the messages that moved.
type ConversationMerged struct {
	Absorbed        ConversationID `json:"absorbed"`
	Surviving       ConversationID `json:"surviving"`
	AbsorbedNumber  int64          `json:"absorbed_number,omitempty" doc:"Missing if it was opened at the same instant"`
	SurvivingNumber int64          `json:"surviving_number,omitempty"`
	Reason          string         `json:"reason,omitempty" doc:"What showed that the conversations are one; missing if an agent merged them"`
	Messages        int            `json:"messages,omitempty" doc:"How many messages moved"`
	Participants    []string       `json:"participants,omitempty" doc:"Addresses that the surviving conversation took over"`
	Before          *BeforeMerge   `json:"before,omitempty" doc:"What the conversation was before the merge, for an undo"`
}

// BeforeMerge is what a merge changes in a conversation, as it was before.
type BeforeMerge struct {
	Status        Status     `json:"status"`
	WaitingOn     WaitingOn  `json:"waiting_on"`
	Assignee      AgentID    `json:"assignee"`
	Preview       string     `json:"preview"`
	WaitingSince  *time.Time `json:"waiting_since,omitempty"`
	SnoozedUntil  *time.Time `json:"snoozed_until,omitempty"`
	ResolvedAt    *time.Time `json:"resolved_at,omitempty"`
	LastInboundAt *time.Time `json:"last_inbound_at,omitempty"`
	LastReplyAt   *time.Time `json:"last_reply_at,omitempty"`
}

// ConversationUnmerged is in the history of both conversations when a merge is undone.
// In that of the absorbed one, the numbers after the event's are those of the messages
// that came back.
type ConversationUnmerged struct {
	Absorbed        ConversationID `json:"absorbed"`
	Surviving       ConversationID `json:"surviving"`
	AbsorbedNumber  int64          `json:"absorbed_number"`
	SurvivingNumber int64          `json:"surviving_number"`
	Messages        int            `json:"messages,omitempty" doc:"How many messages came back"`
}

// Methods of the placements that a merge begins. Those that its undo begins have the
// method of the placement that they continue.
const MethodMerge = "merge"

// Merge is a merge, or its undo, that a transaction makes. It says which messages moved:
// those whose placement in the conversation they left ended at that instant.
type Merge struct {
	Absorbed, Surviving ConversationID
	// First and Last delimit the numbers that are used by the event and the messages in
	// the conversation to which they moved.
	First, Last int64
	At          time.Time
	// Undone: the messages moved back to the absorbed conversation, and the two are not
	// merged again automatically.
	Undone bool
}

// From returns the conversation that the messages left.
func (m *Merge) From() ConversationID {
	if m.Undone {
		return m.Surviving
	}
	return m.Absorbed
}

// To returns the conversation that the messages moved to.
func (m *Merge) To() ConversationID {
	if m.Undone {
		return m.Absorbed
	}
	return m.Surviving
}

// Move is a move of messages from one conversation to another.
type Move struct {
	Placements []Placement // the current ones of the messages, in the order of their numbers
	There      []Placement // the current ones in the conversation to which they move
	Also       []Placement // of messages that begin to be there, too, and stay where they are
	To         ConversationID
	After      int64 // the number after which the messages are numbered there
	At         time.Time
	// Method and Evidence say why they are there. If Method is empty, they are those of the
	// placement with the same message in Was.
	Method, Evidence string
	Was              []Placement
}

// Earliest returns the instant of a move that was decided at now: no placement ends before
// it began.
func (m *Move) Earliest(now time.Time, others ...time.Time) time.Time {
	for _, p := range m.Placements {
		others = append(others, p.Since)
	}
	for _, t := range others {
		if t.After(now) {
			now = t
		}
	}
	return now.Add(time.Microsecond - 1).Truncate(time.Microsecond) // the database keeps microseconds
}

// Count returns how many messages get a number where they move to. A message that is
// there already does not.
func (m *Move) Count() int { return len(m.moving()) }

func (m *Move) moving() []Placement {
	there := make(map[MessageID]bool, len(m.There))
	for _, p := range m.There {
		there[p.MessageID] = true
	}
	var out []Placement
	for _, p := range slices.Concat(m.Placements, m.Also) {
		if !there[p.MessageID] {
			out = append(out, p)
		}
	}
	return out
}

// Move ends placements and begins those that follow them.
func (c *Changes) Move(m Move) {
	type key struct {
		conversation ConversationID
		seq          int64
	}
	begun := map[key]int{} // by these changes
	for i, p := range c.Placements {
		begun[key{p.ConversationID, p.Seq}] = i
	}
	for _, p := range m.Placements {
		p.Until = m.At
		if i, ok := begun[key{p.ConversationID, p.Seq}]; ok {
			c.Placements[i] = p
			continue
		}
		c.Placements = append(c.Placements, p)
	}
	was := map[MessageID]Placement{}
	for _, p := range m.Was {
		was[p.MessageID] = p
	}
	for i, p := range m.moving() {
		method, evidence := m.Method, m.Evidence
		if method == "" {
			method, evidence = was[p.MessageID].Method, was[p.MessageID].Evidence
		}
		c.Placements = append(c.Placements, Placement{MessageID: p.MessageID, ConversationID: m.To, Seq: m.After + 1 + int64(i),
			Method: method, Evidence: evidence, Since: m.At})
	}
}
