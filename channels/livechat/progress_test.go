package livechat

import (
	"encoding/json"
	"testing"

	"switchboard/channels/livechat/chat"
	"switchboard/desk"
	"switchboard/live"
)

// An event causes a read of the database only if it may have brought a line that
// was not written.
func TestEventsThatNeedARead(t *testing.T) {
	here, elsewhere := desk.NewID[desk.ConversationID](), desk.NewID[desk.ConversationID]()
	for _, c := range []struct {
		name string
		kind desk.EventKind
		conv desk.ConversationID
		seq  int64
		data string
		want bool
	}{
		{"a newer reply", desk.EventMessageSent, here, 8, `{}`, true},
		{"the newest line", desk.EventMessageSent, here, 7, `{}`, false},
		{"an older line", desk.EventMessageReceived, here, 6, `{}`, false},
		{"a line of another conversation", desk.EventMessageReceived, elsewhere, 1, `{}`, true},
		{"lines of a merged conversation", desk.EventConversationMerged, here, 8, `{}`, true},
		{"a delivery with nothing in between", desk.EventDeliveryChanged, here, 8, `{"message_id":"ms_5"}`, false},
		{"the delivery of the newest line", desk.EventDeliveryChanged, here, 9, `{"message_id":"ms_7"}`, false},
		{"the delivery of something that may have been held", desk.EventDeliveryChanged, here, 9, `{"message_id":"ms_8"}`, true},
		{"a note", desk.EventNoteAdded, here, 9, `{}`, false},
	} {
		s := &socket{w: writer{progress: startAt(chat.Position{Conversation: here, Seq: 7}), pushed: "ms_7"}}
		if got := s.event(&desk.Event{Kind: c.kind, ConversationID: c.conv, Seq: c.seq, Data: json.RawMessage(c.data)}); got != c.want {
			t.Errorf("%s: read %v", c.name, got)
		}
	}
}

func TestPushedLineIsNext(t *testing.T) {
	here, elsewhere := desk.NewID[desk.ConversationID](), desk.NewID[desk.ConversationID]()
	line := func(seq int64) func(*progress) {
		return func(p *progress) { p.wrote(chat.Line{Conversation: here, Seq: seq}) }
	}
	quiet := func(seq int64) func(*progress) { return func(p *progress) { p.passed(seq) } }
	type steps = []func(*progress)
	for _, c := range []struct {
		name  string
		from  chat.Position
		steps steps
		push  live.ChatPush
		want  bool
	}{
		{"the first line", chat.Position{}, nil, live.ChatPush{Conversation: here, Seq: 2, After: 0}, true},
		{"a later line as the first", chat.Position{}, nil, live.ChatPush{Conversation: here, Seq: 5, After: 4}, false},
		{"directly after a line", chat.Position{}, steps{line(2)}, live.ChatPush{Conversation: here, Seq: 3, After: 2}, true},
		{"after the position of a resumed session", chat.Position{Conversation: here, Seq: 2}, nil, live.ChatPush{Conversation: here, Seq: 3, After: 2}, true},
		{"after events that are not lines", chat.Position{}, steps{line(2), quiet(3), quiet(4)}, live.ChatPush{Conversation: here, Seq: 5, After: 4}, true},
		{"after events that came before their line", chat.Position{}, steps{line(2), quiet(4), quiet(5), line(3)}, live.ChatPush{Conversation: here, Seq: 6, After: 5}, true},
		{"events of its own transaction in between", chat.Position{}, steps{line(2)}, live.ChatPush{Conversation: here, Seq: 5, After: 2}, true},
		{"a gap", chat.Position{}, steps{line(2), quiet(4)}, live.ChatPush{Conversation: here, Seq: 5, After: 4}, false},
		{"a gap behind a run", chat.Position{}, steps{line(2), quiet(4), quiet(6)}, live.ChatPush{Conversation: here, Seq: 7, After: 6}, false},
		{"a held reply in between", chat.Position{}, steps{line(2), quiet(3)}, live.ChatPush{Conversation: here, Seq: 5, After: 4}, false},
		{"written before", chat.Position{}, steps{line(5)}, live.ChatPush{Conversation: here, Seq: 5, After: 4}, false},
		{"another conversation", chat.Position{}, steps{line(2)}, live.ChatPush{Conversation: elsewhere, Seq: 1, After: 0}, false},
	} {
		p := startAt(c.from)
		for _, step := range c.steps {
			step(&p)
		}
		if got := p.next(&c.push); got != c.want {
			t.Errorf("%s: next %v at %+v", c.name, got, p)
		}
	}
}

func TestProgressRestartsInAnotherConversation(t *testing.T) {
	old, fresh := desk.NewID[desk.ConversationID](), desk.NewID[desk.ConversationID]()
	p := startAt(chat.Position{Conversation: old, Seq: 40})
	p.passed(42)
	p.wrote(chat.Line{Conversation: fresh, Seq: 2})
	if p.complete(fresh, 3) || p.complete(old, 40) || !p.complete(fresh, 2) {
		t.Errorf("progress %+v", p)
	}
}
