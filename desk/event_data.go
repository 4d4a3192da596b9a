package desk

import "time"

// EventKind names what happened, as noun.verb in the past tense.
type EventKind string

const (
	EventConversationOpened   EventKind = "conversation.opened"   // ConversationOpened
	EventConversationAssigned EventKind = "conversation.assigned" // ConversationAssigned
	EventConversationMoved    EventKind = "conversation.moved"    // ConversationMoved
	EventStatusChanged        EventKind = "conversation.status"   // StatusChanged
	EventConversationMerged   EventKind = "conversation.merged"   // ConversationMerged
	EventConversationUnmerged EventKind = "conversation.unmerged" // ConversationUnmerged
	EventMessageReceived      EventKind = "message.received"      // MessageReceived
	EventMessageSent          EventKind = "message.sent"          // MessageSent
	EventDuplicateLinked      EventKind = "message.duplicate"     // DuplicateLinked
	EventNoteAdded            EventKind = "note.added"            // NoteAdded
	EventDeliveryChanged      EventKind = "delivery.changed"      // DeliveryChanged
	EventPriorityChanged      EventKind = "conversation.priority" // PriorityChanged
	EventConversationEdited   EventKind = "conversation.edited"   // ConversationEdited
	EventTagsChanged          EventKind = "conversation.tags"     // TagsChanged
	EventSegmentChanged       EventKind = "conversation.segment"  // SegmentChanged
	EventSLAChanged           EventKind = "sla.changed"           // SLAChanged
	EventPromiseWarned        EventKind = "sla.warned"            // PromiseWarned
	EventPromiseBreached      EventKind = "sla.breached"          // PromiseBreached
	EventEscalationFired      EventKind = "escalation.fired"      // EscalationFired
	EventRuleFailed           EventKind = "policy.rule-failed"    // RuleFailed
	EventHandoffAccepted      EventKind = "handoff.accepted"      // HandoffAccepted
	EventHandoffReturned      EventKind = "handoff.returned"      // HandoffReturned
	EventGapFound             EventKind = "gap.found"             // GapFound
	EventPageRepeated         EventKind = "page.repeated"         // PageRepeated
	EventPageAcknowledged     EventKind = "page.acknowledged"     // PageAcknowledged
	EventNoticeCreated        EventKind = "notice.created"        // NoticeCreated
	EventTaskOpened           EventKind = "task.opened"           // TaskOpened
	EventTaskChanged          EventKind = "task.changed"          // TaskChanged
	EventTaskOverdue          EventKind = "task.overdue"          // TaskOverdue
	EventSwarmInvited         EventKind = "swarm.invited"         // SwarmInvited
	EventSwarmLeft            EventKind = "swarm.left"            // SwarmLeft
	EventAgentCreated         EventKind = "agent.created"         // AgentCreated
	EventAgentChanged         EventKind = "agent.changed"         // AgentChanged
	EventAgentAvailability    EventKind = "agent.availability"    // AgentAvailability
	EventKeyCreated           EventKind = "key.created"           // KeyCreated
	EventKeyRevoked           EventKind = "key.revoked"           // KeyRevoked
	EventInboxOverflow        EventKind = "inbox.overflow"        // InboxOverflow
	EventPolicyPublished      EventKind = "policy.published"      // PolicyPublished
	EventChannelChanged       EventKind = "channel.changed"       // ChannelChanged
	EventAccountCreated       EventKind = "account.created"       // AccountCreated
	EventAccountChanged       EventKind = "account.changed"       // AccountChanged
)

// EventData is the payload of an event. A payload's JSON only ever gains fields
// within a version; anything else raises the version.
type EventData interface {
	EventKind() EventKind
	EventVersion() int
}

