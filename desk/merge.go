package desk

import "time"

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
