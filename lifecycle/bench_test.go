package lifecycle

import (
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/router"
)

// BenchmarkApply measures what ingestion does with a message in a stored conversation
// that has open clocks: decode its state, apply the event, encode it again.
func BenchmarkApply(b *testing.B) {
	rules, err := router.Compile(router.Default)
	if err != nil {
		b.Fatal(err)
	}
	policy := Policy{Rules: rules}
	for i, in := range rules.Inboxes() {
		policy.Inboxes = append(policy.Inboxes, desk.Inbox{ID: desk.InboxID{byte(i + 1)}, Key: in.Key, Tier: in.Tier})
	}
	out := Open(desk.Conversation{ID: desk.ConversationID{1}, InboxID: desk.InboxID{1}, Tier: 1, Priority: desk.PriorityNormal}, Opening{SLA: "t1"}, policy, day)
	if out, err = Apply(out.State, Message{}, policy, day); err != nil {
		b.Fatal(err)
	}
	stored, stint := out.State.Conversation, out.State.Stint
	b.Run("message", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s, err := Load(stored, stint)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := Apply(s, Message{Data: desk.MessageReceived{}}, policy, day.Add(time.Minute)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("reply", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s, err := Load(stored, stint)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := Apply(s, Reply{Author: desk.Agent{ID: desk.AgentID{1}, Tiers: []desk.Tier{1}}}, policy, day.Add(time.Minute)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
