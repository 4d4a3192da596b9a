package livechat

import (
	"encoding/json"
	"testing"

	"switchboard/channels/livechat/chat"
	"switchboard/desk"
	"switchboard/live"
)

// What tells of a line that was shown already costs no reading of SQL; what may
// tell of another one does.
func TestNews(t *testing.T) {
	here, elsewhere := desk.NewID[desk.ConversationID](), desk.NewID[desk.ConversationID]()
	w := &writer{at: chat.Position{Conversation: here, Seq: 7}, pushed: "ms_7"}
	event := func(kind desk.EventKind, c desk.ConversationID, seq int64, data string) live.Item {
		return live.Item{Event: &desk.Event{Kind: kind, ConversationID: c, Seq: seq, Data: json.RawMessage(data)}}
	}
	signal := func(topic live.Topic, data string) live.Item {
		return live.Item{Signal: &live.Signal{Topic: topic, Kind: live.SignalChatPush, Data: json.RawMessage(data)}}
	}
	for _, c := range []struct {
		name string
		item live.Item
		want bool
	}{
		{"a message behind", event(desk.EventMessageSent, here, 8, `{}`), true},
		{"the one shown last", event(desk.EventMessageSent, here, 7, `{}`), false},
		{"one before it", event(desk.EventMessageReceived, here, 6, `{}`), false},
		{"of another conversation", event(desk.EventMessageReceived, elsewhere, 1, `{}`), true},
		{"the delivery of what was shown", event(desk.EventDeliveryChanged, here, 9, `{"message_id":"ms_7"}`), false},
		{"the delivery of something else", event(desk.EventDeliveryChanged, here, 9, `{"message_id":"ms_5"}`), true},
		{"a note", event(desk.EventNoteAdded, here, 9, `{}`), false},
		{"a push behind", signal(live.ConversationTopic(here), `{"seq":8}`), true},
		{"a push of what was shown", signal(live.ConversationTopic(here), `{"seq":7}`), false},
		{"a push that says nothing", signal(live.ConversationTopic(here), ``), true},
		{"a push to the session", signal(live.SessionTopic(desk.NewID[desk.SessionID]()), `{"seq":1}`), true},
	} {
		got := false
		if c.item.Event != nil {
			got = w.news(c.item.Event)
		} else {
			got = w.push(c.item.Signal)
		}
		if got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
