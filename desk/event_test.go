package desk

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

// Every payload has a unique kind and a version, and its fields have JSON names,
// which clients rely on.
func TestEventPayloads(t *testing.T) {
	t.Parallel()
	seen := map[EventKind]bool{}
	for _, p := range EventPayloads() {
		if kind := p.EventKind(); kind == "" || seen[kind] || strings.Count(string(kind), ".") != 1 {
			t.Errorf("%T has the kind %q", p, kind)
		}
		seen[p.EventKind()] = true
		if p.EventVersion() < 1 {
			t.Errorf("%T has version %d", p, p.EventVersion())
		}
		for _, f := range reflect.VisibleFields(reflect.TypeOf(p)) {
			if tag := f.Tag.Get("json"); !f.Anonymous && (tag == "" || tag != strings.ToLower(tag)) {
				t.Errorf("%T.%s has the JSON name %q", p, f.Name, tag)
			}
		}
	}
}

func TestNewConversationEvent(t *testing.T) {
	t.Parallel()
	c := &Conversation{ID: NewID[ConversationID](), AccountID: NewID[AccountID]()}
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	e := NewConversationEvent(at, c, 7, ActorSystem, StatusChanged{From: StatusOpen, To: StatusPending, WaitingOn: WaitingCustomer})
	want := Event{At: at, Subject: Subject{SubjectConversation, c.ID.String()}, ConversationID: c.ID, AccountID: c.AccountID, Seq: 7,
		Kind: EventStatusChanged, Version: 1, Actor: ActorSystem, Data: json.RawMessage(`{"from":"open","to":"pending","waiting_on":"customer"}`)}
	if !reflect.DeepEqual(e, want) {
		t.Errorf("got %+v, want %+v", e, want)
	}
}

func TestSubjects(t *testing.T) {
	t.Parallel()
	for want, got := range map[Subject]Subject{
		{SubjectAgent, "ag_01000000000000000000000000000000"}:   AgentSubject(AgentID{1}),
		{SubjectAccount, "ac_01000000000000000000000000000000"}: AccountSubject(AccountID{1}),
		{SubjectPolicy, "12"}:       PolicySubject(12),
		{SubjectChannel, "support"}: ChannelSubject("support"),
	} {
		if got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

// Changes keep only the last version of every conversation and stint.
func TestChanges(t *testing.T) {
	t.Parallel()
	opened, known := Conversation{ID: NewID[ConversationID]()}, Conversation{ID: NewID[ConversationID]()}
	var c Changes
	c.AddOpened(opened)
	opened.LastSeq, known.LastSeq = 2, 5
	c.AddUpdated(known)
	c.AddUpdated(opened)
	known.LastSeq = 6
	c.AddUpdated(known)
	if len(c.Opened) != 1 || c.Opened[0].LastSeq != 2 || len(c.Updated) != 1 || c.Updated[0].LastSeq != 6 {
		t.Errorf("opened %+v, updated %+v", c.Opened, c.Updated)
	}
	begun, stored := Stint{ID: NewID[StintID]()}, Stint{ID: NewID[StintID]()}
	c.Begun = []Stint{begun}
	begun.EndedAt, stored.EndedAt = time.Now(), time.Now()
	c.EndStint(begun)
	c.EndStint(stored)
	if len(c.Begun) != 1 || c.Begun[0] != begun || len(c.Ended) != 1 || c.Ended[0] != stored {
		t.Errorf("begun %+v, ended %+v", c.Begun, c.Ended)
	}
	m := Message{ID: NewID[MessageID](), ConversationID: known.ID, Seq: 6, ThreadMethod: "reply", ThreadEvidence: "e"}
	at := time.Now()
	c.AddMessage(&m, AccountID{1}, [32]byte{2}, at)
	if want := (Placement{MessageID: m.ID, ConversationID: known.ID, Seq: 6, Method: "reply", Evidence: "e", Since: at}); c.Placements[0] != want {
		t.Errorf("placement %+v, want %+v", c.Placements[0], want)
	}
	if got := c.Messages[0]; got.ID != m.ID || got.Account != (AccountID{1}) || got.Content != [32]byte{2} {
		t.Errorf("message %+v", got)
	}
}