// EventPayloads lists the zero value of every payload, for generators and tests.
func EventPayloads() []EventData {
	return []EventData{
		ConversationOpened{}, ConversationAssigned{}, ConversationMoved{}, StatusChanged{}, ConversationMerged{}, ConversationUnmerged{},
		MessageReceived{}, MessageSent{}, DuplicateLinked{}, NoteAdded{}, DeliveryChanged{}, MessageScheduled{}, MessageCancelled{}, ThirdPartySent{}, ThirdPartyReceived{}, DeliveryOperated{}, AddressLifted{},
		PriorityChanged{}, TagsChanged{}, ConversationEdited{}, SegmentChanged{}, SLAChanged{}, PromiseWarned{}, PromiseBreached{}, EscalationFired{}, RuleFailed{}, HandoffAccepted{}, HandoffReturned{},
		GapFound{}, PageRepeated{}, PageAcknowledged{}, NoticeCreated{}, TaskOpened{}, TaskChanged{}, TaskOverdue{}, SwarmInvited{}, SwarmLeft{},
		AgentCreated{}, AgentChanged{}, AgentAvailability{}, KeyCreated{}, KeyRevoked{}, InboxOverflow{}, PolicyPublished{}, PilotStarted{}, PilotEnded{}, ChannelChanged{}, AccountCreated{}, AccountChanged{}, WebhookChanged{}, AutomaticWithheld{}, MacroChanged{}, MacroApplied{}, SurveyAnswered{}, ArticleChanged{}, RootCauseLinked{}, RootCauseUnlinked{}, RootCauseChanged{}, AdvisoryChanged{}, AdvisoryWanted{},
		AnswersReviewed{},
	}
}

// ConversationOpened says where the policy put a new conversation, and why.
type ConversationOpened struct {
	Inbox         string         `json:"inbox" doc:"Key of the inbox"`
	Tier          Tier           `json:"tier"`
	Path          []string       `json:"path" doc:"Names of the policy nodes taken, outermost first"`
	PolicyVersion int64          `json:"policy_version"`
	Segment       string         `json:"segment" doc:"The account's segment; empty: none"`
	FollowUpOf    ConversationID `json:"follow_up_of" doc:"The closed conversation that this one continues; empty: none"`
	Evidence      string         `json:"evidence" doc:"Why no existing conversation was joined; may be empty"`
	StartedBy     AgentID        `json:"started_by,omitzero" doc:"The agent who wrote to the customer first; missing: the customer opened it"`
	AdvisoryID    AdvisoryID     `json:"advisory_id,omitzero" doc:"The advisory that opened it; missing: none"`
}

// ConversationAssigned is a change of assignee; an empty ID means unassigned.
type ConversationAssigned struct {
	From   AgentID `json:"from"`
	To     AgentID `json:"to"`
	Name   string  `json:"name,omitempty" doc:"Name of the new assignee"`
	Reason string  `json:"reason,omitempty" doc:"replied: the author of a reply took an unassigned conversation; with strategy: why this agent was chosen"`
	// Strategy, Helping and Considered explain an automatic assignment.
	Strategy   string            `json:"strategy,omitempty" doc:"With an automatic assignment: round-robin, least-loaded, skill, on-call or sticky"`
	Helping    string            `json:"helping,omitempty" doc:"With an automatic assignment while the inbox overflows: the key of the inbox that the agent helps from"`
	Considered []ConsideredAgent `json:"considered,omitempty" doc:"With an automatic assignment: who was considered, the chosen one first; at most 20"`
}

// ConsideredAgent is an agent who was considered for an automatic assignment.
type ConsideredAgent struct {
	AgentID AgentID `json:"agent_id"`
	Name    string  `json:"name"`
	Reason  string  `json:"reason" doc:"Why they were not chosen; empty: they were"`
}

// ConversationMoved is a move to another inbox.
type ConversationMoved struct {
	From       string    `json:"from" doc:"Key of the inbox it left"`
	To         string    `json:"to" doc:"Key of the inbox it is in now"`
	FromTier   Tier      `json:"from_tier"`
	ToTier     Tier      `json:"to_tier"`
	Note       string    `json:"note,omitempty" doc:"The handover note"`
	MessageID  MessageID `json:"message_id" doc:"The handover note's message; empty: none"`
	Unassigned bool      `json:"unassigned,omitempty" doc:"The assignee does not work in the new tier"`
	// Evidence is what the handoff contract asked for.
	Evidence  map[string]string `json:"evidence,omitempty" doc:"What the handoff contract asked for, by its names: problem, tried, ..."`
	Automatic bool              `json:"automatic,omitempty" doc:"An escalation rule moved it"`
}

