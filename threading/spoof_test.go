package threading

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/desk"
)

// Strangers try everything a message allows: guessed and known identifiers, forged
// and damaged tokens, subjects, quotes, ticket numbers, reports, and the names of
// participants. None of them may join.
func TestSpoof(t *testing.T) {
	truth := keys.Address(ours, first, joAddr)
	forged := []string{
		"", "support+7@demo.example", "support+" + first.String() + "@demo.example",
		NewTokens(Key{ID: 2, Secret: []byte("a guessed secret of 32 octets ..")}).Address(ours, first, eveAddr),
		truth[:len("support+")+10] + strings.Repeat("a", 40) + "@demo.example",
		strings.Replace(truth, "@", "a@", 1), strings.Replace(truth, "support+", "support-", 1),
		swap(truth, len("support+")+3), swap(truth, len("support+")+49),
	}
	senders := []desk.Address{
		{Email: eveAddr}, {Name: joAddr, Email: eveAddr}, {Name: "Jo <" + joAddr + ">", Email: "eve@acme.example.elsewhere.example"},
		{Email: "jo@acme.example.evil.example"}, {Email: `"jo@acme.example"@elsewhere.example`}, {Email: ""},
	}
	headers := []func(*desk.Message){
		refs(), refs("1@acme.example"), refs("out.1@demo.example", "1@acme.example"), irt("out.1@demo.example"),
		refs("unseen@acme.example"),
		func(m *desk.Message) { m.MessageID = "unseen@acme.example" },
		func(m *desk.Message) { m.MessageID, m.Subject = "1@acme.example", "Parcel 4711 is late" },
		text("Re: Parcel 4711 is late", "> "+answer+"\nPay here.", "Pay here."),
		text("Re: [#7] Parcel 4711 is late", "Ref: #7 "+first.String(), ""),
		func(m *desk.Message) {
			m.AutoSubmitted = desk.AutoBounce
			m.Report = &desk.Report{OriginalMessageID: "unseen@acme.example", Recipients: []desk.ReportRecipient{{Recipient: joAddr}}}
		},
		func(m *desk.Message) {
			m.Report = &desk.Report{OriginalMessageID: "out.1@demo.example", Recipients: []desk.ReportRecipient{{Recipient: joAddr}}}
		},
	}
	states := []desk.Status{desk.StatusOpen, desk.StatusResolved, desk.StatusClosed}
	cases, joined := 0, 0
	for _, addr := range forged {
		for _, from := range senders {
			for h, change := range headers {
				m := mail(from.Email, change)
				m.From = []desk.Address{from, {Email: joAddr}} // a second author is not evidence
				m.CC, m.ReplyTo, m.Sender = []desk.Address{{Email: joAddr}}, []desk.Address{{Email: joAddr}}, []desk.Address{{Email: joAddr}}
				d := Decide(to(fromEve(m), addr), keys, deskOf(status(states[cases%3])))
				cases++
				if !d.ConversationID.IsZero() || !d.FollowUpOf.IsZero() || d.Reopened || len(d.AlsoCites) > 0 {
					joined++
					t.Errorf("from %v by %q, header %d: %+v", from, addr, h, d)
				}
			}
		}
	}
	t.Logf("cases=%d joined=%d", cases, joined)
	if cases < 200 {
		t.Errorf("only %d cases", cases)
	}
}

// TestForgedSender checks that mail with Jo's address that fails authentication joins no
// conversation, while the same mail without that failure does.
func TestForgedSender(t *testing.T) {
	quote := "> " + answer + "\n\nIt did not come."
	for name, change := range map[string]func(*desk.Message){
		"cites her mail":       refs("1@acme.example"),
		"cites our answer":     irt("out.1@demo.example"),
		"is cited":             func(m *desk.Message) { m.MessageID = "unseen@acme.example" },
		"subject and a quote":  text("Re: Parcel 4711 is late", quote, "It did not come."),
		"subject and her name": text("Re: Parcel 4711 is late", "And now?", "And now?"),
	} {
		for trust, joins := range map[desk.Trust]bool{desk.TrustForged: false, desk.TrustClaimed: name != "subject and her name", desk.TrustAligned: true} {
			in := fromJo(mail(joAddr, change))
			in.SenderTrust = trust
			d := Decide(in, keys, deskOf())
			if (d.ConversationID == first) != joins || !d.FollowUpOf.IsZero() || d.Unconfirmed != (joins && trust == desk.TrustClaimed) {
				t.Errorf("%s, %s: %+v", name, trust, d)
			}
		}
	}
	in := to(fromJo(mail(joAddr)), keys.Address(ours, first, joAddr))
	in.SenderTrust = desk.TrustForged
	want := Decision{Method: MethodNew, Evidence: "carries the reply address of #7, but the sender address is forged", Unverified: true}
	if diff := cmp.Diff(want, Decide(in, keys, deskOf())); diff != "" {
		t.Error(diff)
	}
	bounce := fromEve(mail("mailer-daemon@mx.elsewhere.example", auto(desk.AutoBounce), func(m *desk.Message) {
		m.Report = &desk.Report{OriginalMessageID: "out.1@demo.example", Recipients: []desk.ReportRecipient{{Recipient: joAddr}}}
	}))
	for trust, joins := range map[desk.Trust]bool{desk.TrustForged: false, desk.TrustClaimed: true} {
		bounce.SenderTrust = trust
		if d := Decide(bounce, keys, deskOf()); (d.ConversationID == first) != joins {
			t.Errorf("a bounce that is %s: %+v", trust, d)
		}
	}
}

