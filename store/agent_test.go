package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/agent"
	"switchboard/desk"
)

func TestReply(t *testing.T) {
	o := openOffice(t)
	c := o.letter(t)
	seen := int64(2)
	m, err := o.desk.Reply(t.Context(), o.ana, c, agent.Reply{Text: "Pull the plug.", CC: []desk.Address{{Email: "sam@acme.example"}}, ExpectedSeq: &seen})
	if err != nil {
		t.Fatal(err)
	}
	es := o.events(t, c, 2)
	if got := kinds(es); got != "message.sent conversation.assigned conversation.status" {
		t.Errorf("events: %s", got)
	}
	if m.Seq != 3 || es[0].Data["message_id"] != m.ID.String() || es[0].Actor != o.ana.ID.String() || es[1].Data["to"] != o.ana.ID.String() {
		t.Errorf("seq %d, %+v", m.Seq, es)
	}
	v, err := o.Message(t.Context(), o.ana, m.ID)
	if err != nil {
		t.Fatal(err)
	}
	if v.Subject != "Re: Printer on fire" || len(v.References) != 2 || v.References[0] != "root@acme.example" || v.InReplyTo[0] != v.References[1] ||
		v.From[0] != (desk.Address{Name: "Ana", Email: "help@desk.example"}) || v.To[0].Name != "Jo Doe" || len(v.Deliveries) != 2 {
		t.Errorf("%+v", v)
	}
	for query, want := range map[string]int{
		"select count(*) from conversations where status = 'pending' and waiting_since is null and last_reply_at is not null and participants = '{jo@acme.example,sam@acme.example}'": 1,
		"select count(*) from thread_refs where own and message_id = '" + m.MessageID + "'":                                                                                           1,
		"select count(*) from deliveries where state = 'queued' and return_path = 'help@desk.example' and next_attempt_at <= now()":                                                   2,
		"select count(*) from stints where ended_at is null and waiting_on = 'customer' and assignee_id is not null":                                                                  1,
	} {
		if got := o.number(t, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	o.tiled(t)

	// The customer's silence makes the next answer hang on the same mail, and on
	// what the first answer was.
	if _, err := o.desk.Reply(t.Context(), o.bob, c, agent.Reply{Text: "Did it help?", ExpectedSeq: &seen}); desk.KindOf(err) != desk.KindConflict {
		t.Errorf("an answer that had not seen the first one: %v", err)
	} else if stale := new(agent.Stale); !errors.As(err, &stale) || *stale != (agent.Stale{LastSeq: 3, Newer: 1}) {
		t.Errorf("stale: %+v", stale)
	}
	if _, err := o.desk.Reply(t.Context(), o.bob, c, agent.Reply{Text: "Did it help?", ExpectedSeq: &m.Seq}); err != nil {
		t.Error(err)
	}
	if got := o.number(t, "select count(*) from conversations where assignee_id = $1", o.ana.ID); got != 1 {
		t.Error("a colleague's answer took the conversation away")
	}
	o.tiled(t)
}

// TestReplyLeavesNothing: whatever is refused has written nothing.
func TestReplyLeavesNothing(t *testing.T) {
	o := openOffice(t)
	c := o.letter(t)
	secret := o.letter(t)
	o.exec(t, "update conversations set restricted = true, tier = 2, inbox_id = $2 where id = $1", secret, o.billing.ID)
	o.exec(t, "update stints set tier = 2, inbox_id = $2 where conversation_id = $1", secret, o.billing.ID)
	closed := o.letter(t)
	o.exec(t, "update conversations set status = 'closed', waiting_since = null where id = $1", closed)
	o.exec(t, "update stints set waiting_on = 'customer' where conversation_id = $1", closed)
	gone := o.agent(t, "Gone", 1)
	o.exec(t, "update agents set disabled = true where id = $1", gone.ID)
	zero := int64(0)
	for name, x := range map[string]struct {
		by   desk.Agent
		c    desk.ConversationID
		r    agent.Reply
		kind desk.Kind
	}{
		"empty":                {o.ana, c, agent.Reply{Text: " "}, desk.KindInvalid},
		"stale":                {o.ana, c, agent.Reply{Text: "x", ExpectedSeq: &zero}, desk.KindConflict},
		"closed":               {o.ana, closed, agent.Reply{Text: "x"}, desk.KindConflict},
		"unknown conversation": {o.ana, desk.NewID[desk.ConversationID](), agent.Reply{Text: "x"}, desk.KindNotFound},
		"not for frontline":    {o.ana, secret, agent.Reply{Text: "x"}, desk.KindNotFound},
		"disabled meanwhile":   {gone, c, agent.Reply{Text: "x"}, desk.KindDenied},
		"nobody":               {desk.Agent{Admin: true}, c, agent.Reply{Text: "x"}, desk.KindDenied},
		"who says admin":       {desk.Agent{ID: o.ana.ID, Admin: true}, secret, agent.Reply{Text: "x"}, desk.KindNotFound},
	} {
		if _, err := o.desk.Reply(t.Context(), x.by, x.c, x.r); err == nil || desk.KindOf(err) != x.kind {
			t.Errorf("%s: %v (%v)", name, err, desk.KindOf(err))
		}
	}
	for query, want := range map[string]int{"select count(*) from messages": 3, "select count(*) from events where subject_kind = 'conversation'": 6, "select count(*) from deliveries": 0, "select count(*) from stints": 3} {
		if got := o.number(t, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	if _, err := o.desk.Reply(t.Context(), o.bob, secret, agent.Reply{Text: "x"}); err != nil {
		t.Errorf("a specialist in a restricted conversation of his tier: %v", err)
	}
	if _, err := o.desk.Note(t.Context(), o.root, secret, "x"); err != nil {
		t.Errorf("an admin: %v", err)
	}
	o.tiled(t)
}

func TestMove(t *testing.T) {
	o := openOffice(t)
	c := o.letter(t)
	two, one := desk.Tier(2), desk.Tier(1)
	if _, err := o.desk.Assign(t.Context(), o.ana, c, o.ana.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := o.desk.Move(t.Context(), o.ana, c, agent.Move{Tier: &two}); desk.KindOf(err) != desk.KindInvalid || !strings.Contains(err.Error(), "handover") {
		t.Errorf("a rising tier without a note: %v", err)
	}
	got, err := o.desk.Move(t.Context(), o.ana, c, agent.Move{Tier: &two, Note: "wrong invoice, tried a refund"})
	if err != nil || got.InboxID != o.billing.ID || got.Tier != 2 || !got.AssigneeID.IsZero() || got.Path[1] != "moved: frontline -> billing by Ana" || got.LastSeq != 5 {
		t.Errorf("%+v, %v", got, err)
	}
	es := o.events(t, c, 2)
	if kinds(es) != "conversation.assigned note.added conversation.moved" {
		t.Errorf("events: %s", kinds(es))
	}
	moved := es[2].Data
	if moved["from"] != "frontline" || moved["to"] != "billing" || moved["note"] != "wrong invoice, tried a refund" || moved["message_id"] != es[1].Data["message_id"] || moved["unassigned"] != true {
		t.Errorf("%v", moved)
	}
	if _, err := o.desk.Assign(t.Context(), o.bob, c, o.bob.ID); err != nil {
		t.Fatal(err)
	}
	if got, err = o.desk.Move(t.Context(), o.bob, c, agent.Move{Tier: &one}); err != nil || got.AssigneeID != o.bob.ID || got.InboxID != o.frontline.ID {
		t.Errorf("Bob works in both: %+v, %v", got, err)
	}
	before := got.LastSeq
	if got, err = o.desk.Move(t.Context(), o.bob, c, agent.Move{Inbox: "frontline"}); err != nil || got.LastSeq != before {
		t.Errorf("a move to where it is: %+v, %v", got, err)
	}
	o.exec(t, "update inboxes set archived = true where key = 'billing'")
	if _, err = o.desk.Move(t.Context(), o.bob, c, agent.Move{Inbox: "billing", Note: "x"}); desk.KindOf(err) != desk.KindInvalid {
		t.Errorf("a move to an archived inbox: %v", err)
	}
	o.tiled(t)
}

func TestAssignAndStatus(t *testing.T) {
	o := openOffice(t)
	c := o.letter(t)
	ctx := t.Context()
	gone := o.agent(t, "Gone", 1)
	o.exec(t, "update agents set disabled = true where id = $1", gone.ID)
	for name, to := range map[string]desk.AgentID{"disabled": gone.ID, "unknown": desk.NewID[desk.AgentID]()} {
		if _, err := o.desk.Assign(ctx, o.ana, c, to); desk.KindOf(err) != desk.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	steps := []struct {
		name string
		do   func() (desk.Conversation, error)
		want string // the event; "": none
	}{
		{"assign", func() (desk.Conversation, error) { return o.desk.Assign(ctx, o.ana, c, o.bob.ID) }, "conversation.assigned"},
		{"again", func() (desk.Conversation, error) { return o.desk.Assign(ctx, o.ana, c, o.bob.ID) }, ""},
		{"unassign", func() (desk.Conversation, error) { return o.desk.Assign(ctx, o.ana, c, desk.AgentID{}) }, "conversation.assigned"},
		{"claim", func() (desk.Conversation, error) { return o.desk.Claim(ctx, o.ana, c) }, "conversation.assigned"},
		{"snooze", func() (desk.Conversation, error) {
			return o.desk.SetStatus(ctx, o.ana, c, agent.Status{To: desk.StatusSnoozed, Until: time.Now().Add(time.Hour)})
		}, "conversation.status"},
		{"open", func() (desk.Conversation, error) {
			return o.desk.SetStatus(ctx, o.ana, c, agent.Status{To: desk.StatusOpen})
		}, "conversation.status"},
		{"open again", func() (desk.Conversation, error) {
			return o.desk.SetStatus(ctx, o.ana, c, agent.Status{To: desk.StatusOpen})
		}, ""},
		{"resolve", func() (desk.Conversation, error) {
			return o.desk.SetStatus(ctx, o.ana, c, agent.Status{To: desk.StatusResolved})
		}, "conversation.status"},
		{"close", func() (desk.Conversation, error) {
			return o.desk.SetStatus(ctx, o.ana, c, agent.Status{To: desk.StatusClosed})
		}, "conversation.status"},
	}
	for _, s := range steps {
		before := o.number(t, "select last_seq from conversations where id = $1", c)
		got, err := s.do()
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		if es := kinds(o.events(t, c, before)); es != s.want {
			t.Errorf("%s: events %q, want %q", s.name, es, s.want)
		}
		if n := o.number(t, "select count(*) from conversations where id = $1 and status = $2 and last_seq = $3 and assignee_id is not distinct from $4", c, got.Status, got.LastSeq, got.AssigneeID); n != 1 {
			t.Errorf("%s: the answer %+v is not what was stored", s.name, got)
		}
		o.tiled(t)
	}
	if _, err := o.desk.Claim(ctx, o.bob, c); desk.KindOf(err) != desk.KindConflict || !strings.Contains(err.Error(), "Ana") {
		t.Errorf("a claim of what Ana holds: %v", err)
	}
}

// TestWake: a snooze ends, once, on however many nodes.
func TestWake(t *testing.T) {
	o := openOffice(t)
	ctx := t.Context()
	due, later, opened := o.letter(t), o.letter(t), o.letter(t)
	for _, c := range []desk.ConversationID{due, later, opened} {
		if _, err := o.desk.SetStatus(ctx, o.ana, c, agent.Status{To: desk.StatusSnoozed, Until: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
	}
	o.exec(t, "update conversations set snoozed_until = now(), check_at = now() where id in ($1, $2)", due, opened)
	if _, err := o.desk.SetStatus(ctx, o.ana, opened, agent.Status{To: desk.StatusOpen}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	total := 0
	for range 4 {
		wg.Go(func() {
			n, err := o.desk.FireTimers(ctx, o.Store)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			total += n
		})
	}
	wg.Wait()
	if total != 1 || o.number(t, "select count(*) from conversations where status = 'snoozed' and id = $1", later) != 1 {
		t.Errorf("%d were woken", total)
	}
	if es := o.events(t, due, 3); len(es) != 1 || es[0].Data["to"] != "open" || es[0].Actor != "system" {
		t.Errorf("%+v", es)
	}
	o.tiled(t)
}

// TestCrowd lets 32 agents answer, claim and move the same conversations at once.
func TestCrowd(t *testing.T) {
	o := openOffice(t)
	const crowd, rounds = 32, 12
	agents := make([]desk.Agent, crowd)
	for i := range agents {
		agents[i] = o.agent(t, fmt.Sprintf("Agent%d", i), 1, 2)
	}
	var mu sync.Mutex
	claims, replies := map[desk.ConversationID][]desk.AgentID{}, map[desk.ConversationID][]int64{}
	var unexpected []error
	each := func(c desk.ConversationID, do func(ctx context.Context, a desk.Agent, c desk.ConversationID) error) {
		var wg sync.WaitGroup
		for _, a := range agents {
			wg.Go(func() {
				if err := do(t.Context(), a, c); err != nil && desk.KindOf(err) != desk.KindConflict {
					mu.Lock()
					defer mu.Unlock()
					unexpected = append(unexpected, err)
				}
			})
		}
		wg.Wait()
	}
	seen := int64(2)
	for range rounds {
		c := o.letter(t)
		each(c, func(ctx context.Context, a desk.Agent, c desk.ConversationID) error {
			if _, err := o.desk.Claim(ctx, a, c); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			claims[c] = append(claims[c], a.ID)
			return nil
		})
		each(c, func(ctx context.Context, a desk.Agent, c desk.ConversationID) error {
			m, err := o.desk.Reply(ctx, a, c, agent.Reply{Text: "mine", ExpectedSeq: &seen})
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			replies[c] = append(replies[c], m.Seq)
			return nil
		})
		each(c, func(ctx context.Context, a desk.Agent, c desk.ConversationID) error {
			switch a.ID[15] % 4 {
			case 0:
				_, err := o.desk.Move(ctx, a, c, agent.Move{Inbox: "billing", Note: "look"})
				return err
			case 1:
				_, err := o.desk.Move(ctx, a, c, agent.Move{Inbox: "frontline"})
				return err
			case 2:
				_, err := o.desk.SetStatus(ctx, a, c, agent.Status{To: desk.StatusOpen})
				return err
			}
			_, err := o.desk.Note(ctx, a, c, "noted")
			return err
		})
		o.events(t, c, 2)
	}
	doubleOwner, lostUpdate := 0, 0
	for c, who := range claims {
		if len(who) != 1 {
			doubleOwner++
		}
		if n := o.number(t, "select count(*) from events where conversation_id = $1 and kind = 'conversation.assigned' and data->>'to' = $2", c, who[0].String()); n != 1 {
			lostUpdate++
		}
	}
	for _, seqs := range replies {
		if len(seqs) != 1 {
			lostUpdate++
		}
	}
	t.Logf("agents=%d conversations=%d double_owner=%d lost_update=%d", crowd, rounds, doubleOwner, lostUpdate)
	if len(claims) != rounds || len(replies) != rounds || doubleOwner+lostUpdate > 0 || len(unexpected) > 0 {
		t.Errorf("claims in %d, replies in %d of %d conversations; unexpected: %v", len(claims), len(replies), rounds, slices.Compact(unexpected))
	}
	o.tiled(t)
}