// StatusChanged is a change of status, of who has to act next, or of both.
type StatusChanged struct {
	From      Status     `json:"from"`
	To        Status     `json:"to"`
	WaitingOn WaitingOn  `json:"waiting_on" doc:"Who has to act from now on: us, customer or third-party"`
	Until     *time.Time `json:"until,omitempty" doc:"When a snoozed conversation opens again"`
	Reason    string     `json:"reason,omitempty"`
}

// MessageSummary is what every event about a message says about it.
type MessageSummary struct {
	MessageID MessageID `json:"message_id"`
	From      []Address `json:"from"`
	Preview   string    `json:"preview"`
	Channel   Channel   `json:"channel"`
}

// Summary returns a message's summary.
func (m *Message) Summary() MessageSummary {
	return MessageSummary{MessageID: m.ID, From: m.From, Preview: m.Preview, Channel: m.Channel}
}

// MessageReceived is a message from outside.
type MessageReceived struct {
	MessageSummary
	Method        string           `json:"method" doc:"Why it is in this conversation: reply-token, references, ..."`
	AutoSubmitted AutoSubmitted    `json:"auto_submitted"`
	AlsoCites     []ConversationID `json:"also_cites" doc:"Other conversations that its headers name"`
	Unverified    bool             `json:"unverified" doc:"The sender is not known to belong to the conversation"`
	Trust         Trust            `json:"trust" doc:"How far the sender's address can be trusted"`
}

// MessageSent is a reply to the customer, written at the desk or found in a
// mailbox's folder of sent mail.
type MessageSent struct {
	MessageSummary
	To        []Address     `json:"to,omitempty"`
	CC        []Address     `json:"cc,omitempty"`
	Method    string        `json:"method,omitempty" doc:"For a message found in the Sent folder: why it is in this conversation"`
	Automatic AutomaticKind `json:"automatic,omitempty" doc:"What kind of automatic mail it is: acknowledgement, out-of-hours, survey, article or advisory; missing: a person wrote it"`
}

// NoteAdded is an internal note.
type NoteAdded struct{ MessageSummary }

// DuplicateLinked is a message that arrived again.
type DuplicateLinked struct {
	MessageID MessageID `json:"message_id"`
	RawID     RawID     `json:"raw_id"`
	Endpoint  string    `json:"endpoint" doc:"The channel it arrived over this time"`
}

// PriorityChanged is a change of priority.
type PriorityChanged struct {
	From Priority `json:"from"`
	To   Priority `json:"to"`
}

// TagsChanged names tags that were added or removed.
type TagsChanged struct {
	Added   []string `json:"added,omitempty"`
	Removed []string `json:"removed,omitempty"`
}

// SegmentChanged means that the account belongs to another segment now.
type SegmentChanged struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// SLAChanged means that another SLA policy is in force.
type SLAChanged struct {
	From   string `json:"from" doc:"Name of the SLA policy before; empty: none"`
	To     string `json:"to" doc:"Name of the SLA policy now; empty: none"`
	Clocks string `json:"clocks,omitempty" doc:"What happened to the open clocks: keep, retarget or restart"`
}

// PromiseWarned means that a share of a clock's target was used.
type PromiseWarned struct {
	Metric  Metric    `json:"metric"`
	Policy  string    `json:"policy" doc:"Name of the SLA policy"`
	Percent float64   `json:"percent"`
	Due     time.Time `json:"due_at"`
}

// PromiseBreached means that a clock's target was used up.
type PromiseBreached struct {
	Metric Metric `json:"metric"`
	Policy string `json:"policy" doc:"Name of the SLA policy"`
	Tier   Tier   `json:"tier" doc:"Tier of the conversation when the clock started"`
}

// EscalationFired means that an escalation rule's condition became true.
type EscalationFired struct {
	Rule string   `json:"rule"`
	On   string   `json:"on" doc:"Its condition"`
	Did  []string `json:"did" doc:"What it did, or why it did not: notify assignee, priority high, move skipped: ..."`
}

// RuleFailed means that a rule of the policy could not be evaluated. It was skipped.
type RuleFailed struct {
	Rule   string `json:"rule"`
	Reason string `json:"reason"`
}

// HandoffAccepted means that the receiver of a handoff accepted it.
type HandoffAccepted struct {
	From string `json:"from" doc:"Key of the inbox it came from"`
	To   string `json:"to" doc:"Key of the inbox that accepted it"`
	Late bool   `json:"late,omitempty" doc:"After the time that the policy allows"`
}

