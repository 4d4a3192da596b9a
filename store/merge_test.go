package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/search"
)

const authentic = "dkim=pass header.d=acme.example; dmarc=pass header.from=acme.example"

// pair opens two conversations of Jo and answers both.
func (c *correspondence) pair(n int) (a, b opened) {
	c.t.Helper()
	o := c.open([]letterTo{
		{from: "Jo <jo@acme.example>", subject: fmt.Sprint("The lamp ", n), id: fmt.Sprintf("a%d@acme.example", n), body: "The lamp is dark.", results: authentic},
		{from: "Jo <jo@acme.example>", subject: fmt.Sprint("Still dark ", n), id: fmt.Sprintf("b%d@acme.example", n), body: "I wrote before.", results: authentic}})
	if o[0].id == o[1].id {
		c.t.Fatal("one conversation")
	}
	return o[0], o[1]
}

// receive accepts a letter and waits until it is stored.
func (c *correspondence) receive(l letterTo) placed {
	c.t.Helper()
	c.accept(c.mail(l))
	c.settled()
	return c.placed(l.id)
}

func citing(ids ...string) []string {
	return []string{"References: <" + strings.Join(ids, "> <") + ">"}
}

func (c *correspondence) letterBoth(id string, a, b opened) letterTo {
	return letterTo{from: "Jo <jo@acme.example>", subject: "Both", id: id, body: "This is about both.", results: authentic, headers: citing(a.theirs, b.theirs)}
}

func (c *correspondence) desk() *agent.Desk {
	return agent.New(c.store, agent.Options{MessageID: func(id desk.MessageID) string { return id.String() + "@desk.example" }, Own: c.rules.Own})
}

// state is what an agent sees of a conversation.
func (c *correspondence) state(id desk.ConversationID) view.Conversation {
	c.t.Helper()
	v, err := c.store.Conversation(c.t.Context(), c.ana, view.ConversationRef{ID: id})
	if err != nil {
		c.t.Fatal(err)
	}
	return v
}

// messages returns the texts of a conversation's messages.
func (c *correspondence) messages(id desk.ConversationID) (out []string) {
	c.t.Helper()
	list, err := c.store.Messages(c.t.Context(), c.ana, id, 0, 100)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, m := range list {
		out = append(out, m.Preview)
	}
	return out
}

func (c *correspondence) kinds(id desk.ConversationID) (out []string) {
	c.t.Helper()
	list, err := c.store.ConversationEvents(c.t.Context(), c.ana, id, 0, 100)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, e := range list {
		out = append(out, string(e.Kind))
	}
	return out
}

// consistent checks that every message is in one conversation that is not merged, and
// that the numbers of events and placements together have no gap and none twice.
func (c *correspondence) consistent() {
	c.t.Helper()
	for what, query := range map[string]string{
		"messages that are not in exactly one conversation": `select count(*) from messages m where 1 <> (select count(*) from placements p where p.message_id = m.id and p.until is null)`,
		"messages in merged conversations":                  `select count(*) from placements p join conversations v on v.id = p.conversation_id where p.until is null and v.merged_into is not null`,
		"conversations with gaps": `select count(*) from conversations v where v.last_seq <> (select count(distinct n.seq) from
			(select seq from events where conversation_id = v.id union select seq from placements where conversation_id = v.id) n)
			or v.last_seq <> (select max(seq) from (select seq from events where conversation_id = v.id union select seq from placements where conversation_id = v.id) n)`,
		"numbers of two messages":                 `select count(*) from (select 1 from placements group by conversation_id, seq having count(*) > 1) n`,
		"conversations without exactly one stint": `select count(*) from conversations v where 1 <> (select count(*) from stints s where s.conversation_id = v.id and s.ended_at is null)`,
		"merged ones that are open":               `select count(*) from conversations where merged_into is not null and status <> 'closed'`,
		"stints with gaps": `select count(*) from stints s where s.ended_at is not null
			and not exists (select from stints n where n.conversation_id = s.conversation_id and n.started_at = s.ended_at and n.id <> s.id)`,
	} {
		var n int
		if err := c.db.QueryRow(query).Scan(&n); err != nil {
			c.t.Fatalf("%s: %v", what, err)
		}
		if n > 0 {
			c.t.Errorf("%d %s", n, what)
		}
	}
}

