package threading

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/desk"
)

// third is a conversation of another account.
var third = desk.ConversationID{0: 1, 15: 3}

func withThird(m *Memory, change ...func(*Conversation)) *Memory {
	c := Conversation{ID: third, Number: 9, Account: other, Contact: eve, Status: desk.StatusOpen, Subject: "Parcel 4711 is late", UpdatedAt: noon}
	for _, f := range change {
		f(&c)
	}
	m.AddConversation(c)
	m.AddMessage(third, "3@elsewhere.example", []string{"1@acme.example"})
	return m
}

func secondIs(m *Memory, s desk.Status) *Memory {
	c, _ := m.Conversation(second)
	c.Status = s
	m.AddConversation(c)
	return m
}

func TestRules(t *testing.T) {
	token := keys.Address(ours, first, joAddr)
	gone := keys.Address(ours, desk.ConversationID{15: 9}, joAddr)
	named := func(recipient desk.ReportRecipient, id string) func(*desk.Message) {
		return func(m *desk.Message) {
			m.AutoSubmitted = desk.AutoBounce
			m.Report = &desk.Report{OriginalMessageID: id, Recipients: []desk.ReportRecipient{recipient}}
		}
	}
	forged := func(in Incoming) Incoming { in.SenderTrust = desk.TrustForged; return in }
	nowhere := func(c *Conversation) { c.Account = desk.AccountID{} }
	stranger := Decision{Method: MethodNew, Evidence: "cites <1@acme.example> of another account's conversation #7", Unverified: true}
	const daemon = "mailer-daemon@mx.elsewhere.example"
	for _, tt := range []struct {
		name string
		in   Incoming
		desk *Memory
		want Decision
	}{
		{"the second token is valid", trusted(Incoming{Message: mail(joAddr), Sender: joAddr, Account: acme, Contact: jo, Recipients: []string{ours, gone, token}}), deskOf(),
			Decision{ConversationID: first, Method: MethodToken, Evidence: "reply address of #7"}},
		{"a bounce to the reply address", to(fromEve(mail(daemon, auto(desk.AutoBounce))), token), deskOf(),
			Decision{ConversationID: first, Method: MethodToken, Evidence: "reply address of #7"}},
		{"an unknown session", Incoming{Message: mail(""), Session: visit}, deskOf(), Decision{Method: MethodNew}},
		{"a session of a deleted conversation", Incoming{Message: mail(""), Session: visit}, withSession(NewMemory()), Decision{Method: MethodNew}},
		{"no session", Incoming{Message: mail("")}, func() *Memory { m := deskOf(); m.AddSession(desk.SessionID{}, first); return m }(), Decision{Method: MethodNew}},
		{"neither has an account", Incoming{Message: mail(eveAddr, refs("1@acme.example")), Sender: eveAddr}, deskOf(nowhere), stranger},
		{"an author without an address", Incoming{Message: mail("", refs("1@acme.example")), Account: acme}, deskOf(func(c *Conversation) { c.Participants = []string{""} }),
			stranger},
		{"two conversations of strangers", fromEve(mail(eveAddr, refs("2@acme.example", "1@acme.example"))), withSecond(deskOf()), stranger},
		{"a forged reference", forged(fromJo(mail(joAddr, refs("1@acme.example")))), deskOf(),
			Decision{Method: MethodNew, Evidence: "cites <1@acme.example> of conversation #7, but the sender address is forged", Unverified: true}},
		{"an automatic reply to a closed one with a follow-up", fromJo(mail(joAddr, refs("1@acme.example"), auto(desk.AutoReply))), followed(deskOf(status(desk.StatusClosed))),
			Decision{ConversationID: first, Method: MethodReferences, Evidence: "cites <1@acme.example>; it stays closed: auto-reply", AlsoCites: []desk.ConversationID{second}}},
		{"an automatic reply to an open one", fromJo(mail(joAddr, refs("1@acme.example"), auto(desk.AutoReply))), deskOf(),
			Decision{ConversationID: first, Method: MethodReferences, Evidence: "cites <1@acme.example>"}},
		{"closed, and its follow-up too", fromJo(mail(joAddr, refs("1@acme.example"))), secondIs(followed(deskOf(status(desk.StatusClosed))), desk.StatusClosed),
			Decision{Method: MethodReferences, Evidence: "cites <1@acme.example>; #7 is closed", FollowUpOf: first}},
		{"closed, and an open one of another account", fromJo(mail(joAddr, refs("1@acme.example"))),
			withThird(deskOf(status(desk.StatusClosed)), func(c *Conversation) { c.Participants = []string{joAddr} }),
			Decision{Method: MethodReferences, Evidence: "cites <1@acme.example>; #7 is closed", FollowUpOf: first}},
		{"open, and others cited: another account's and a closed one", fromJo(mail(joAddr, refs("2@acme.example", "3@elsewhere.example", "1@acme.example"))),
			withThird(secondIs(withSecond(deskOf()), desk.StatusClosed), func(c *Conversation) { c.Participants = []string{joAddr} }),
			Decision{ConversationID: first, Method: MethodReferences, Evidence: "cites <1@acme.example>"}},
		{"cited twice", fromJo(mail(joAddr, refs("out.1@demo.example", "1@acme.example"))), deskOf(),
			Decision{ConversationID: first, Method: MethodReferences, Evidence: "cites <1@acme.example>"}},
		{"the oldest of two", fromJo(mail(joAddr, refs("both@acme.example"))), func() *Memory {
			m := withSecond(deskOf())
			m.AddMessage(second, "", []string{"both@acme.example"})
			m.AddMessage(first, "", []string{"both@acme.example"})
			return m
		}(), Decision{ConversationID: first, Method: MethodReferences, Evidence: "cites <both@acme.example>", AlsoCites: []desk.ConversationID{second}}},
		{"the same identifier and subject again", fromJo(mail(joAddr, func(m *desk.Message) { m.MessageID, m.Subject = "1@acme.example", "Re: parcel 4711 is late" })), deskOf(),
			Decision{ConversationID: first, Method: MethodReferences, Evidence: "earlier messages there cite its identifier <1@acme.example>"}},
		{"a report by original recipient", fromEve(mail(daemon, named(desk.ReportRecipient{Recipient: "x@y", Original: "JO@acme.example"}, "out.1@demo.example"))), deskOf(),
			Decision{ConversationID: first, Method: MethodReport, Evidence: "cites <out.1@demo.example>", Unverified: true}},
		{"a report by final recipient", fromEve(mail(daemon, named(desk.ReportRecipient{Recipient: "JO@acme.example"}, "out.1@demo.example"))), deskOf(),
			Decision{ConversationID: first, Method: MethodReport, Evidence: "cites <out.1@demo.example>", Unverified: true}},
		{"a report about a message that is only mentioned", fromEve(mail(daemon, named(desk.ReportRecipient{Recipient: joAddr}, "unseen@acme.example"))), deskOf(),
			Decision{Method: MethodNew, Evidence: "cites <unseen@acme.example> of another account's conversation #7", Unverified: true}},
		{"a report, and a reference", fromEve(mail(daemon, named(desk.ReportRecipient{Recipient: joAddr}, "gone@demo.example"), refs("out.1@demo.example"))), deskOf(),
			Decision{Method: MethodNew, Evidence: "cites <out.1@demo.example> of another account's conversation #7", Unverified: true}},

		{"no headers, quotes nothing known, messages not loaded", fromJo(mail(joAddr, text("Re: Parcel 4711 is late", "> "+elsewhere, ""))),
			deskOf(func(c *Conversation) { c.Last = nil }), Decision{ConversationID: first, Method: MethodSubject, Evidence: "no reply headers; only #7 has this subject and these people"}},
		{"no headers, a participant in Cc", fromJo(mail(joAddr, text("Re: Parcel 4711 is late", "", ""), func(m *desk.Message) { m.CC = []desk.Address{{Email: "Eve@elsewhere.example"}} })),
			deskOf(withEve), Decision{ConversationID: first, Method: MethodSubject, Evidence: "no reply headers; only #7 has this subject and these people"}},
		{"no headers, not a participant", fromJo(mail("jo.doe@acme.example", text("Re: Parcel 4711 is late", "", ""))), deskOf(), Decision{Method: MethodNew}},
		{"no headers, no account", Incoming{Message: mail(joAddr, text("Re: Parcel 4711 is late", "", "")), Sender: joAddr, Contact: jo}, deskOf(nowhere), Decision{Method: MethodNew}},
		{"no headers, another subject", fromJo(mail(joAddr, text("Re: Parcel 4712 is late", "", ""))), deskOf(), Decision{Method: MethodNew}},
		{"no headers, two candidates: the less recent one is named", fromJo(mail(joAddr, text("Re: Parcel 4711 is late", "In message <out.1@demo.example>\nyou write:\n> cut\n", ""))), func() *Memory {
			m := twice()
			m.touch(second, noon.Add(time.Minute))
			return m
		}(), Decision{ConversationID: first, Method: MethodSubject, Evidence: "no reply headers; same subject as #7, and it names one of its messages"}},
		{"no headers, two conversations quoted equally", fromJo(mail(joAddr, text("Re: Parcel 4711 is late", "> "+answer+"\nNo.", "No."))), func() *Memory {
			m := twice()
			m.AddWritten(second, Written{NewText: answer})
			return m
		}(), Decision{Method: MethodNew}},
		{"no headers, merged", fromJo(mail(joAddr, text("Re: Parcel 4711 is late", "", ""))), func() *Memory {
			m := withSecond(deskOf())
			m.Merge(first, second)
			return m
		}(), Decision{ConversationID: second, Method: MethodSubject, Evidence: "no reply headers; only #8 has this subject and these people"}},
		{"no headers, merged into another account's", fromJo(mail(joAddr, text("Re: Parcel 4711 is late", "", ""))), func() *Memory {
			m := withThird(deskOf(), func(c *Conversation) { c.Participants = []string{joAddr} })
			m.Merge(first, third)
			return m
		}(), Decision{Method: MethodNew}},
		{"no headers, merged into a deleted one", fromJo(mail(joAddr, text("Re: Parcel 4711 is late", "", ""))), func() *Memory {
			m := deskOf()
			m.Merge(first, desk.ConversationID{15: 9})
			return m
		}(), Decision{Method: MethodNew}},
		{"no headers, only the sixth newest message is quoted", fromJo(mail(joAddr, text("Re: Parcel 4711 is late", "> "+answer+"\nNo.", "No."))),
			deskOf(func(c *Conversation) { c.Last = append(make([]Written, 5), Written{NewText: answer}) }), Decision{Method: MethodNew}},
		{"no headers, the fifth newest message is quoted", fromJo(mail(joAddr, text("Re: Parcel 4711 is late", "> "+answer+"\nNo.", "No."))),
			deskOf(func(c *Conversation) { c.Last = append(make([]Written, 4), Written{NewText: answer}) }),
			Decision{ConversationID: first, Method: MethodSubject, Evidence: "no reply headers; same subject as #7, and it quotes 5 of its passages"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Decide(tt.in, keys, tt.desk)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// eager is an Index that returns more than it was asked for.
type eager struct{ *Memory }

func (e eager) ByMessageID([]string) []Known { return e.Memory.ByMessageID([]string{"1@acme.example"}) }

func (e eager) Recent(desk.AccountID, desk.ContactID) []Conversation {
	c, _ := e.Memory.Conversation(third)
	return []Conversation{c}
}

func TestIndexThatReturnsTooMuch(t *testing.T) {
	e := eager{withThird(deskOf(), func(c *Conversation) { c.Participants = []string{joAddr} })}
	for _, m := range []*desk.Message{mail(joAddr, refs("x@y")), mail(joAddr, text("Re: Parcel 4711 is late", "", ""))} {
		if d := Decide(fromJo(m), keys, e); d.Method != MethodNew || d.Evidence != "" {
			t.Errorf("%+v", d)
		}
	}
}

func TestCitations(t *testing.T) {
	ids := func(m *desk.Message) (all []string) {
		for _, c := range citations(m) {
			all = append(all, c.method+" "+c.id)
		}
		return all
	}
	m := mail("x@y", refs("1", "2", "1", "", "3's"), irt("2"))
	m.InReplyTo = append(m.InReplyTo, "4")
	m.Report = &desk.Report{OriginalMessageID: "0"}
	if got, want := ids(m), []string{"report 0", "references 1", "references 2", "in-reply-to 4", "references new@x@y"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	m = mail("", refs("1"))
	if m.MessageID = "1"; !slices.Equal(ids(m), []string{"references 1"}) {
		t.Errorf("a message that cites itself: %v", ids(m))
	}
	if m.MessageID = ""; !slices.Equal(ids(m), []string{"references 1"}) {
		t.Errorf("a message without an identifier: %v", ids(m))
	}
	m.References = nil
	for i := range 600 {
		m.References = append(m.References, fmt.Sprint(i))
	}
	if got := ids(m); len(got) != 500 || got[0] != "references 599" || got[499] != "references 100" {
		t.Errorf("%d of 600 references are used", len(got))
	}
}

func TestLabel(t *testing.T) {
	if got := label(Conversation{ID: first}); got != first.String() {
		t.Errorf("a conversation without a number is %s", got)
	}
	if got := label(Conversation{ID: first, Number: 1}); got != "#1" {
		t.Errorf("number 1 is %s", got)
	}
}

func TestUnknownSender(t *testing.T) {
	m := mail(joAddr, refs("1@acme.example"))
	m.From = nil
	if d := Decide(fromJo(m), keys, deskOf()); d.Method != MethodNew {
		t.Errorf("mail without From: %+v", d)
	}
}
