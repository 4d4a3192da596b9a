package store

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
)

// BenchmarkWrite is the writer alone: a chat line in a conversation that exists,
// and batches of mails that each open one.
func BenchmarkWrite(b *testing.B) {
	b.Run("line", func(b *testing.B) {
		f := openFixture(b)
		seq := int64(1)
		write(b, f, func() *desk.Changes {
			seq++
			at := time.Now()
			v := &desk.Conversation{ID: f.updated, AccountID: f.account, ContactID: f.contact, Channel: desk.ChannelChat, Status: desk.StatusOpen,
				Priority: desk.PriorityNormal, InboxID: f.inbox, Tier: 1, ReplyChannel: desk.ChannelChat, WaitingOn: desk.WaitingUs, LastSeq: seq, UpdatedAt: at}
			c := &desk.Changes{Updated: []*desk.Conversation{v}, Sessions: []desk.SessionLink{{Session: f.session, Contact: f.contact, Conversation: f.updated}}}
			f.add(c, v, "Where is my order?", seq, at)
			return c
		})
	})
	for _, n := range []int{1, 50} {
		b.Run(fmt.Sprintf("mails=%d", n), func(b *testing.B) {
			f := openFixture(b)
			text := strings.Repeat("All work and no play makes Jack a dull boy. ", 600)
			write(b, f, func() *desk.Changes {
				c := &desk.Changes{}
				for range n {
					at := time.Now()
					v := &desk.Conversation{ID: desk.NewID[desk.ConversationID](), AccountID: f.account, ContactID: f.contact, Channel: desk.ChannelEmail,
						Status: desk.StatusOpen, Priority: desk.PriorityNormal, InboxID: f.inbox, Tier: 1, ReplyChannel: desk.ChannelEmail,
						WaitingOn: desk.WaitingUs, LastSeq: 2, CreatedAt: at, UpdatedAt: at}
					c.AddOpened(*v)
					c.Begun = append(c.Begun, desk.Stint{ID: desk.NewID[desk.StintID](), ConversationID: v.ID, InboxID: f.inbox, Tier: 1, WaitingOn: desk.WaitingUs, StartedAt: at})
					c.Events = append(c.Events, desk.NewConversationEvent(at, v, 1, desk.ActorPolicy, desk.ConversationOpened{Inbox: "frontline"}))
					f.add(c, v, text, 2, at)
				}
				return c
			})
		})
	}
}

// add adds a message and its event.
func (f *fixture) add(c *desk.Changes, v *desk.Conversation, text string, seq int64, at time.Time) {
	m := desk.Message{ID: desk.NewID[desk.MessageID](), ConversationID: v.ID, Seq: seq, Direction: desk.Inbound, Channel: v.Channel,
		From: []desk.Address{{Email: "jo@acme.example"}}, SentAt: at, ReceivedAt: at, TextBody: text, NewText: text, AutoSubmitted: desk.AutoNo}
	m.MessageID = m.ID.String()
	c.AddMessage(&m, f.account, [32]byte{1}, at)
	c.Refs = append(c.Refs, desk.ThreadRef{MessageID: m.MessageID, Conversation: v.ID, Account: f.account, Own: true})
	c.Events = append(c.Events, desk.NewConversationEvent(at, v, seq, desk.ActorCustomer, desk.MessageReceived{MessageSummary: m.Summary()}))
}

func write(b *testing.B, f *fixture, changes func() *desk.Changes) {
	b.ReportAllocs()
	for b.Loop() {
		c := changes()
		if err := f.txAsync(b.Context(), func(tx *sqlx.Tx) error { return f.Store.write(b.Context(), tx, c) }); err != nil {
			b.Fatal(err)
		}
	}
}