// TestUnauthenticated shows what mail whose sender nothing confirms may do, for Jo,
// whose conversation it is, for Ann, a colleague, and for someone in copy.
func TestUnauthenticated(t *testing.T) {
	quote := text("Re: Parcel 4711 is late", "> "+answer+"\n\nIt did not come.", "It did not come.")
	const joins, apart, unverified = "joins", "apart", "unverified"
	for name, c := range map[string]struct {
		change              func(*desk.Message)
		token               string // whose reply address it carries
		jo, seen, ann, copy string // seen: Jo, whose address was authenticated before
	}{
		"cites our answer":             {change: refs("out.1@demo.example"), jo: joins, seen: joins, ann: unverified, copy: unverified},
		"cites both":                   {change: refs("1@acme.example", "out.1@demo.example"), jo: joins, seen: joins, ann: unverified, copy: unverified},
		"cites the customer's mail":    {change: refs("1@acme.example"), jo: joins, seen: apart, ann: unverified, copy: unverified},
		"cites what only others cite":  {change: irt("unseen@acme.example"), jo: joins, seen: apart, ann: apart, copy: apart},
		"has the identifier of ours":   {change: func(m *desk.Message) { m.MessageID, m.Subject = "out.1@demo.example", "Parcel 4711 is late" }, jo: joins, seen: apart, ann: apart, copy: apart},
		"its own reply address":        {change: func(*desk.Message) {}, token: "self", jo: joins, seen: joins, ann: joins, copy: joins},
		"the customer's reply address": {change: func(*desk.Message) {}, token: joAddr, jo: joins, seen: joins, ann: unverified, copy: unverified},
		"the subject and a quote":      {change: quote, jo: joins, seen: joins, ann: apart, copy: apart},
		"the subject alone":            {change: text("Re: Parcel 4711 is late", "And?", "And?"), jo: apart, seen: apart, ann: apart, copy: apart},
		"unknown headers, and a quote": {change: func(m *desk.Message) { quote(m); m.References = []string{"0102@ses.example"} }, jo: joins, seen: joins, ann: apart, copy: apart},
		"unknown headers, and a subject": {change: func(m *desk.Message) {
			m.Subject, m.References = "Re: Parcel 4711 is late", []string{"0102@ses.example"}
		}, jo: apart, seen: apart, ann: apart, copy: apart},
	} {
		seen := fromJo(mail(joAddr, c.change))
		seen.Seen = true
		for who, x := range map[string]struct {
			in   Incoming
			want string
		}{"Jo": {fromJo(mail(joAddr, c.change)), c.jo}, "Jo, seen": {seen, c.seen}, "Ann": {fromAnn(mail(annAddr, c.change)), c.ann}, "in copy": {fromEve(mail(eveAddr, c.change)), c.copy}} {
			in := claimed(x.in)
			switch c.token {
			case "self":
				in = to(in, keys.Address(ours, first, in.Sender))
			case joAddr:
				in = to(in, keys.Address(ours, first, joAddr))
			}
			got := apart
			switch d := Decide(in, keys, deskOf(withEve)); {
			case d.ConversationID != first:
			case d.Unverified && !d.Unconfirmed:
				got = unverified
			case d.Unconfirmed && !d.Unverified:
				got = joins
			default:
				got = "unmarked"
			}
			if got != x.want {
				t.Errorf("%s, %s: %s, want %s", name, who, got, x.want)
			}
		}
	}
}

// swap changes one character of a token into another of its alphabet.
func swap(s string, i int) string {
	c := byte('a')
	if s[i] == c {
		c = 'b'
	}
	return s[:i] + string(c) + s[i+1:]
}

// With random conversations of several accounts and random mail, a message only joins
// conversations of the sender's account or with the sender as a participant.
func TestStrangerNeverJoins(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var accounts []desk.AccountID
	for range 4 {
		accounts = append(accounts, desk.NewID[desk.AccountID]())
	}
	joined := 0
	for range 300 {
		index := NewMemory()
		var conversations []desk.ConversationID
		for i := range 12 {
			a := r.IntN(len(accounts))
			id := desk.NewID[desk.ConversationID]()
			c := Conversation{ID: id, Account: accounts[a], Contact: jo, Status: pick(r, []desk.Status{desk.StatusOpen, desk.StatusResolved, desk.StatusClosed}),
				Subject: fmt.Sprintf("Parcel %d is late", i%3), UpdatedAt: noon, Participants: []string{address(r, a)}}
			if len(conversations) > 0 && r.IntN(3) == 0 {
				c.MergedInto = pick(r, conversations)
			}
			index.AddConversation(c)
			index.AddMessage(id, ident(r), []string{ident(r), ident(r)})
			conversations = append(conversations, id)
		}
		for range 20 {
			a := r.IntN(len(accounts))
			m := mail(address(r, a), refs(ident(r), ident(r)), irt(ident(r)), func(m *desk.Message) {
				m.MessageID, m.Subject = ident(r), fmt.Sprintf("Re: Parcel %d is late", r.IntN(3))
			})
			d := Decide(trusted(Incoming{Message: m, Sender: author(m), Account: accounts[a], Contact: jo}), keys, index)
			for _, id := range append([]desk.ConversationID{d.ConversationID, d.FollowUpOf}, d.AlsoCites...) {
				c, ok := index.Conversation(id)
				if id.IsZero() {
					continue
				}
				joined++
				if !ok || c.Account != accounts[a] && c.Participants[0] != m.From[0].Email {
					t.Fatalf("%s joined %+v", m.From[0].Email, c)
				}
			}
		}
	}
	if joined < 1000 {
		t.Errorf("only %d messages joined, too few for the test", joined)
	}
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func address(r *rand.Rand, account int) string {
	return fmt.Sprintf("user%d@account%d.example", r.IntN(3), account)
}

func ident(r *rand.Rand) string { return fmt.Sprintf("%d@id.example", r.IntN(60)) }
