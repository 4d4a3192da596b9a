package threading

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"switchboard/desk"
)

func TestMemoryKnown(t *testing.T) {
	m := withSecond(deskOf())
	m.AddMessage(second, "", []string{"out.1@demo.example", ""})
	m.AddMessage(second, "out.1@demo.example", nil)
	got := m.ByMessageID([]string{"out.1@demo.example", "", "unknown@x"})
	want := []Known{{MessageID: "out.1@demo.example", Conversation: first, Own: true, Issued: true}, {MessageID: "out.1@demo.example", Conversation: second, Own: true}}
	if !slices.Equal(got, want) {
		t.Errorf("known are %+v, want %+v", got, want)
	}
	m.AddMessage(second, "x@y", []string{"x@y"})
	if got := m.ByMessageID([]string{"x@y"}); len(got) != 1 || !got[0].Own {
		t.Errorf("an own identifier that is also referred to: %+v", got)
	}
}

func TestMemoryParticipants(t *testing.T) {
	list := []string{"Jo@Acme.example"}
	m := NewMemory()
	m.AddConversation(Conversation{ID: first, Participants: list})
	m.AddMessage(first, "", nil, "", "JO@acme.example", "Ann@acme.example", "ann@acme.example")
	m.AddMessage(second, "a@b", nil, "eve@x") // ignored: there is no such conversation
	c, _ := m.Conversation(first)
	if !slices.Equal(c.Participants, []string{joAddr, annAddr}) {
		t.Errorf("participants are %v", c.Participants)
	}
	if list[0] != "Jo@Acme.example" {
		t.Error("the caller's list was changed")
	}
	if _, ok := m.Conversation(second); ok {
		t.Error("AddMessage created a conversation")
	}
}

func TestMemoryWritten(t *testing.T) {
	m := deskOf()
	for i := range 7 {
		m.AddWritten(first, Written{MessageID: fmt.Sprint(i)})
	}
	m.AddWritten(second, Written{})
	c, _ := m.Conversation(first)
	var ids []string
	for _, w := range c.written {
		ids = append(ids, w.id)
	}
	if !slices.Equal(ids, []string{"2", "3", "4", "5", "6"}) {
		t.Errorf("the newest messages are %v", ids)
	}
}

func TestMemoryTouchAndMerge(t *testing.T) {
	m := withSecond(deskOf())
	updated := func() time.Time { c, _ := m.Conversation(first); return c.UpdatedAt }
	if m.touch(first, noon.Add(time.Hour)); !updated().Equal(noon.Add(time.Hour)) {
		t.Errorf("last activity was %v", updated())
	}
	if m.touch(first, noon); !updated().Equal(noon.Add(time.Hour)) {
		t.Error("activity went back in time")
	}
	gone := desk.ConversationID{15: 9}
	m.touch(gone, noon)
	m.Merge(gone, first)
	m.Merge(first, first)
	if c, _ := m.Conversation(first); !c.MergedInto.IsZero() {
		t.Error("a conversation was merged into itself")
	}
	m.Merge(first, second)
	if c, _ := m.Conversation(first); c.MergedInto != second {
		t.Error("the merge was not recorded")
	}
}

func TestMemoryRecent(t *testing.T) {
	m := NewMemory()
	id := func(n int) desk.ConversationID { return desk.ConversationID{0: 2, 15: byte(n)} }
	for i := range 25 { // not in order of time
		n := i * 7 % 25
		m.AddConversation(Conversation{ID: id(n), Account: acme, Contact: jo, UpdatedAt: noon.Add(time.Duration(n) * time.Minute)})
	}
	m.AddConversation(Conversation{ID: id(100), Account: acme, Contact: ann, UpdatedAt: noon})
	m.AddConversation(Conversation{ID: id(101), Account: other, Contact: jo, UpdatedAt: noon})
	m.AddConversation(Conversation{ID: id(24), Account: acme, Contact: ann, UpdatedAt: noon.Add(time.Hour)}) // replaced: another contact
	got := m.Recent(acme, jo)
	if len(got) != 20 {
		t.Fatalf("%d recent conversations, want 20", len(got))
	}
	for i, c := range got {
		if c.ID != id(23-i) {
			t.Errorf("conversation %d is %v", i, c.ID)
		}
	}
	if got := m.Recent(acme, ann); len(got) != 2 || got[0].ID != id(24) || got[1].ID != id(100) {
		t.Errorf("conversations of the other contact: %+v", got)
	}
}

func TestWrittenBy(t *testing.T) {
	m := mail(joAddr, text("x", "body", "new"), func(m *desk.Message) { m.SentAt = noon })
	if w := WrittenBy(m); w != (Written{MessageID: m.MessageID, From: m.From[0], SentAt: noon, NewText: "new", TextBody: "body"}) {
		t.Errorf("%+v", w)
	}
	m.From = nil
	if w := WrittenBy(m); w.From != (desk.Address{}) {
		t.Errorf("the author of a message without From is %v", w.From)
	}
	d := digest(Written{MessageID: "a@b", From: desk.Address{Email: ours}, SentAt: noon, NewText: answer + " " + elsewhere, TextBody: "> " + elsewhere + "\n" + answer + " " + elsewhere})
	own, quotedText := passages{}, passages{}
	own.add(answer)
	quotedText.add(elsewhere)
	if d.id != "a@b" || d.from.Email != ours || !d.at.Equal(noon) || len(d.direct) != len(quotedText) {
		t.Errorf("%+v", d)
	}
	for h := range quotedText {
		if _, there := d.fresh[h]; there {
			t.Error("a quoted passage counts as new text")
		}
	}
	for h := range own {
		if _, there := d.fresh[h]; !there {
			t.Error("a passage of the new text is missing")
		}
	}
}