// A mail that cites two conversations merges them. What refers to the absorbed one goes
// to the survivor, an undo restores everything, and no mail merges the two again.
func TestMailMergesConversations(t *testing.T) {
	t.Parallel()
	c := newCorrespondence(t)
	a, b := c.pair(0)
	before := c.state(b.id)
	if got := c.receive(c.letterBoth("both@acme.example", a, b)); got.conversation != a.id || got.marked() {
		t.Fatalf("the mail is at %+v, want %s", got, a.id)
	}
	c.consistent()
	if got, want := c.messages(a.id), []string{"The lamp is dark.", answerText, "I wrote before.", answerText, "This is about both."}; !slices.Equal(got, want) {
		t.Errorf("the survivor has %q", got)
	}
	if v := c.state(b.id); v.MergedInto == nil || v.MergedInto.ID != a.id || v.MergedInto.Number != c.state(a.id).Number || v.Status != desk.StatusClosed || len(c.messages(b.id)) > 0 {
		t.Errorf("the absorbed one is %+v", v)
	}
	why := c.text("select evidence from placements where conversation_id = $1 and method = 'merge' limit 1", a.id)
	if !strings.Contains(why, fmt.Sprintf("merged from #%d: a message cites <a0@acme.example>", before.Number)) {
		t.Errorf("why it is here: %q", why)
	}
	c.followed(a, b)
	c.undone(a, b, before)
}

// followed checks that what refers to the absorbed conversation goes to the survivor.
func (c *correspondence) followed(a, b opened) {
	c.t.Helper()
	jo := letterTo{from: "Jo <jo@acme.example>", subject: "Re: Still dark", body: "More.", results: authentic}
	for what, change := range map[string]func(*letterTo){
		"ours":   func(l *letterTo) { l.headers = citing(b.ours) },
		"theirs": func(l *letterTo) { l.headers = citing(b.theirs) },
		"token":  func(l *letterTo) { l.token = b.token },
		"quote": func(l *letterTo) {
			l.subject, l.body = "Re: Still dark 0", "More.\n\nOn Friday, Ana <support@desk.example> wrote:\n> "+answerText+"\n"
		},
	} {
		l := jo
		l.id = what + "@acme.example"
		change(&l)
		if got := c.receive(l); got.conversation != a.id {
			c.t.Errorf("%s: in %s, want %s", what, got.conversation, a.id)
		}
	}
	if _, err := c.db.Exec("update deliveries set state = 'sent' where conversation_id = $1", b.id); err != nil {
		c.t.Fatal(err)
	}
	bounce := letterTo{from: "mailer-daemon@mx.acme.example", subject: "Undelivered Mail Returned to Sender", id: "bounce@mx.acme.example",
		headers: []string{"Auto-Submitted: auto-replied", `Content-Type: multipart/report; report-type=delivery-status; boundary="x"`},
		body: "--x\n\nIt failed.\n--x\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.acme.example\n\nFinal-Recipient: rfc822; jo@acme.example\nAction: failed\nStatus: 5.1.1\n" +
			"--x\nContent-Type: message/rfc822\n\nFrom: support@desk.example\nTo: jo@acme.example\nMessage-ID: <" + b.ours + ">\nSubject: Re: Still dark 0\n\nHello\n--x--\n"}
	if got := c.receive(bounce); got.conversation != a.id {
		c.t.Errorf("a bounce is in %s, want %s", got.conversation, a.id)
	}
	if !slices.Contains(c.kinds(a.id), "delivery.changed") || slices.Contains(c.kinds(b.id), "delivery.changed") {
		c.t.Error("the failed delivery is not in the history of the survivor")
	}
	found, err := c.store.Conversations(c.t.Context(), c.ana, []search.Filter{{Words: []string{"wrote before"}}}, view.SortNewest, view.Position{}, 10)
	if err != nil || len(found) != 1 || found[0].ID != a.id {
		c.t.Errorf("a search finds %d conversations: %v", len(found), err)
	}
	c.consistent()
}

