package ingest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/normalize"
	"switchboard/router"
	"switchboard/threading"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func rules(t testing.TB) *Rules {
	t.Helper()
	policy, err := router.Compile(router.Default)
	if err != nil {
		t.Fatal(err)
	}
	r := &Rules{Policy: policy, Version: 1, Inboxes: map[string]desk.Inbox{},
		Tokens: threading.NewTokens(threading.Key{ID: 1, Secret: []byte(strings.Repeat("k", 32))}),
		Own:    func(a string) bool { return strings.HasSuffix(strings.ToLower(a), "@desk.example") },
		Base: func(a string) string {
			if local, _, _ := strings.Cut(a, "+"); strings.HasPrefix(local, "billing") {
				return "billing@desk.example"
			}
			return "support@desk.example"
		}}
	for _, i := range policy.Inboxes() {
		r.Inboxes[i.Key] = desk.Inbox{ID: desk.NewID[desk.InboxID](), Key: i.Key, Name: i.Name, Tier: i.Tier}
	}
	return r
}

func nothing() *Snapshot {
	return &Snapshot{Contacts: map[IdentityKey]desk.Contact{}, Domains: map[string]desk.AccountID{}, Accounts: map[desk.AccountID]desk.Account{},
		Conversations: map[desk.ConversationID]*desk.Conversation{}, Stints: map[desk.ConversationID]desk.Stint{},
		Sessions: map[desk.SessionID]Session{}, Stored: map[ContentKey]Stored{}, Sent: map[string]desk.ConversationID{}, SentText: map[string]string{}, SentAs: map[string]desk.MessageID{},
		Open: map[desk.AccountID]int{}, Last: map[desk.ConversationID][]threading.Written{}}
}

// item returns a received mail with these header fields, received n minutes after
// noon.
func item(t testing.TB, n int, headers ...string) parsed {
	t.Helper()
	text := strings.Join(headers, "\r\n") + fmt.Sprintf("\r\n\r\nText %d.\r\n", n)
	raw := desk.Raw{ID: desk.NewID[desk.RawID](), Channel: desk.ChannelEmail, Endpoint: "smtp", SourceKey: fmt.Sprint(n),
		ReceivedAt: noon.Add(time.Duration(n) * time.Minute), Bytes: []byte(text)}
	m, err := normalize.Message(raw)
	if err != nil {
		t.Fatal(err)
	}
	return parsed{Claimed: Claimed{Raw: raw, Fence: 1}, message: m}
}

func from(who, id string, more ...string) []string {
	return append([]string{"From: " + who, "To: support@desk.example", "Subject: Lamp", "Message-ID: <" + id + ">", "Date: Fri, 20 Nov 2026 12:00:00 +0000"}, more...)
}

// authentic returns the mail with the results of a DMARC check that its author passed.
func authentic(p parsed) parsed {
	p.Raw.AuthResults = "mx.desk.example; dmarc=pass header.from=" + imf.Domain(p.message.From[0].Email)
	return p
}

func refers(id string) string { return "References: <" + id + ">" }

// TestDecideThreads counts the conversations that a batch of mails opens on an empty
// database.
func TestDecideThreads(t *testing.T) {
	for name, c := range map[string]struct {
		mails [][]string
		want  int
	}{
		"a reply joins":                 {[][]string{from("jo@acme.example", "1@a"), from("jo@acme.example", "2@a", refers("1@a"))}, 1},
		"a colleague joins":             {[][]string{from("jo@acme.example", "1@a"), from("sam@acme.example", "2@a", refers("1@a"))}, 1},
		"a parent after its reply":      {[][]string{from("jo@acme.example", "2@a", refers("1@a")), from("jo@acme.example", "1@a")}, 1},
		"a stranger does not":           {[][]string{from("jo@acme.example", "1@a"), from("eve@evil.example", "2@e", refers("1@a"))}, 2},
		"freemail users are strangers":  {[][]string{from("jo@gmail.com", "1@a"), from("eve@gmail.com", "2@e", refers("1@a"))}, 2},
		"a subdomain does not":          {[][]string{from("jo@acme.example", "1@a"), from("eve@evil.acme.example", "2@e", refers("1@a"))}, 2},
		"someone in copy may reply":     {[][]string{from("jo@acme.example", "1@a", "Cc: kim@partner.example"), from("kim@partner.example", "2@p", refers("1@a"))}, 1},
		"a subject alone does not join": {[][]string{from("jo@acme.example", "1@a"), from("sam@acme.example", "2@a")}, 2},
		"another text, the same id":     {[][]string{from("jo@acme.example", "1@a"), from("eve@evil.example", "1@a")}, 2},
		"a number in the subject":       {[][]string{from("jo@acme.example", "1@a"), {"From: eve@evil.example", "To: support@desk.example", "Subject: Re: [#1] Lamp", "Message-ID: <9@e>"}}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			var items []parsed
			for n, headers := range c.mails {
				items = append(items, authentic(item(t, n, headers...)))
			}
			out := decide(items, nothing(), rules(t), noon.Add(time.Hour))
			if len(out.Opened) != c.want || len(out.Messages) != len(c.mails) {
				t.Errorf("%d conversations and %d messages, want %d and %d", len(out.Opened), len(out.Messages), c.want, len(c.mails))
			}
			checkLedger(t, out)
		})
	}
}

