package threading

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/desk"
)

// The data of the tables: Jo and her colleague Ann belong to one account, Eve to
// another. Jo's conversation contains her mail and our answer.
var (
	acme, other   = desk.NewID[desk.AccountID](), desk.NewID[desk.AccountID]()
	jo, ann, eve  = desk.NewID[desk.ContactID](), desk.NewID[desk.ContactID](), desk.NewID[desk.ContactID]()
	first, second = desk.ConversationID{0: 1, 15: 1}, desk.ConversationID{0: 1, 15: 2} // the same in every fuzzing process
	visit         = desk.NewID[desk.SessionID]()
	noon          = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	keys          = NewTokens(Key{ID: 2, Secret: []byte("a secret of thirty-two octets ..")})
)

const (
	joAddr  = "jo@acme.example"
	annAddr = "ann@acme.example"
	eveAddr = "eve@elsewhere.example"
	ours    = "support@demo.example"
	answer  = "The parcel left our house on Tuesday and should be with you by the end of this week."
)

func deskOf(change ...func(*Conversation)) *Memory {
	m := NewMemory()
	c := Conversation{ID: first, Number: 7, Account: acme, Contact: jo, Status: desk.StatusOpen, Subject: "Parcel 4711 is late",
		UpdatedAt: noon, Participants: []string{joAddr}, Last: []Written{{NewText: answer}}}
	for _, f := range change {
		f(&c)
	}
	m.AddConversation(c)
	m.AddMessage(first, "1@acme.example", nil, joAddr)
	m.AddIssued(first, "out.1@demo.example")
	m.AddMessage(first, "", []string{"1@acme.example", "unseen@acme.example"})
	return m
}

func mail(from string, change ...func(*desk.Message)) *desk.Message {
	m := &desk.Message{MessageID: "new@" + from, From: []desk.Address{{Email: from}}, Subject: "Hello", ReceivedAt: noon.Add(time.Hour),
		AutoSubmitted: desk.AutoNo}
	for _, f := range change {
		f(m)
	}
	return m
}

func refs(ids ...string) func(*desk.Message) {
	return func(m *desk.Message) { m.References = ids }
}

func irt(id string) func(*desk.Message) {
	return func(m *desk.Message) { m.InReplyTo = []string{id} }
}

func text(subject, body, fresh string) func(*desk.Message) {
	return func(m *desk.Message) { m.Subject, m.TextBody, m.NewText = subject, body, fresh }
}

func auto(kind desk.AutoSubmitted) func(*desk.Message) {
	return func(m *desk.Message) { m.AutoSubmitted = kind }
}

func status(s desk.Status) func(*Conversation) { return func(c *Conversation) { c.Status = s } }

// Jo and Ann of Acme are authenticated, Eve is not.
func fromJo(m *desk.Message) Incoming {
	return trusted(Incoming{Message: m, Sender: author(m), Account: acme, Contact: jo})
}
func fromAnn(m *desk.Message) Incoming {
	return trusted(Incoming{Message: m, Sender: author(m), Account: acme, Contact: ann})
}
func fromEve(m *desk.Message) Incoming {
	return Incoming{Message: m, Sender: author(m), Account: other, Contact: eve}
}
func claimed(in Incoming) Incoming { in.SenderTrust = desk.TrustClaimed; return in }

func to(in Incoming, addr string) Incoming { in.Recipients = []string{ours, addr}; return in }

