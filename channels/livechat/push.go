package livechat

import (
	"encoding/json"
	"strings"

	"switchboard/channels/livechat/chat"
	"switchboard/desk"
	"switchboard/live"
)

// Publisher pushes lines that were just committed to the visitors' sockets on this
// node, so that these need not read them from the database. It is an optimization:
// the event log reports every line as well.
type Publisher struct{ Hub *live.Hub }

// Sent pushes an agent's reply. Replies that can still be undone are not pushed,
// nor are those that go elsewhere.
func (p Publisher) Sent(m *desk.Message, deliveries []desk.Delivery) {
	for i := range deliveries {
		d := &deliveries[i]
		if d.Channel != desk.ChannelChat || d.MessageID != m.ID || d.State != desk.DeliverySent {
			continue
		}
		session, err := desk.ParseID[desk.SessionID](d.Recipient)
		if err != nil {
			continue // the database finds no session for it either
		}
		push := pushOf(m)
		push.ID, push.From, push.After = m.ID.String(), chat.FromAgent, m.Seq-1
		if len(m.From) > 0 {
			push.Name = m.From[0].Name
		}
		p.push(session, push)
	}
}

// Received pushes a visitor's own line, to all sockets of the session. events are
// those of the transaction that stored it.
func (p Publisher) Received(raw *desk.Raw, m *desk.Message, events []desk.Event) {
	if raw.Channel != desk.ChannelChat {
		return
	}
	key, clientID, ok := strings.Cut(raw.SourceKey, "/")
	session, err := desk.ParseID[desk.SessionID](key)
	if !ok || err != nil {
		return
	}
	push := pushOf(m)
	push.ID, push.From, push.After = clientID, chat.FromVisitor, before(m, events)
	p.push(session, push)
}

func pushOf(m *desk.Message) live.ChatPush {
	return live.ChatPush{Conversation: m.ConversationID, Seq: m.Seq, Text: m.TextBody, At: m.ReceivedAt}
}

// before returns the number of the last event before a message that may be a line:
// the transaction's own events that are not lines are left out.
func before(m *desk.Message, events []desk.Event) int64 {
	quiet := make(map[int64]bool)
	for i := range events {
		if e := &events[i]; e.ConversationID == m.ConversationID && isQuiet(e.Kind) {
			quiet[e.Seq] = true
		}
	}
	seq := m.Seq - 1
	for quiet[seq] {
		seq--
	}
	return seq
}

// isQuiet reports that an event of this kind neither is a line nor brings lines
// of a new number into a conversation.
func isQuiet(kind desk.EventKind) bool {
	switch kind {
	case desk.EventConversationOpened, desk.EventConversationAssigned, desk.EventConversationMoved, desk.EventStatusChanged,
		desk.EventNoteAdded, desk.EventDuplicateLinked, desk.EventDeliveryChanged, desk.EventMessageScheduled,
		desk.EventThirdPartySent, desk.EventThirdPartyReceived:
		return true
	}
	return false
}

// push sends a line to the sockets of a session on this node.
func (p Publisher) push(session desk.SessionID, push live.ChatPush) {
	data, err := json.Marshal(push)
	if err != nil {
		return // a time that JSON cannot represent; the line is read from the database
	}
	p.Hub.PublishSignal(live.Signal{Topic: live.SessionTopic(session), Kind: live.SignalChatPush, Data: data})
}
