package answer_test

import (
	"fmt"
	"strings"
	"testing"

	"switchboard/desk"
	"switchboard/internal/deskmail"
	"switchboard/internal/deskmail/answer"
	"switchboard/internal/deskmail/letter"
)

func TestOf(t *testing.T) {
	t.Parallel()
	site := letter.Site{Address: "support@desk.example", Domain: "desk.example"}
	line := desk.NewID[desk.MessageID]()
	found := []deskmail.Found{{Header: "one@acme.example", Number: 7, Seq: 2}, {Header: "two@acme.example", Number: 7, Seq: 5}, {Header: "two@acme.example", Number: 9, Seq: 1},
		{MessageID: line, Header: "chat", Number: 8, Seq: 3}}
	for _, c := range []struct {
		name, inReplyTo, references, to, cc, rcpt string
		found                                     []deskmail.Found
		want                                      string
	}{
		{"reply", "two@acme.example", "one@acme.example two@acme.example", "jo@acme.example", "", "jo@acme.example", found, "7/5 to jo@acme.example cc bcc"},
		{"the copy elsewhere", "two@acme.example", "", "", "", "support+conversation-9@desk.example", found, "9/1 customer to cc bcc"},
		{"to all, and a blind copy", "one@acme.example", "", "jo@acme.example", "al@acme.example support@desk.example", "jo@acme.example al@acme.example support@desk.example eve@x.example ana@desk.example", found, "7/2 to jo@acme.example cc al@acme.example bcc eve@x.example"},
		{"references only", "", "gone@x.example one@acme.example", "jo@acme.example", "", "jo@acme.example", found, "7/2 to jo@acme.example cc bcc"},
		{"chat", site.MessageID(line), "", "", "", "support+conversation-8@desk.example", found, "8/3 customer to cc bcc"},
		{"number only", "", "", "", "", "support+conversation-8@desk.example", nil, "8/- customer to cc bcc"},
		{"note", site.MessageID(line), "", "", "", "support+note-8@desk.example", found, "8/3 note to cc bcc"},
		{"note with others", site.MessageID(line), "", "jo@acme.example", "", "support+note-8@desk.example jo@acme.example", found, "a note is for the team only"},
		{"other conversation", "one@acme.example", "", "", "", "support+conversation-9@desk.example", found[:1], "conversation 7, and is addressed to conversation 9"},
		{"two conversations", "", "", "", "", "support+conversation-9@desk.example support+conversation-8@desk.example", found, "one at a time"},
		{"unknown", "x@y.example", "", "jo@acme.example", "", "jo@acme.example", nil, "answers no message"},
	} {
		list := func(text string) (out []desk.Address) {
			for _, a := range strings.Fields(text) {
				out = append(out, desk.Address{Email: a})
			}
			return out
		}
		m := desk.Message{InReplyTo: strings.Fields(c.inReplyTo), References: strings.Fields(c.references), To: list(c.to), CC: list(c.cc)}
		p, err := answer.Of(&site, answer.Input{Mail: &m, Recipients: strings.Fields(c.rcpt), Found: c.found, Agent: "Ana@desk.example", Own: func(a string) bool { return strings.HasPrefix(a, "support") }})
		got := fmt.Sprint(err)
		if err == nil {
			seq := "-"
			if p.Found != nil {
				seq = fmt.Sprint(p.Found.Seq)
			}
			got = fmt.Sprintf("%d/%s", p.Number, seq)
			if p.Note {
				got += " note"
			}
			if p.Customer {
				got += " customer"
			}
			for _, l := range []struct {
				name string
				of   []desk.Address
			}{{"to", p.To}, {"cc", p.CC}, {"bcc", p.BCC}} {
				got += " " + l.name
				for _, a := range l.of {
					got += " " + a.Email
				}
			}
		}
		if got != c.want && (err == nil || !strings.Contains(got, c.want)) {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