// Two strangers who give no address and quote the same reply stay apart; two mails of
// one person are threaded.
func TestSendersWithoutAddressStayApart(t *testing.T) {
	t.Parallel()
	const quote = "\r\n\r\nOn Fri, 20 Nov 2026 at 11:58, Desk <support@desk.example> wrote:\r\n" +
		"> Open the lid of the lamp, take out the battery, wait for ten seconds and put it back\r\n> with the plus side up, then press the red button twice.\r\n"
	for who, want := range map[string]int{"jo@acme.example": 1, "": 2, "<>": 2, "Jo": 2, "undisclosed": 2} {
		var items []parsed
		for n, id := range []string{"1@a", "2@b"} {
			items = append(items, item(t, n, "From: "+who, "To: support@desk.example", "Subject: Re: Lamp", "Message-ID: <"+id+">"+quote))
		}
		if out := decide(items, nothing(), rules(t), noon.Add(time.Hour)); len(out.Opened) != want {
			t.Errorf("From %q: %d conversations, want %d", who, len(out.Opened), want)
		}
	}
}

// Citing a stranger's message does not make a sender without an address a
// participant: their message is marked.
func TestSenderWithoutAddressCites(t *testing.T) {
	t.Parallel()
	for who, member := range map[string]bool{"jo@acme.example": true, "Jo": false, "": false} {
		out := decide([]parsed{
			item(t, 1, "From: "+who, "To: support@desk.example", "Subject: Lamp", "Message-ID: <1@a>"),
			item(t, 2, "From: "+who, "To: support@desk.example", "Subject: Re: Lamp", "Message-ID: <2@b>", "References: <1@a>"),
		}, nothing(), rules(t), noon.Add(time.Hour))
		marked := slices.ContainsFunc(out.Messages[1].Problems, func(p desk.Problem) bool { return p.Code == desk.ProblemUnverified })
		if apart := len(out.Opened) == 2; (apart || marked) == member {
			t.Errorf("From %q: %d conversations, marked %t", who, len(out.Opened), marked)
		}
	}
}

// checkLedger checks that events are dense and that one stint is running.
func checkLedger(t *testing.T, out *desk.Changes) {
	t.Helper()
	next := map[desk.ConversationID]int64{}
	for _, e := range out.Events {
		if next[e.ConversationID]++; e.Seq != next[e.ConversationID] {
			t.Errorf("event %s has number %d, want %d", e.Kind, e.Seq, next[e.ConversationID])
		}
	}
	running := map[desk.ConversationID]int{}
	for _, s := range out.Begun {
		if s.EndedAt.IsZero() {
			running[s.ConversationID]++
		}
	}
	for id, n := range running {
		if n != 1 {
			t.Errorf("%s has %d running stints", id, n)
		}
	}
}

// stored returns a conversation that has a reply, as the database has it.
func stored(t *testing.T, r *Rules, status desk.Status) (*Snapshot, *desk.Conversation) {
	t.Helper()
	first := decide([]parsed{item(t, 0, from("jo@acme.example", "1@a")...)}, nothing(), r, noon.Add(time.Hour))
	c := first.Opened[0]
	snap := nothing()
	snap.Accounts[c.AccountID] = first.Accounts[0]
	snap.Domains["acme.example"] = c.AccountID
	snap.Contacts[IdentityKey{desk.ChannelEmail, first.Identities[0].Address}] = first.Contacts[0]
	snap.Conversations[c.ID], snap.Stints[c.ID] = c, first.Begun[0]
	snap.Known = []threading.Known{{MessageID: "1@a", Conversation: c.ID, Own: true}, {MessageID: "out.1@desk.example", Conversation: c.ID, Own: true}}
	snap.Sent["out.1@desk.example"] = c.ID
	c.Status, c.WaitingOn, c.WaitingSince = status, desk.WaitingCustomer, time.Time{}
	stint := first.Begun[0]
	stint.WaitingOn = desk.WaitingCustomer
	snap.Stints[c.ID] = stint
	return snap, c
}

