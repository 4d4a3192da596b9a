package threading

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

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
		for trust, joins := range map[desk.Trust]bool{desk.TrustForged: false, desk.TrustClaimed: true, desk.TrustAligned: true} {
			in := fromJo(mail(joAddr, change))
			in.SenderTrust = trust
			d := Decide(in, keys, deskOf())
			if (d.ConversationID == first) != joins || !d.FollowUpOf.IsZero() {
				t.Errorf("%s, %s: %+v", name, trust, d)
			}
		}
	}
	in := to(fromJo(mail(joAddr)), keys.Address(ours, first, joAddr))
	in.SenderTrust = desk.TrustForged
	want := Decision{ConversationID: first, Method: MethodToken, Evidence: "reply address of #7, but the sender address is forged", Unverified: true}
	if d := Decide(in, keys, deskOf()); d.ConversationID != want.ConversationID || d.Evidence != want.Evidence || !d.Unverified {
		t.Errorf("%+v, want %+v", d, want)
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
			d := Decide(Incoming{Message: m, Account: accounts[a], Contact: jo}, keys, index)
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