// HandoffReturned means that the receiver of a handoff sent it back.
type HandoffReturned struct {
	From    string  `json:"from" doc:"Key of the inbox that returned it"`
	To      string  `json:"to" doc:"Key of the inbox it came from, where it is again"`
	Reason  string  `json:"reason"`
	AgentID AgentID `json:"agent_id" doc:"Who was assigned before the handoff; empty: nobody"`
}

// GapFound means that the conversation has lacked something for too long.
type GapFound struct {
	Gap string `json:"gap" enum:"owner,clock,next_action"`
}

// PageRepeated means that somebody was paged again, because nobody acknowledged.
type PageRepeated struct {
	Rule string `json:"rule"`
	To   string `json:"to" doc:"on-call, or an agent's address"`
}

// PageAcknowledged means that an agent knows of what they were paged for.
type PageAcknowledged struct{}

// NoticeCreated is something that the agent whom the event is about has to be told.
type NoticeCreated struct {
	NoticeID       NoticeID       `json:"notice_id"`
	ConversationID ConversationID `json:"conversation_id"`
	Notice         NoticeKind     `json:"notice" doc:"Why: escalation, page, assigned, handoff, task, ..."`
}

// AgentCreated is a new agent.
type AgentCreated struct {
	Name  string `json:"name"`
	Email string `json:"email"`
	Tiers []Tier `json:"tiers"`
	Admin bool   `json:"admin"`
}

// AgentChanged names what changed about an agent; secrets are never included.
type AgentChanged struct {
	Fields []string `json:"fields" doc:"Names of the changed fields: name, tiers, admin, disabled, inboxes, inboxes_only, mask_addresses, skills, capacity, leads, timezone, hours, password"`
}

// AgentAvailability is an agent who became available or went away. All agents see it.
type AgentAvailability struct {
	State Availability `json:"state" enum:"available,away"`
	Until *time.Time   `json:"until" doc:"With away: when the agent is available again; null: when they say so"`
}

// KeyCreated is a new API key of the agent that the event is about.
type KeyCreated struct {
	KeyID     KeyID      `json:"key_id"`
	Name      string     `json:"name"`
	ExpiresAt *time.Time `json:"expires_at" doc:"null: never"`
	Scopes    []string   `json:"scopes,omitempty" doc:"What it may do; absent: whatever the agent may"`
}

// KeyRevoked is an API key of the agent that ended before its time.
type KeyRevoked struct {
	KeyID  KeyID  `json:"key_id"`
	Name   string `json:"name"`
	Reason string `json:"reason,omitempty" doc:"password: the agent has a new password"`
}

// PolicyPublished is a new version of the routing policy.
type PolicyPublished struct {
	PolicyVersion int64        `json:"policy_version"`
	Author        string       `json:"author" doc:"May be empty"`
	Origin        PolicyOrigin `json:"origin,omitempty" doc:"default, file, command or api"`
	Reason        string       `json:"reason,omitempty"`
	Restores      int64        `json:"restores,omitempty" doc:"The earlier version whose document this is"`
}

// ChannelChanged is a channel that failed, degraded or recovered.
type ChannelChanged struct {
	From    string `json:"from" doc:"Its state before; empty: not known"`
	To      string `json:"to"`
	Problem string `json:"problem,omitempty"`
}

// AccountChanged is what a person or an import changed about an account.
type AccountChanged struct {
	Changes []FieldChange `json:"changes"`
}

// FieldChange is one changed value.
type FieldChange struct {
	Field string `json:"field" doc:"name, domains, tags, owner, timezone, external_id, or attributes.NAME"`
	From  any    `json:"from" doc:"null: it was not set"`
	To    any    `json:"to" doc:"null: it is not set any more"`
}

