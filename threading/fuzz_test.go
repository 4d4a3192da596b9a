package threading

import (
	"strings"
	"testing"

	"switchboard/desk"
)

// FuzzThreading checks that no message makes Decide or an Archive panic, give a
// different result the second time, or let a stranger join.
func FuzzThreading(f *testing.F) {
	f.Add("new@x", "1@acme.example out.1@demo.example", "1@acme.example", "Re: Parcel 4711 is late", "> "+answer+"\nno", ours)
	f.Add("", "", "", "Re: Re: Fwd: [x] (fwd)", "On Monday, Jo wrote:\nJD> x\n>>> y", "support+aaaa@demo.example")
	f.Add("unseen@acme.example", "a's <b> \x00", "\xff", "\u202eRe: \xff", strings.Repeat("> word ", 50), "@+@")
	f.Fuzz(func(t *testing.T, id, references, inReplyTo, subject, body, recipient string) {
		m := mail(eveAddr, refs(strings.Fields(references)...), irt(inReplyTo), text(subject, body, ""))
		m.MessageID = id
		in := to(fromEve(m), recipient)
		d := Decide(in, keys, deskOf())
		if again := Decide(in, keys, deskOf()); again.ConversationID != d.ConversationID || again.Evidence != d.Evidence {
			t.Errorf("decided %+v, then %+v", d, again)
		}
		if !d.ConversationID.IsZero() || !d.FollowUpOf.IsZero() {
			t.Errorf("a stranger joined: %+v", d)
		}
		a := NewArchive()
		a.Add(mail(joAddr, text("Parcel 4711 is late", answer, answer)), acme, desk.ContactID{})
		a.Add(m, acme, desk.ContactID{})
		if got := len(a.Place()); got != 2 {
			t.Errorf("%d of 2 messages were placed", got)
		}
	})
}

func BenchmarkDecide(b *testing.B) {
	index := deskOf()
	for name, in := range map[string]Incoming{
		"token":      to(fromJo(mail(joAddr)), keys.Address(ours, first, joAddr)),
		"references": fromJo(mail(joAddr, refs("a@x", "b@x", "c@x", "1@acme.example", "out.1@demo.example"))),
		"subject":    fromJo(mail(joAddr, text("Re: Parcel 4711 is late", "> "+answer+"\nIt did not come.", "It did not come."))),
		"new":        fromJo(mail(joAddr)),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Decide(in, keys, index)
			}
		})
	}
}
