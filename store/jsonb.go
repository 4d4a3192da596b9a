package store

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"switchboard/desk"
	"switchboard/internal/textindex"
)

// The row types below are table rows as JSON: what write_changes reads with
// jsonb_populate_recordset, and what row_to_json returns. Their keys are the
// tables' columns.

// key is an identifier as the database writes it. The zero key is NULL: fields
// carry omitzero.
type key [16]byte

func (k key) IsZero() bool { return k == key{} }

// MarshalText implements encoding.TextMarshaler.
func (k key) MarshalText() ([]byte, error) { return uuid.UUID(k).MarshalText() }

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *key) UnmarshalText(text []byte) error { return (*uuid.UUID)(k).UnmarshalText(text) }

// instant is a timestamptz. The zero instant is NULL: fields carry omitzero.
type instant struct{ time.Time }

// microseconds is the precision of a timestamptz.
const microseconds = "2006-01-02T15:04:05.999999Z07:00"

// MarshalText implements encoding.TextMarshaler. It truncates to microseconds,
// where PostgreSQL would round, and knows no last year.
func (t instant) MarshalText() ([]byte, error) { return t.UTC().AppendFormat(nil, microseconds), nil }

// MarshalJSON hides that of time.Time.
func (t instant) MarshalJSON() ([]byte, error) {
	return t.UTC().AppendFormat(nil, `"`+microseconds+`"`), nil
}

type conversationJSON struct {
	ID            key      `json:"id"`
	Number        int64    `json:"number,omitzero"`
	AccountID     key      `json:"account_id"`
	ContactID     key      `json:"contact_id"`
	Subject       string   `json:"subject"`
	Channel       string   `json:"channel"`
	Status        string   `json:"status"`
	Priority      string   `json:"priority"`
	InboxID       key      `json:"inbox_id"`
	Tier          int      `json:"tier"`
	AssigneeID    key      `json:"assignee_id,omitzero"`
	Tags          []string `json:"tags"`
	Restricted    bool     `json:"restricted"`
	Path          []string `json:"path"`
	PolicyVersion int64    `json:"policy_version"`
	ReplyChannel  string   `json:"reply_channel"`
	ReplyTo       string   `json:"reply_to"`
	ReplyFrom     string   `json:"reply_from"`
	Participants  []string `json:"participants"`
	WaitingOn     string   `json:"waiting_on"`
	Preview       string   `json:"preview"`
	LastInboundAt instant  `json:"last_inbound_at,omitzero"`
	LastReplyAt   instant  `json:"last_reply_at,omitzero"`
	WaitingSince  instant  `json:"waiting_since,omitzero"`
	SnoozedUntil  instant  `json:"snoozed_until,omitzero"`
	ResolvedAt    instant  `json:"resolved_at,omitzero"`
	MergedInto    key      `json:"merged_into,omitzero"`
	LastSeq       int64    `json:"last_seq"`
	CreatedAt     instant  `json:"created_at"`
	UpdatedAt     instant  `json:"updated_at"`
	SLA           string   `json:"sla"`
	Segment       string   `json:"segment"`
	Gap           string   `json:"gap"`
	DueAt         instant  `json:"due_at,omitzero"`
	CheckAt       instant  `json:"check_at,omitzero"`

	Service json.RawMessage `json:"service,omitempty"`
}

func conversationToJSON(c *desk.Conversation) conversationJSON {
	return conversationJSON{ID: key(c.ID), AccountID: key(c.AccountID), ContactID: key(c.ContactID), Subject: c.Subject,
		Channel: string(c.Channel), Status: string(c.Status), Priority: string(c.Priority), InboxID: key(c.InboxID), Tier: int(c.Tier),
		AssigneeID: key(c.AssigneeID), Tags: emptyNotNull(c.Tags), Restricted: c.Restricted, Path: emptyNotNull(c.Path),
		PolicyVersion: c.PolicyVersion, ReplyChannel: string(c.ReplyChannel), ReplyTo: c.ReplyTo, ReplyFrom: c.ReplyFrom,
		Participants: emptyNotNull(c.Participants), WaitingOn: string(c.WaitingOn), Preview: c.Preview,
		LastInboundAt: instant{c.LastInboundAt}, LastReplyAt: instant{c.LastReplyAt}, WaitingSince: instant{c.WaitingSince},
		SnoozedUntil: instant{c.SnoozedUntil}, ResolvedAt: instant{c.ResolvedAt}, MergedInto: key(c.MergedInto), LastSeq: c.LastSeq,
		CreatedAt: instant{c.CreatedAt}, UpdatedAt: instant{c.UpdatedAt}, SLA: c.SLA, Segment: c.Segment, Gap: c.Gap, DueAt: instant{c.DueAt},
		CheckAt: instant{c.CheckAt}, Service: c.Service}
}

func (r *conversationJSON) conversation() desk.Conversation {
	return desk.Conversation{ID: desk.ConversationID(r.ID), Number: r.Number, AccountID: desk.AccountID(r.AccountID),
		ContactID: desk.ContactID(r.ContactID), Subject: r.Subject, Channel: desk.Channel(r.Channel), Status: desk.Status(r.Status),
		Priority: desk.Priority(r.Priority), InboxID: desk.InboxID(r.InboxID), Tier: desk.Tier(r.Tier),
		AssigneeID: desk.AgentID(r.AssigneeID), Tags: r.Tags, Restricted: r.Restricted, Path: r.Path, PolicyVersion: r.PolicyVersion,
		ReplyChannel: desk.Channel(r.ReplyChannel), ReplyTo: r.ReplyTo, ReplyFrom: r.ReplyFrom, Participants: r.Participants,
		WaitingOn: desk.WaitingOn(r.WaitingOn), Preview: r.Preview, LastInboundAt: r.LastInboundAt.Time, LastReplyAt: r.LastReplyAt.Time,
		WaitingSince: r.WaitingSince.Time, SnoozedUntil: r.SnoozedUntil.Time, ResolvedAt: r.ResolvedAt.Time,
		MergedInto: desk.ConversationID(r.MergedInto), LastSeq: r.LastSeq, CreatedAt: r.CreatedAt.Time, UpdatedAt: r.UpdatedAt.Time,
		SLA: r.SLA, Segment: r.Segment, Gap: r.Gap, DueAt: r.DueAt.Time, CheckAt: r.CheckAt.Time, Service: r.Service}
}