// undone checks that an undo restores the absorbed conversation, and that mail does not
// merge it again.
func (c *correspondence) undone(a, b opened, before view.Conversation) {
	c.t.Helper()
	stays := len(c.messages(a.id)) - 2
	if _, err := c.desk().Unmerge(c.t.Context(), c.ana, b.id); err != nil {
		c.t.Fatal(err)
	}
	c.consistent()
	v := c.state(b.id)
	if v.Status != before.Status || v.WaitingOn != before.WaitingOn || v.Assignee == nil || v.Assignee.ID != before.Assignee.ID || v.MergedInto != nil {
		c.t.Errorf("after the undo it is %+v, before the merge it was %+v", v, before)
	}
	if got := c.messages(b.id); !slices.Equal(got, []string{"I wrote before.", answerText}) {
		c.t.Errorf("it has %q", got)
	}
	if got := len(c.messages(a.id)); got != stays {
		c.t.Errorf("%d messages stay, want %d", got, stays)
	}
	if m := c.text("select string_agg(method, ' ' order by seq) from placements where conversation_id = $1 and until is null", b.id); m != "new reply" {
		c.t.Errorf("why they are there: %s", m)
	}
	for i, refs := range [][]string{{a.theirs, b.theirs}, {b.theirs, a.theirs}, {a.ours, b.ours}} {
		l := c.letterBoth(fmt.Sprintf("again%d@acme.example", i), a, b)
		l.headers = citing(refs...)
		want := b.id
		if i == 1 {
			want = a.id
		}
		if got := c.receive(l); got.conversation != want {
			c.t.Errorf("a mail that cites %q is in %s, want %s", refs, got.conversation, want)
		}
	}
	if c.state(b.id).MergedInto != nil {
		c.t.Error("merged again")
	}
	c.consistent()
}

// Only the customer can merge, and only what the same people may read.
func TestMailThatMergesNothing(t *testing.T) {
	t.Parallel()
	c := newCorrespondence(t)
	type variant struct {
		name    string
		prepare string // SQL on $1, the younger one
		change  func(l *letterTo, a, b opened)
	}
	from := func(who, results string) func(*letterTo, opened, opened) {
		return func(l *letterTo, a, b opened) {
			l.from, l.results, l.headers = who, results, citing(a.ours, b.ours)
		}
	}
	variants := []variant{
		{"a stranger", "", from("Eve <eve@evil.example>", "dkim=pass header.d=evil.example; dmarc=pass header.from=evil.example")},
		{"forged", "", from("Jo <jo@acme.example>", "spf=pass smtp.mailfrom=evil.example; dmarc=fail header.from=acme.example policy.dmarc=reject")},
		{"an unconfirmed colleague", "", from("Sam <sam@acme.example>", "spf=none; dkim=none; dmarc=none header.from=acme.example")},
		{"not confirmed, what others know too", "", func(l *letterTo, a, b opened) { l.results = "spf=none; dkim=none; dmarc=none header.from=acme.example" }},
		{"not checked", "", func(l *letterTo, a, b opened) { l.results = "" }},
		{"a stranger with the reply address", "", func(l *letterTo, a, b opened) {
			from("Eve <eve@evil.example>", "dkim=pass header.d=evil.example; dmarc=pass header.from=evil.example")(l, a, b)
			l.token = b.token
		}},
		{"an automatic reply", "", func(l *letterTo, a, b opened) { l.headers = append(l.headers, "Auto-Submitted: auto-replied") }},
		{"restricted", "update conversations set restricted = true where id = $1", nil},
		{"closed", "update conversations set status = 'closed', resolved_at = now() where id = $1", nil},
		{"a chat", "update conversations set reply_channel = 'chat' where id = $1", nil},
		{"another agent's", "", nil},
	}
	for i, v := range variants {
		a, b := c.pair(i + 10)
		if v.prepare != "" {
			if _, err := c.db.Exec(v.prepare, b.id); err != nil {
				t.Fatal(err)
			}
		}
		if v.name == "another agent's" {
			other := desk.Agent{Name: "Ben", Email: "ben@agents.example", Tiers: []desk.Tier{1}}
			var err error
			if other.ID, err = c.store.SaveAgent(t.Context(), other, ""); err != nil {
				t.Fatal(err)
			}
			if _, err := c.desk().Assign(t.Context(), c.ana, b.id, other.ID); err != nil {
				t.Fatal(err)
			}
		}
		l := c.letterBoth(fmt.Sprintf("variant%d@acme.example", i), a, b)
		if v.change != nil {
			v.change(&l, a, b)
		}
		c.receive(l)
		if c.state(a.id).MergedInto != nil || c.state(b.id).MergedInto != nil {
			t.Errorf("%s: merged", v.name)
		}
	}
	c.consistent()
}