func (ConversationOpened) EventKind() EventKind   { return EventConversationOpened }
func (ConversationAssigned) EventKind() EventKind { return EventConversationAssigned }
func (ConversationMoved) EventKind() EventKind    { return EventConversationMoved }
func (StatusChanged) EventKind() EventKind        { return EventStatusChanged }
func (ConversationMerged) EventKind() EventKind   { return EventConversationMerged }
func (ConversationUnmerged) EventKind() EventKind { return EventConversationUnmerged }
func (MessageReceived) EventKind() EventKind      { return EventMessageReceived }
func (MessageSent) EventKind() EventKind          { return EventMessageSent }
func (NoteAdded) EventKind() EventKind            { return EventNoteAdded }
func (DuplicateLinked) EventKind() EventKind      { return EventDuplicateLinked }
func (DeliveryChanged) EventKind() EventKind      { return EventDeliveryChanged }
func (PriorityChanged) EventKind() EventKind      { return EventPriorityChanged }
func (TagsChanged) EventKind() EventKind          { return EventTagsChanged }
func (SegmentChanged) EventKind() EventKind       { return EventSegmentChanged }
func (SLAChanged) EventKind() EventKind           { return EventSLAChanged }
func (PromiseWarned) EventKind() EventKind        { return EventPromiseWarned }
func (PromiseBreached) EventKind() EventKind      { return EventPromiseBreached }
func (EscalationFired) EventKind() EventKind      { return EventEscalationFired }
func (RuleFailed) EventKind() EventKind           { return EventRuleFailed }
func (HandoffAccepted) EventKind() EventKind      { return EventHandoffAccepted }
func (HandoffReturned) EventKind() EventKind      { return EventHandoffReturned }
func (GapFound) EventKind() EventKind             { return EventGapFound }
func (PageRepeated) EventKind() EventKind         { return EventPageRepeated }
func (PageAcknowledged) EventKind() EventKind     { return EventPageAcknowledged }
func (NoticeCreated) EventKind() EventKind        { return EventNoticeCreated }
func (AgentCreated) EventKind() EventKind         { return EventAgentCreated }
func (AgentChanged) EventKind() EventKind         { return EventAgentChanged }
func (AgentAvailability) EventKind() EventKind    { return EventAgentAvailability }
func (KeyCreated) EventKind() EventKind           { return EventKeyCreated }
func (KeyRevoked) EventKind() EventKind           { return EventKeyRevoked }
func (PolicyPublished) EventKind() EventKind      { return EventPolicyPublished }
func (ChannelChanged) EventKind() EventKind       { return EventChannelChanged }
func (AccountCreated) EventKind() EventKind       { return EventAccountCreated }
func (AccountChanged) EventKind() EventKind       { return EventAccountChanged }

func (ConversationOpened) EventVersion() int   { return 1 }
func (ConversationAssigned) EventVersion() int { return 1 }
func (ConversationMoved) EventVersion() int    { return 1 }
func (StatusChanged) EventVersion() int        { return 1 }
func (ConversationMerged) EventVersion() int   { return 1 }
func (ConversationUnmerged) EventVersion() int { return 1 }
func (MessageReceived) EventVersion() int      { return 1 }
func (MessageSent) EventVersion() int          { return 1 }
func (NoteAdded) EventVersion() int            { return 1 }
func (DuplicateLinked) EventVersion() int      { return 1 }
func (DeliveryChanged) EventVersion() int      { return 1 }
func (PriorityChanged) EventVersion() int      { return 1 }
func (TagsChanged) EventVersion() int          { return 1 }
func (SegmentChanged) EventVersion() int       { return 1 }
func (SLAChanged) EventVersion() int           { return 1 }
func (PromiseWarned) EventVersion() int        { return 1 }
func (PromiseBreached) EventVersion() int      { return 1 }
func (EscalationFired) EventVersion() int      { return 1 }
func (RuleFailed) EventVersion() int           { return 1 }
func (HandoffAccepted) EventVersion() int      { return 1 }
func (HandoffReturned) EventVersion() int      { return 1 }
func (GapFound) EventVersion() int             { return 1 }
func (PageRepeated) EventVersion() int         { return 1 }
func (PageAcknowledged) EventVersion() int     { return 1 }
func (NoticeCreated) EventVersion() int        { return 1 }
func (AgentCreated) EventVersion() int         { return 1 }
func (AgentChanged) EventVersion() int         { return 1 }
func (AgentAvailability) EventVersion() int    { return 1 }
func (KeyCreated) EventVersion() int           { return 1 }
func (KeyRevoked) EventVersion() int           { return 1 }
func (PolicyPublished) EventVersion() int      { return 1 }
func (ChannelChanged) EventVersion() int       { return 1 }
func (AccountCreated) EventVersion() int       { return 1 }
func (AccountChanged) EventVersion() int       { return 1 }