type stintJSON struct {
	ID             key     `json:"id"`
	ConversationID key     `json:"conversation_id"`
	InboxID        key     `json:"inbox_id"`
	Tier           int     `json:"tier"`
	AssigneeID     key     `json:"assignee_id,omitzero"`
	WaitingOn      string  `json:"waiting_on"`
	StartedAt      instant `json:"started_at"`
	EndedAt        instant `json:"ended_at,omitzero"`
	Reason         string  `json:"reason"`
}

func stintToJSON(s *desk.Stint) stintJSON {
	return stintJSON{ID: key(s.ID), ConversationID: key(s.ConversationID), InboxID: key(s.InboxID), Tier: int(s.Tier),
		AssigneeID: key(s.AssigneeID), WaitingOn: string(s.WaitingOn), StartedAt: instant{s.StartedAt}, EndedAt: instant{s.EndedAt},
		Reason: s.Reason}
}

func (r *stintJSON) stint() desk.Stint {
	return desk.Stint{ID: desk.StintID(r.ID), ConversationID: desk.ConversationID(r.ConversationID), InboxID: desk.InboxID(r.InboxID),
		Tier: desk.Tier(r.Tier), AssigneeID: desk.AgentID(r.AssigneeID), WaitingOn: desk.WaitingOn(r.WaitingOn),
		StartedAt: r.StartedAt.Time, EndedAt: r.EndedAt.Time, Reason: r.Reason}
}

type accountJSON struct {
	ID         key            `json:"id"`
	Name       string         `json:"name"`
	Folded     string         `json:"folded"`
	Segment    string         `json:"segment"`
	Timezone   string         `json:"timezone"`
	Attributes map[string]any `json:"attributes"`
	Tags       []string       `json:"tags"`
	CreatedAt  instant        `json:"created_at"`
}

func accountToJSON(a *desk.Account) accountJSON {
	r := accountJSON{ID: key(a.ID), Name: a.Name, Folded: textindex.Fold(a.Name), Segment: a.Segment, Timezone: a.Timezone, Attributes: a.Attributes,
		Tags: emptyNotNull(a.Tags), CreatedAt: instant{a.CreatedAt}}
	if r.Attributes == nil {
		r.Attributes = map[string]any{}
	}
	return r
}

func (r *accountJSON) account() desk.Account {
	return desk.Account{ID: desk.AccountID(r.ID), Name: r.Name, Segment: r.Segment, Timezone: r.Timezone, Attributes: r.Attributes,
		Tags: r.Tags, CreatedAt: r.CreatedAt.Time}
}

type deliveryJSON struct {
	ID             key     `json:"id"`
	MessageID      key     `json:"message_id"`
	ConversationID key     `json:"conversation_id"`
	Channel        string  `json:"channel"`
	Recipient      string  `json:"recipient"`
	ReturnPath     string  `json:"return_path"`
	EnvelopeID     string  `json:"envelope_id"`
	State          string  `json:"state"`
	Attempts       int     `json:"attempts"`
	NextAttemptAt  instant `json:"next_attempt_at,omitzero"`
	Code           int     `json:"code"`
	EnhancedCode   string  `json:"enhanced_code"`
	Detail         string  `json:"detail"`
	LeaseUntil     instant `json:"lease_until,omitzero"`
	Fence          int64   `json:"fence"`
	CreatedAt      instant `json:"created_at"`
	UpdatedAt      instant `json:"updated_at"`
}

func deliveryToJSON(d *desk.Delivery) deliveryJSON {
	return deliveryJSON{ID: key(d.ID), MessageID: key(d.MessageID), ConversationID: key(d.ConversationID), Channel: string(d.Channel),
		Recipient: d.Recipient, ReturnPath: d.ReturnPath, EnvelopeID: d.EnvelopeID, State: string(d.State), Attempts: d.Attempts,
		NextAttemptAt: instant{d.NextAttemptAt}, Code: d.Code, EnhancedCode: d.EnhancedCode, Detail: d.Detail,
		LeaseUntil: instant{d.LeaseUntil}, Fence: d.Fence, CreatedAt: instant{d.CreatedAt}, UpdatedAt: instant{d.UpdatedAt}}
}

func (r *deliveryJSON) delivery() desk.Delivery {
	return desk.Delivery{ID: desk.DeliveryID(r.ID), MessageID: desk.MessageID(r.MessageID), ConversationID: desk.ConversationID(r.ConversationID),
		Channel: desk.Channel(r.Channel), Recipient: r.Recipient, ReturnPath: r.ReturnPath, EnvelopeID: r.EnvelopeID,
		State: desk.DeliveryState(r.State), Attempts: r.Attempts, NextAttemptAt: r.NextAttemptAt.Time, Code: r.Code,
		EnhancedCode: r.EnhancedCode, Detail: r.Detail, LeaseUntil: r.LeaseUntil.Time, Fence: r.Fence,
		CreatedAt: r.CreatedAt.Time, UpdatedAt: r.UpdatedAt.Time}
}
