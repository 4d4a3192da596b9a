package webhook

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"switchboard/desk"
)

// TypeTest is the type of a message that an admin sends to try a webhook.
const TypeTest = "webhook.test"

// types are the types of messages and the kinds of events that they report. Types are
// promised to receivers, so that they do not change with the names of events.
var types = []struct {
	name string
	kind desk.EventKind
	is   func(data json.RawMessage) bool // nil: every event of the kind
}{
	{"conversation.created", desk.EventConversationOpened, nil},
	{"conversation.assigned", desk.EventConversationAssigned, nil},
	{"conversation.moved", desk.EventConversationMoved, nil},
	{"conversation.status_changed", desk.EventStatusChanged, nil},
	{"conversation.priority_changed", desk.EventPriorityChanged, nil},
	{"conversation.tags_changed", desk.EventTagsChanged, nil},
	{"conversation.merged", desk.EventConversationMerged, nil},
	{"conversation.unmerged", desk.EventConversationUnmerged, nil},
	{"message.received", desk.EventMessageReceived, nil},
	{"message.sent", desk.EventMessageSent, nil},
	{"third-party.sent", desk.EventThirdPartySent, nil},
	{"third-party.received", desk.EventThirdPartyReceived, nil},
	{"note.added", desk.EventNoteAdded, nil},
	{"delivery.failed", desk.EventDeliveryChanged, failed},
	{"sla.warned", desk.EventPromiseWarned, nil},
	{"sla.breached", desk.EventPromiseBreached, nil},
	{"escalation.fired", desk.EventEscalationFired, nil},
	{"handoff.accepted", desk.EventHandoffAccepted, nil},
	{"handoff.returned", desk.EventHandoffReturned, nil},
	{"task.opened", desk.EventTaskOpened, nil},
	{"task.changed", desk.EventTaskChanged, nil},
	{"task.overdue", desk.EventTaskOverdue, nil},
}

// Types lists the types of messages.
func Types() []string {
	names := make([]string, len(types))
	for i := range types {
		names[i] = types[i].name
	}
	return names
}

// Kinds are the types of messages, with the kinds of events that they report.
func Kinds() iter.Seq2[string, desk.EventKind] {
	return func(yield func(string, desk.EventKind) bool) {
		for i := range types {
			if !yield(types[i].name, types[i].kind) {
				return
			}
		}
	}
}

// failed reports whether a delivery of a reply has failed for good.
func failed(data json.RawMessage) bool {
	var d desk.DeliveryChanged
	return json.Unmarshal(data, &d) == nil && d.State == desk.DeliveryFailed
}

// typeOf returns the type of message that reports an event; "": none does.
func typeOf(e *desk.Event) string {
	for i := range types {
		if types[i].kind == e.Kind && (types[i].is == nil || types[i].is(e.Data)) {
			return types[i].name
		}
	}
	return ""
}

// Reported reports whether events of a kind may go to webhooks.
func Reported(e *desk.Event) bool { return typeOf(e) != "" }

// Select returns the message that tells a webhook of an event of a conversation; ok is
// false if it is not told.
func Select(w *Webhook, e *desk.Event, c *Conversation) (m Message, ok bool) {
	name := typeOf(e)
	switch {
	case name == "", len(w.Types) > 0 && !slices.Contains(w.Types, name),
		c.Restricted && !w.Restricted, !inboxMatches(w, e, c):
		return m, false
	}
	return Message{ID: messageID(e), Type: name, Conversation: c.ID, Seq: e.Seq, Body: body(name, e.At, struct {
		Conversation *Conversation   `json:"conversation"`
		Seq          int64           `json:"seq"`
		Actor        desk.Actor      `json:"actor"`
		Details      json.RawMessage `json:"details"`
	}{c, e.Seq, e.Actor, e.Data})}, true
}

// inboxMatches also accepts a move out of an inbox of the filter, which its receivers
// would otherwise not notice.
func inboxMatches(w *Webhook, e *desk.Event, c *Conversation) bool {
	if len(w.Inboxes) == 0 || slices.Contains(w.Inboxes, c.Inbox) {
		return true
	}
	var moved desk.ConversationMoved
	return e.Kind == desk.EventConversationMoved && json.Unmarshal(e.Data, &moved) == nil && slices.Contains(w.Inboxes, moved.From)
}

// Test returns a message to try a webhook with.
func Test(w *Webhook, id desk.WebhookSendID, at time.Time) Message {
	return Message{ID: "test_" + id.String(), Type: TypeTest, Body: body(TypeTest, at, struct {
		WebhookID desk.WebhookID `json:"webhook_id"`
		Text      string         `json:"text"`
	}{w.ID, "This is a test of the webhook."})}
}

// body is what is sent: the form that Standard Webhooks recommends.
func body(name string, at time.Time, data any) []byte {
	text, err := json.Marshal(struct {
		Type      string    `json:"type"`
		Timestamp time.Time `json:"timestamp"`
		Data      any       `json:"data"`
	}{name, at.UTC(), data})
	if err != nil {
		panic("webhook: " + err.Error()) // stored JSON, strings, numbers and times always marshal
	}
	return text
}

// messageID identifies an event in every attempt, for every webhook and from every node.
// It has no number of the database, because a restored one may use them again.
func messageID(e *desk.Event) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d/%s/%d", e.ConversationID, e.Seq, e.Kind, e.At.UnixMicro()))
	return "msg_" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:16]))
}