func TestDecide(t *testing.T) {
	token := keys.Address(ours, first, joAddr)
	quote := "> " + answer[:44] + "\n> " + answer[44:] + "\n\nIt did not come."
	report := func(m *desk.Message) {
		m.AutoSubmitted = desk.AutoBounce
		m.Report = &desk.Report{OriginalMessageID: "out.1@demo.example", Recipients: []desk.ReportRecipient{{Recipient: joAddr}}}
	}
	tests := []struct {
		name string
		in   Incoming
		desk *Memory
		want Decision
	}{
		{"no evidence", fromJo(mail(joAddr)), deskOf(), Decision{Method: MethodNew}},

		{"token", to(fromJo(mail(joAddr)), token), deskOf(),
			Decision{ConversationID: first, Method: MethodToken, Evidence: "reply address of #7"}},
		{"token in capitals and brackets", to(fromJo(mail(joAddr)), "<"+upper(token)+">"), deskOf(),
			Decision{ConversationID: first, Method: MethodToken, Evidence: "reply address of #7"}},
		{"token passed on to a colleague", to(fromAnn(mail(annAddr)), token), deskOf(),
			Decision{ConversationID: first, Method: MethodToken, Evidence: "reply address of #7"}},
		{"token passed on to a stranger", to(fromEve(mail(eveAddr)), token), deskOf(),
			Decision{ConversationID: first, Method: MethodToken, Evidence: "reply address of #7, issued to someone else", Unverified: true}},
		{"token of another key", to(fromJo(mail(joAddr)), NewTokens(Key{ID: 2, Secret: make([]byte, 32)}).Address(ours, first, joAddr)), deskOf(),
			Decision{Method: MethodNew}},
		{"token of a deleted conversation", to(fromJo(mail(joAddr)), keys.Address(ours, second, joAddr)), deskOf(), Decision{Method: MethodNew}},
		{"token before references", to(fromJo(mail(joAddr, refs("2@acme.example"))), token), withSecond(deskOf()),
			Decision{ConversationID: first, Method: MethodToken, Evidence: "reply address of #7"}},

		{"session", Incoming{Message: mail(""), Account: other, Session: visit}, withSession(deskOf()),
			Decision{ConversationID: first, Method: MethodSession, Evidence: "chat session of #7"}},
		{"session of a closed conversation", Incoming{Message: mail(""), Account: other, Session: visit}, withSession(deskOf(status(desk.StatusClosed))),
			Decision{Method: MethodSession, Evidence: "chat session of #7; #7 is closed", FollowUpOf: first}},

		{"references", fromJo(mail(joAddr, refs("out.1@demo.example"))), deskOf(),
			Decision{ConversationID: first, Method: MethodReferences, Evidence: "cites <out.1@demo.example>"}},
		{"references of a colleague", fromAnn(mail(annAddr, refs("out.1@demo.example"))), deskOf(),
			Decision{ConversationID: first, Method: MethodReferences, Evidence: "cites <out.1@demo.example>"}},
		{"in-reply-to alone", fromJo(mail(joAddr, irt("1@acme.example"))), deskOf(),
			Decision{ConversationID: first, Method: MethodInReplyTo, Evidence: "cites <1@acme.example>"}},
		{"an ancestor that never arrived", fromJo(mail(joAddr, refs("unseen@acme.example"))), deskOf(),
			Decision{ConversationID: first, Method: MethodReferences, Evidence: "cites <unseen@acme.example>"}},
		{"a parent that arrives after its reply", fromJo(mail(joAddr, func(m *desk.Message) { m.MessageID = "unseen@acme.example" })), deskOf(),
			Decision{ConversationID: first, Method: MethodReferences, Evidence: "earlier messages there cite its identifier <unseen@acme.example>"}},
		{"a program that gives every mail the same identifier", fromJo(mail(joAddr, func(m *desk.Message) { m.MessageID = "1@acme.example" })), deskOf(),
			Decision{Method: MethodNew}},
		{"obsolete phrase in In-Reply-To", fromJo(mail(joAddr, irt("jo@acme.example's"))), deskOf(), Decision{Method: MethodNew}},
		{"two conversations with nothing in common: the older one", fromJo(mail(joAddr, refs("1@acme.example", "2@acme.example"))), withSecond(deskOf()),
			Decision{ConversationID: first, Method: MethodReferences, Evidence: "cites <1@acme.example>", AlsoCites: []desk.ConversationID{second}}},
		{"two conversations, one of which cites the other: the nearest reference", fromJo(mail(joAddr, refs("1@acme.example", "3@acme.example"))), followed(deskOf()),
			Decision{ConversationID: second, Method: MethodReferences, Evidence: "cites <3@acme.example>", AlsoCites: []desk.ConversationID{first}}},
		{"two conversations, the older one closed: the nearest reference", fromJo(mail(joAddr, refs("1@acme.example", "2@acme.example"))), withSecond(deskOf(status(desk.StatusClosed))),
			Decision{ConversationID: second, Method: MethodReferences, Evidence: "cites <2@acme.example>"}},
		{"a message in the index wins over one that is only referred to", fromJo(mail(joAddr, refs("2@acme.example", "unseen@acme.example"))), withSecond(deskOf()),
			Decision{ConversationID: second, Method: MethodReferences, Evidence: "cites <2@acme.example>", AlsoCites: []desk.ConversationID{first}}},

		{"references of a stranger", fromEve(mail(eveAddr, refs("out.1@demo.example"))), deskOf(),
			Decision{Method: MethodNew, Evidence: "cites <out.1@demo.example> of another account's conversation #7", Unverified: true}},
		{"references of a participant of another account", fromEve(mail(eveAddr, refs("out.1@demo.example"))), deskOf(withEve),
			Decision{ConversationID: first, Method: MethodReferences, Evidence: "cites <out.1@demo.example>", Unverified: true}},
		{"the same, authenticated", trusted(fromEve(mail(eveAddr, refs("out.1@demo.example")))), deskOf(withEve),
			Decision{ConversationID: first, Method: MethodReferences, Evidence: "cites <out.1@demo.example>"}},

		{"resolved", fromJo(mail(joAddr, refs("1@acme.example"))), deskOf(status(desk.StatusResolved)),
			Decision{ConversationID: first, Method: MethodReferences, Evidence: "cites <1@acme.example>", Reopened: true}},
		{"closed", fromJo(mail(joAddr, refs("1@acme.example"))), deskOf(status(desk.StatusClosed)),
			Decision{Method: MethodReferences, Evidence: "cites <1@acme.example>; #7 is closed", FollowUpOf: first}},
		{"closed, with an open follow-up", fromJo(mail(joAddr, refs("1@acme.example"))), followed(deskOf(status(desk.StatusClosed))),
			Decision{ConversationID: second, Method: MethodReferences, Evidence: "cites <1@acme.example>"}},
		{"vacation notice on a resolved conversation", fromJo(mail(joAddr, refs("1@acme.example"), auto(desk.AutoReply))), deskOf(status(desk.StatusResolved)),
			Decision{ConversationID: first, Method: MethodReferences, Evidence: "cites <1@acme.example>; it stays resolved: auto-reply"}},
		{"list mail on a resolved conversation", fromJo(mail(joAddr, refs("1@acme.example"), auto(desk.AutoList))), deskOf(status(desk.StatusResolved)),
			Decision{ConversationID: first, Method: MethodReferences, Evidence: "cites <1@acme.example>", Reopened: true}},
		{"bounce of our answer", fromEve(mail("mailer-daemon@mx.elsewhere.example", report)), deskOf(status(desk.StatusClosed)),
			Decision{ConversationID: first, Method: MethodReport, Evidence: "cites <out.1@demo.example>; it stays closed: bounce", Unverified: true}},
		{"bounce for a recipient we did not write to", fromEve(mail("mailer-daemon@mx.elsewhere.example", report,
			func(m *desk.Message) { m.Report.Recipients[0].Recipient = eveAddr })), deskOf(),
			Decision{Method: MethodNew, Evidence: "cites <out.1@demo.example> of another account's conversation #7", Unverified: true}},

		{"merged", fromJo(mail(joAddr, refs("1@acme.example"))), withSecond(deskOf(func(c *Conversation) { c.MergedInto = second })),
			Decision{ConversationID: second, Method: MethodReferences, Evidence: "cites <1@acme.example>"}},
		{"merged in a cycle", fromJo(mail(joAddr, refs("1@acme.example"))), circle(),
			Decision{ConversationID: oldest(first, second), Method: MethodReferences, Evidence: "cites <1@acme.example>"}},

		{"no headers, quotes our answer", fromJo(mail(joAddr, text("Re: parcel 4711 is late", quote, "It did not come."))), deskOf(),
			Decision{ConversationID: first, Method: MethodSubject, Evidence: "no reply headers; same subject as #7, and it quotes 4 of its passages"}},
		{"no headers, nothing quoted, one candidate", fromJo(mail(joAddr, text("AW: Parcel 4711 is late", "Hm.", "Hm."))), deskOf(),
			Decision{ConversationID: first, Method: MethodSubject, Evidence: "no reply headers; only #7 has this subject and these people"}},
		{"no headers, quotes something else", fromJo(mail(joAddr, text("Re: Parcel 4711 is late",
			"> We have nothing at all under this number, are you sure that it is ours and not theirs?\nNo.", "No."))), deskOf(), Decision{Method: MethodNew}},
		{"no headers, not a reply", fromJo(mail(joAddr, text("Parcel 4711 is late", quote, ""))), deskOf(), Decision{Method: MethodNew}},
		{"no headers, a colleague", fromAnn(mail(annAddr, text("Re: Parcel 4711 is late", quote, ""))), deskOf(), Decision{Method: MethodNew}},
		{"no headers, other people", fromJo(mail(joAddr, text("Re: Parcel 4711 is late", "", ""), func(m *desk.Message) {
			m.CC = []desk.Address{{Email: eveAddr}}
		})), deskOf(), Decision{Method: MethodNew}},
		{"no headers, long ago", fromJo(mail(joAddr, text("Re: Parcel 4711 is late", quote, ""))),
			deskOf(func(c *Conversation) { c.UpdatedAt = noon.Add(-30 * 24 * time.Hour) }), Decision{Method: MethodNew}},
		{"no headers, a generic subject", fromJo(mail(joAddr, text("Re: Help", "", ""))),
			deskOf(func(c *Conversation) { c.Subject = "Help" }), Decision{Method: MethodNew}},
		{"no headers, two candidates", fromJo(mail(joAddr, text("Re: Parcel 4711 is late", "", ""))), withSecond(deskOf()), Decision{Method: MethodNew}},
		{"no headers, two candidates: one is identified by time", fromJo(mail(joAddr, text("Re: Parcel 4711 is late",
			"It did not come.\n\nAm 02.03.2026 um 14:41 schrieb Support <"+ours+">:\n> gekürzt", "It did not come."))), twice(),
			Decision{ConversationID: second, Method: MethodSubject, Evidence: "no reply headers; same subject as #8, and it names the author and time of a message: 2 March 12:41 UTC"}},
		{"no headers, two candidates: one is identified by Message-ID", fromJo(mail(joAddr, text("Re: Parcel 4711 is late",
			"In message <out.2@demo.example>\nyou write:\n> cut\n\nIt did not come.", "It did not come."))), twice(),
			Decision{ConversationID: second, Method: MethodSubject, Evidence: "no reply headers; same subject as #8, and it names one of its messages"}},
		{"no headers, two candidates: one quotes the same text", fromJo(mail(joAddr, text("Re: Parcel 4711 is late",
			"> "+elsewhere+"\n\nAnd?", "And?"))), twice(),
			Decision{ConversationID: second, Method: MethodSubject, Evidence: "no reply headers; same subject as #8, and both quote the same 4 passages"}},
		{"no headers, two candidates: a time without a message", fromJo(mail(joAddr, text("Re: Parcel 4711 is late",
			"Am 02.03.2026 um 14:55 schrieb Support <"+ours+">:\n> gekürzt", ""))), twice(), Decision{Method: MethodNew}},
		{"no headers, two candidates: the time of one, another author", fromJo(mail(joAddr, text("Re: Parcel 4711 is late",
			"Am 02.03.2026 um 14:41 schrieb Sam Other <sam@demo.example>:\n> gekürzt", ""))), twice(), Decision{Method: MethodNew}},
		{"no headers, a stranger who knows everything", fromEve(mail(eveAddr, text("Re: Parcel 4711 is late",
			"Message-ID: <out.2@demo.example>\nFrom: "+ours+"\nDate: Mon, 2 Mar 2026 12:41:07 +0000\n\n> "+answer, ""))), twice(), Decision{Method: MethodNew}},
		{"headers that match nothing, and a quote", fromJo(mail(joAddr, text("Re: Parcel 4711 is late", quote, "It did not come."), refs("0102@ses.example"), irt("0102@ses.example"))), deskOf(),
			Decision{ConversationID: first, Method: MethodSubject, Evidence: "its reply headers name no known message; same subject as #7, and it quotes 4 of its passages"}},
		{"headers that match nothing, and nothing quoted", fromJo(mail(joAddr, text("Re: Parcel 4711 is late", "Hm.", "Hm."), refs("0102@ses.example"))), deskOf(),
			Decision{Method: MethodNew}},
		{"no Re:, an introduction and a quote", fromJo(mail(joAddr, text("Parcel 4711 is late", "Desk wrote:\n> "+answer+"\n\nIt did not come.", "It did not come."))), deskOf(),
			Decision{ConversationID: first, Method: MethodSubject, Evidence: "no reply headers; same subject as #7, and it quotes 5 of its passages"}},
		{"no Re:, a quote without an introduction", fromJo(mail(joAddr, text("Parcel 4711 is late", "> "+answer, ""))), deskOf(), Decision{Method: MethodNew}},
		{"no Re:, an unknown message quoted", fromJo(mail(joAddr, text("Parcel 4711 is late", "Desk wrote:\n> "+elsewhere, ""))), deskOf(), Decision{Method: MethodNew}},
		{"no Re:, another subject", fromJo(mail(joAddr, text("Parcel 4712 is late", "Desk wrote:\n> "+answer, ""))), deskOf(), Decision{Method: MethodNew}},
		{"headers that match another account's conversation, and a quote", fromJo(mail(joAddr, text("Re: Parcel 4711 is late", quote, ""), refs("2@elsewhere.example"))), deskOfEve(),
			Decision{Method: MethodNew, Evidence: "cites <2@elsewhere.example> of another account's conversation #8", Unverified: true}},
		{"an automatic reply without headers", fromJo(mail(joAddr, text("Re: Parcel 4711 is late", quote, ""), auto(desk.AutoReply))), deskOf(), Decision{Method: MethodNew}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Decide(tt.in, keys, tt.desk)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func withSecond(m *Memory) *Memory {
	m.AddConversation(Conversation{ID: second, Number: 8, Account: acme, Contact: jo, Status: desk.StatusOpen, Subject: "Parcel 4711 is late",
		UpdatedAt: noon, Participants: []string{joAddr}})
	m.AddMessage(second, "2@acme.example", nil, joAddr)
	return m
}

// elsewhere is the text of an outgoing message that is not in the index.
const elsewhere = "We rang the carrier this morning and were told that no one had been at home to open the door."

// twice returns an index with two answered conversations of Jo with the same subject.
func twice() *Memory {
	m := withSecond(deskOf())
	m.AddWritten(first, Written{MessageID: "out.1@demo.example", From: desk.Address{Email: ours}, SentAt: noon.Add(27 * time.Minute), NewText: answer})
	m.AddWritten(second, Written{MessageID: "out.2@demo.example", From: desk.Address{Email: ours}, SentAt: noon.Add(41*time.Minute + 7*time.Second), NewText: "Done."})
	m.AddWritten(second, Written{MessageID: "2@acme.example", From: desk.Address{Email: joAddr}, SentAt: noon, NewText: "No one rang.", TextBody: "> " + elsewhere + "\nNo one rang."})
	return m
}

// followed adds a second conversation, which is a follow-up of the first one.
func followed(m *Memory) *Memory {
	m = withSecond(m)
	m.AddMessage(second, "3@acme.example", []string{"1@acme.example"}, joAddr)
	return m
}

func circle() *Memory {
	m := withSecond(deskOf())
	m.Merge(first, second)
	m.Merge(second, first)
	return m
}

func oldest(a, b desk.ConversationID) desk.ConversationID {
	if a.String() < b.String() {
		return a
	}
	return b
}

func withSession(m *Memory) *Memory {
	m.AddSession(visit, first)
	return m
}

// deskOfEve also has a conversation of Eve's.
func deskOfEve() *Memory {
	m := deskOf()
	m.AddConversation(Conversation{ID: second, Number: 8, Account: other, Contact: eve, Status: desk.StatusOpen, Subject: "Lamp", UpdatedAt: noon, Participants: []string{eveAddr}})
	m.AddMessage(second, "2@elsewhere.example", nil, eveAddr)
	return m
}

func withEve(c *Conversation) { c.Participants = append(c.Participants, eveAddr) }

func trusted(in Incoming) Incoming { in.SenderTrust = desk.TrustAligned; return in }