func TestDecideReopens(t *testing.T) {
	person := from("jo@acme.example", "2@a", refers("out.1@desk.example"))
	for name, c := range map[string]struct {
		status desk.Status
		mail   []string
		want   desk.Status
		waits  desk.WaitingOn
	}{
		"a message from a person": {desk.StatusPending, person, desk.StatusOpen, desk.WaitingUs},
		"after it was resolved":   {desk.StatusResolved, person, desk.StatusOpen, desk.WaitingUs},
		"a vacation notice":       {desk.StatusResolved, append(slices.Clone(person), "Auto-Submitted: auto-replied"), desk.StatusResolved, desk.WaitingCustomer},
		"our own address":         {desk.StatusPending, from("support@desk.example", "3@x", refers("out.1@desk.example")), desk.StatusPending, desk.WaitingCustomer},
	} {
		t.Run(name, func(t *testing.T) {
			r := rules(t)
			snap, conversation := stored(t, r, c.status)
			decide([]parsed{item(t, 1, c.mail...)}, snap, r, noon.Add(2*time.Hour))
			if conversation.Status != c.want || snap.Stints[conversation.ID].WaitingOn != c.waits {
				t.Errorf("status %s, waiting on %s; want %s, %s", conversation.Status, snap.Stints[conversation.ID].WaitingOn, c.want, c.waits)
			}
		})
	}
}

// Replies never go to someone from another account or to one of our own addresses,
// and only an authenticated mail redirects them.
func TestDecideReplyTo(t *testing.T) {
	for name, c := range map[string]struct {
		mail []string
		want string
	}{
		"the same person":          {from("jo@acme.example", "2@a", refers("1@a")), "jo@acme.example"},
		"a colleague":              {from("sam@acme.example", "2@a", refers("1@a")), "sam@acme.example"},
		"where they want replies":  {from("jo@acme.example", "2@a", refers("1@a"), "Reply-To: team@acme.example"), "team@acme.example"},
		"never ourselves":          {from("jo@acme.example", "2@a", refers("1@a"), "Reply-To: support@desk.example"), "jo@acme.example"},
		"not a stranger":           {from("eve@evil.example", "2@e", refers("1@a")), "jo@acme.example"},
		"not an automatic message": {from("robot@acme.example", "2@a", refers("1@a"), "Auto-Submitted: auto-replied"), "jo@acme.example"},
	} {
		t.Run(name, func(t *testing.T) {
			r := rules(t)
			snap, conversation := stored(t, r, desk.StatusPending)
			decide([]parsed{authentic(item(t, 1, c.mail...))}, snap, r, noon.Add(2*time.Hour))
			if conversation.ReplyTo != c.want {
				t.Errorf("replies go to %s, want %s", conversation.ReplyTo, c.want)
			}
			snap, conversation = stored(t, r, desk.StatusPending)
			decide([]parsed{item(t, 1, c.mail...)}, snap, r, noon.Add(2*time.Hour))
			if conversation.ReplyTo != "jo@acme.example" {
				t.Errorf("not authenticated: replies go to %s", conversation.ReplyTo)
			}
		})
	}
}

// Mail with a reply token joins, no matter who sent it, but a stranger's does not
// redirect replies.
func TestDecideToken(t *testing.T) {
	r := rules(t)
	snap, conversation := stored(t, r, desk.StatusPending)
	address := r.Tokens.Address("support@desk.example", conversation.ID, "jo@acme.example")
	mail := []string{"From: eve@evil.example", "To: " + address, "Subject: hello", "Message-ID: <9@e>"}
	out := decide([]parsed{item(t, 1, mail...)}, snap, r, noon.Add(2*time.Hour))
	if len(out.Opened) != 0 || out.Messages[0].ThreadMethod != "reply-token" {
		t.Fatalf("opened %d, method %s", len(out.Opened), out.Messages[0].ThreadMethod)
	}
	if conversation.ReplyTo != "jo@acme.example" || slices.Contains(conversation.Participants, "eve@evil.example") {
		t.Errorf("the stranger became a recipient: replies go to %s, participants %v", conversation.ReplyTo, conversation.Participants)
	}
}

func BenchmarkDecide(b *testing.B) {
	r := rules(b)
	var items []parsed
	for n := range batchRows {
		items = append(items, item(b, n, from(fmt.Sprintf("user%d@acme%d.example", n, n%7), fmt.Sprintf("%d@x", n), refers(fmt.Sprintf("%d@x", n/2)))...))
	}
	b.ReportAllocs()
	for b.Loop() {
		decide(items, nothing(), r, noon.Add(time.Hour))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batchRows), "ns/message")
}
