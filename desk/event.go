package desk

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Actor says who caused an event: "customer", "third-party", "system", "policy", or an
// agent's ID in text form.
type Actor string

const (
	ActorCustomer   Actor = "customer"
	ActorThirdParty Actor = "third-party"
	ActorSystem     Actor = "system"
	ActorPolicy     Actor = "policy"
)

// AgentActor returns the actor for an agent.
func AgentActor(id AgentID) Actor { return Actor(id.String()) }

// SubjectKind names the kind of thing an event is about.
type SubjectKind string

const (
	SubjectConversation SubjectKind = "conversation" // ID: a ConversationID
	SubjectAgent        SubjectKind = "agent"        // ID: an AgentID
	SubjectPolicy       SubjectKind = "policy"       // ID: the version, decimal
	SubjectChannel      SubjectKind = "channel"      // ID: the channel's configured name
	SubjectAccount      SubjectKind = "account"      // ID: an AccountID
	SubjectInbox        SubjectKind = "inbox"        // ID: an InboxID
	SubjectWebhook      SubjectKind = "webhook"      // ID: a WebhookID
	SubjectMacro        SubjectKind = "macro"        // ID: a MacroID
	SubjectArticle      SubjectKind = "article"      // ID: an ArticleID
	SubjectRootCause    SubjectKind = "root-cause"   // ID: a RootCauseID
	SubjectAdvisory     SubjectKind = "advisory"     // ID: an AdvisoryID
)

// Subject is what an event is about: every change belongs to something that can
// be looked up, so that every change can be audited.
type Subject struct {
	Kind SubjectKind `json:"kind" enum:"conversation,agent,policy,channel,account,inbox,webhook,macro,article,root-cause,advisory"`
	ID   string      `json:"id"` // in text form; never empty
}

// ConversationSubject returns the subject for a conversation.
func ConversationSubject(id ConversationID) Subject {
	return Subject{SubjectConversation, id.String()}
}

// AgentSubject returns the subject for an agent.
func AgentSubject(id AgentID) Subject { return Subject{SubjectAgent, id.String()} }

// PolicySubject returns the subject for a version of the routing policy.
func PolicySubject(version int64) Subject {
	return Subject{SubjectPolicy, strconv.FormatInt(version, 10)}
}

// ChannelSubject returns the subject for a configured channel.
func ChannelSubject(name string) Subject { return Subject{SubjectChannel, name} }

// AccountSubject returns the subject for an account.
func AccountSubject(id AccountID) Subject { return Subject{SubjectAccount, id.String()} }

// InboxSubject returns the subject for an inbox.
func InboxSubject(id InboxID) Subject { return Subject{SubjectInbox, id.String()} }

// WebhookSubject returns the subject for a webhook.
func WebhookSubject(id WebhookID) Subject { return Subject{SubjectWebhook, id.String()} }

// MacroSubject returns the subject for a macro.
func MacroSubject(id MacroID) Subject { return Subject{SubjectMacro, id.String()} }

// ArticleSubject returns the subject for an article.
func ArticleSubject(id ArticleID) Subject { return Subject{SubjectArticle, id.String()} }

// RootCauseSubject returns the subject for a root cause.
func RootCauseSubject(id RootCauseID) Subject { return Subject{SubjectRootCause, id.String()} }

// AdvisorySubject returns the subject for an advisory.
func AdvisorySubject(id AdvisoryID) Subject { return Subject{SubjectAdvisory, id.String()} }

// Event is one entry of the append-only log: audit trail and live update at once.
type Event struct {
	Cursor  Cursor // position in the log; set when read
	At      time.Time
	Subject Subject
	// ConversationID and AccountID are zero for events that are not about a
	// conversation.
	ConversationID ConversationID
	AccountID      AccountID
	// Seq is dense per conversation, from 1; 0 for other subjects.
	Seq     int64
	Kind    EventKind
	Version int // of the payload's shape, from 1
	Actor   Actor
	Data    json.RawMessage // the EventData of Kind
}

// NewEvent returns an event about any subject but a conversation; the events of
// conversations have numbers, see NewConversationEvent.
func NewEvent(at time.Time, subject Subject, by Actor, data EventData) Event {
	return Event{At: at, Subject: subject, Kind: data.EventKind(), Version: data.EventVersion(), Actor: by, Data: encode(data)}
}

// NewConversationEvent returns event number seq of a conversation.
func NewConversationEvent(at time.Time, c *Conversation, seq int64, by Actor, data EventData) Event {
	e := NewEvent(at, ConversationSubject(c.ID), by, data)
	e.ConversationID, e.AccountID, e.Seq = c.ID, c.AccountID, seq
	return e
}

// encode returns a payload as JSON. Payloads hold strings, numbers, times and
// identifiers only, which always marshal.
func encode(data EventData) json.RawMessage {
	text, err := json.Marshal(data)
	if err != nil {
		panic("desk: the payload of " + string(data.EventKind()) + " cannot be marshalled: " + err.Error())
	}
	return text
}

// Cursor is a resume position in the event log. Opaque to clients; it sorts by
// transaction and then by row, so that a reader never skips a late commit. The
// empty cursor is the beginning. Its text is the transaction's number, a hyphen
// and the row's number, both decimal.
type Cursor string

// Compare orders two cursors as the log does: negative when c is before d.
func (c Cursor) Compare(d Cursor) int {
	cx, cr, _ := strings.Cut(string(c), "-")
	dx, dr, _ := strings.Cut(string(d), "-")
	return cmp.Or(compareDecimal(cx, dx), compareDecimal(cr, dr))
}

// compareDecimal orders numbers without leading zeros by their text.
func compareDecimal(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}
