package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
)

// TestRepliesWithoutHeaders: what a reply says and quotes of the mail that it
// answers is found in what is stored, and leads it to one of two conversations that
// have the same subject and the same customer; whoever else knows as much opens one
// of his own.
func TestRepliesWithoutHeaders(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	at := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	n := 0
	var raws []desk.Raw
	mail := func(from, subject, text string) {
		n++
		body := fmt.Sprintf("From: %s\r\nTo: support@desk.example\r\nSubject: %s\r\nMessage-ID: <%d@test.example>\r\nDate: %s\r\n\r\n%s\r\n",
			from, subject, n, at.Format(time.RFC1123Z), strings.ReplaceAll(text, "\n", "\r\n"))
		raws = append(raws, desk.Raw{Channel: desk.ChannelEmail, Endpoint: "smtp", SourceKey: fmt.Sprint(n), EnvelopeFrom: "x@test.example",
			EnvelopeTo: []string{"support@desk.example"}, ReceivedAt: time.Now(), Bytes: []byte(body)})
		at = at.Add(7 * time.Minute)
	}
	const jo, subject = "Jo Doe <jo@acme.example>", "Parcel 4711 is late"
	sent := at
	mail(jo, subject, "The first one should have come on Tuesday of last week, and did not.")
	mail(jo, subject, "> We rang the carrier this morning, and were told that nobody had opened the door.\nThe second one.")
	p.accept(raws...)
	p.settled()
	raws = nil
	intro := "On " + sent.Format("02.01.06, 15:04") + ", Jo Doe wrote:\n> [cut]\n"
	mail(jo, "Re: "+subject, intro+"Now it has come.")                                                                                  // by the time
	mail(jo, "Re: "+subject, "> The first one should have come on Tuesday of last week,\n> and did not.\nNow it has.")                  // by the quote
	mail(jo, "Re: "+subject, "Ad <2@test.example>\n> [cut]\nAnd this?")                                                                 // by the identifier
	mail(jo, "Re: "+subject, "> We rang the carrier this morning, and were told\n> that nobody had opened the door.\nBut I was there.") // by what both quote
	mail(jo, "Re: "+subject, "And now?")                                                                                                // which?
	mail("Eve <eve@elsewhere.example>", "Re: "+subject, intro+"Ad <2@test.example>\n> The first one should have come on Tuesday of last week, and did not.")
	p.accept(raws...)
	p.settled()

	admin := desk.Agent{ID: desk.NewID[desk.AgentID](), Admin: true}
	got := map[string]bool{}
	for _, id := range p.conversations(admin) {
		messages, err := p.store.Messages(t.Context(), admin, id, 0, 50)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, m := range messages {
			ids = append(ids, strings.TrimSuffix(m.MessageID, "@test.example"))
		}
		got[strings.Join(ids, " ")] = true
	}
	for _, want := range []string{"1 3 4", "2 5 6", "7", "8"} {
		if !got[want] {
			t.Errorf("no conversation of the mails %s: %v", want, got)
		}
	}
}