// A mail that merges may come in one batch with those that it cites, and two that cite
// the same conversations may be processed at once by two nodes.
func TestMergesAtOnce(t *testing.T) {
	t.Parallel()
	c := newCorrespondence(t)
	other := c.run()
	var wg sync.WaitGroup
	var pairs [][2]opened
	for i := range 12 {
		a, b := c.pair(i + 40)
		pairs = append(pairs, [2]opened{a, b})
	}
	for i, p := range pairs {
		one, two := c.mail(c.letterBoth(fmt.Sprintf("one%d@acme.example", i), p[0], p[1])), c.mail(c.letterBoth(fmt.Sprintf("two%d@acme.example", i), p[1], p[0]))
		wg.Go(func() { c.accept(one) })
		wg.Go(func() {
			if _, err := other.Accept(t.Context(), two); err != nil {
				t.Error(err)
			}
		})
		if i%3 == 0 {
			wg.Go(func() { // an agent merges them, too, the other way round
				if _, err := c.desk().Merge(t.Context(), c.ana, p[0].id, p[1].id); err != nil && desk.KindOf(err) != desk.KindConflict {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	c.settled()
	c.consistent()
	for i, p := range pairs {
		x, y := c.placed(fmt.Sprintf("one%d@acme.example", i)).conversation, c.placed(fmt.Sprintf("two%d@acme.example", i)).conversation
		if x != y || x != p[0].id && x != p[1].id {
			t.Errorf("pair %d: the mails are in %s and %s", i, x, y)
		}
	}
	batch := []letterTo{
		{from: "Jo <jo@acme.example>", subject: "One", id: "n1@acme.example", body: "First.", results: authentic},
		{from: "Jo <jo@acme.example>", subject: "Two", id: "n2@acme.example", body: "Second.", results: authentic},
		{from: "Jo <jo@acme.example>", subject: "Three", id: "n3@acme.example", body: "Third.", results: authentic, headers: citing("n1@acme.example", "n2@acme.example")},
		{from: "Jo <jo@acme.example>", subject: "Four", id: "n4@acme.example", body: "Fourth.", results: authentic, headers: citing("n2@acme.example")},
	}
	var raws []desk.Raw
	for _, l := range batch {
		raws = append(raws, c.mail(l))
	}
	c.accept(raws...)
	c.settled()
	c.consistent()
	for _, l := range batch[1:] {
		if got := c.placed(l.id).conversation; got != c.placed("n1@acme.example").conversation {
			t.Errorf("%s is in another conversation", l.id)
		}
	}
}

// A panic in a transaction ends it: otherwise its locks would keep everything else waiting.
func TestPanicEndsTheTransaction(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	id := o.letter(t)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		_ = o.Act(t.Context(), []desk.ConversationID{id}, func(agent.Tx) error { panic("a bug") })
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := o.Act(ctx, []desk.ConversationID{id}, func(agent.Tx) error { return nil }); err != nil {
		t.Error(err)
	}
}

// Whatever agents and mail merge and separate, messages stay in one place and numbers
// stay dense.
func TestRandomMerges(t *testing.T) {
	t.Parallel()
	c := newCorrespondence(t)
	r := rand.New(rand.NewPCG(7, 11))
	var all []opened
	for i := range 3 {
		a, b := c.pair(i + 70)
		all = append(all, a, b)
	}
	done := map[string]int{}
	for i := range 50 {
		x, y := all[r.IntN(len(all))], all[r.IntN(len(all))]
		var err error
		verb := []string{"merge", "merge", "unmerge", "unmerge", "mail", "reply"}[r.IntN(6)]
		switch verb {
		case "merge":
			_, err = c.desk().Merge(t.Context(), c.ana, x.id, y.id)
		case "unmerge":
			_, err = c.desk().Unmerge(t.Context(), c.ana, x.id)
		case "mail":
			c.receive(c.letterBoth(fmt.Sprintf("r%d@acme.example", i), x, y))
		case "reply":
			_, err = c.desk().Reply(t.Context(), c.ana, x.id, agent.Reply{Text: fmt.Sprint("Answer ", i)})
		}
		if err == nil {
			done[verb]++
		} else if kind := desk.KindOf(err); kind != desk.KindConflict && kind != desk.KindInvalid {
			t.Fatalf("%s: %v", verb, err)
		}
		if c.consistent(); t.Failed() {
			t.Fatalf("after step %d: %s of %s and %s (%v)", i, verb, x.id, y.id, err)
		}
	}
	// Undo everything: each message is where it was before it was moved.
	for range all {
		for _, o := range all {
			if _, err := c.desk().Unmerge(t.Context(), c.ana, o.id); err == nil {
				done["unmerge"]++
			}
		}
	}
	c.consistent()
	for _, o := range all {
		for _, id := range []string{o.theirs, o.ours} {
			in := c.text("select p.conversation_id from placements p join messages m on m.id = p.message_id where m.message_id = $1 and p.until is null", id)
			if strings.ReplaceAll(in, "-", "") != o.id.String()[3:] {
				t.Errorf("%s is in %s, want %s", id, in, o.id)
			}
		}
	}
	if done["merge"] < 5 || done["unmerge"] < 5 || done["mail"] < 3 {
		t.Errorf("done: %v", done)
	}
}
