package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"switchboard/channels/livechat/chat"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/ingest"
	"switchboard/normalize"
	"switchboard/store"
)

// TestOrderOfChatLines sends the lines of 120 sessions to two nodes: each line to one
// of them as soon as the line before was acknowledged, and again to the other one, as a
// second tab or a reconnecting widget does, while lines are pending.
func TestOrderOfChatLines(t *testing.T) {
	t.Parallel()
	const sessions, lines = 120, 6
	p := newRules(t)
	var nodes []*ingest.Acceptor
	for range 2 {
		nodes = append(nodes, p.run())
	}
	var wg sync.WaitGroup
	for range sessions {
		session, err := p.store.Visitors().Open(t.Context(), "shop", "", chat.Visitor{Name: "Jo"})
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			var repeats sync.WaitGroup
			for n := range lines {
				line := chatLine(session.ID, n)
				if _, err := nodes[n%2].Accept(t.Context(), line); err != nil {
					t.Errorf("line %d: %v", n, err)
				}
				for _, again := range []int{n, max(n-1, 0)} {
					repeats.Go(func() {
						if r, err := nodes[(n+1)%2].Accept(t.Context(), chatLine(session.ID, again)); err != nil || !r.Duplicate {
							t.Errorf("line %d again: duplicate %t, %v", again, r.Duplicate, err)
						}
					})
				}
			}
			repeats.Wait()
		})
	}
	wg.Wait()
	p.settled()
	admin := desk.Agent{ID: desk.NewID[desk.AgentID](), Admin: true}
	got, wrong, seen := p.conversations(admin), 0, 0
	for _, id := range got {
		messages, err := p.store.Messages(t.Context(), admin, id, 0, 50)
		if err != nil {
			t.Fatal(err)
		}
		seen += len(messages)
		if !slices.IsSortedFunc(messages, func(a, b view.Message) int { return strings.Compare(a.Text, b.Text) }) {
			wrong++
		}
	}
	t.Logf("sessions=%d lines=%d out_of_order=%d", len(got), seen, wrong)
	if wrong > 0 || len(got) != sessions || seen != sessions*lines {
		t.Errorf("%d of %d conversations are out of order, with %d lines; want %d conversations with %d lines", wrong, len(got), seen, sessions, sessions*lines)
	}
	var repeated int
	if err := p.scan(&repeated, "select sum(duplicates + (select count(*) from raw_duplicates d where d.raw_id = r.id)) from raws r"); err != nil || repeated != sessions*lines*2 {
		t.Errorf("%d repeated lines were counted, want %d (%v)", repeated, sessions*lines*2, err)
	}
}

func chatLine(session desk.SessionID, n int) desk.Raw {
	id := fmt.Sprintf("line-%d", n)
	body, err := json.Marshal(desk.ChatLine{Session: session, ClientID: id, Text: fmt.Sprintf("Line %d", n)})
	if err != nil {
		panic(err)
	}
	return desk.Raw{Channel: desk.ChannelChat, Endpoint: "shop", SourceKey: session.String() + "/" + id, ReceivedAt: time.Now(), Bytes: body}
}

// flaky is a store whose first transactions for a sender fail for a temporary reason.
type flaky struct {
	*store.Store
	left atomic.Int32
}

func (f *flaky) Process(ctx context.Context, fn func(ingest.Tx) error) error {
	return f.Store.Process(ctx, func(tx ingest.Tx) error { return fn(&flakyTx{tx, f}) })
}

type flakyTx struct {
	ingest.Tx
	f *flaky
}

func (t *flakyTx) Save(ctx context.Context, c *desk.Changes) error {
	for _, m := range c.Messages {
		if m.Subject == "Mail 1" && t.f.left.Add(-1) >= 0 {
			return desk.Errorf(desk.KindTemporary, "the first mail cannot be stored yet")
		}
	}
	return t.Tx.Save(ctx, c)
}

// TestTemporaryFailureHoldsBackItsStream: mails behind one that failed for a temporary
// reason wait for it, in the batch, in memory and in the journal. Other senders' mail
// does not.
func TestTemporaryFailureHoldsBackItsStream(t *testing.T) {
	t.Parallel()
	p := newRules(t)
	f := &flaky{Store: p.store}
	f.left.Store(3) // in the batch, alone, and once more
	node := ingest.NewProcessor(f, normalize.Message, func() *ingest.Rules { return p.rules }, p.log)
	acceptor := ingest.NewAcceptor(p.store, node)
	p.spawn(acceptor.Run)
	p.spawn(node.Run)
	send := func(n int, from string) {
		t.Helper()
		if _, err := acceptor.Accept(t.Context(), rawMail(n, from, "")); err != nil {
			t.Fatal(err)
		}
	}
	for n := 1; n <= 8; n++ {
		send(n, "ann@held.example")
		send(100+n, fmt.Sprintf("bo@free%d.example", n))
		if n == 4 {
			<-time.After(300 * time.Millisecond) // the first ones have failed by now
		}
	}
	order := func() (subjects []string) {
		rows, err := p.db.QueryContext(t.Context(), "select m.subject from messages m join placements p on p.message_id = m.id join events e on e.conversation_id = p.conversation_id and e.seq = p.seq order by e.id")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				t.Fatal(err)
			}
			subjects = append(subjects, strings.TrimPrefix(s, "Mail "))
		}
		return subjects
	}
	p.settled()
	var held, others []string
	got := order()
	for _, s := range got {
		if len(s) == 1 {
			held = append(held, s)
		} else {
			others = append(others, s)
		}
	}
	if !slices.Equal(held, []string{"1", "2", "3", "4", "5", "6", "7", "8"}) || len(others) != 8 || slices.Index(got, "108") > slices.Index(got, "1") {
		t.Errorf("processed in the order %v: want 1 to 8 in order, after all of 101 to 108", got)
	}
}
