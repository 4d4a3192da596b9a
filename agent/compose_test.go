package agent

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/desk"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func conversation() desk.Conversation {
	return desk.Conversation{ID: desk.NewID[desk.ConversationID](), Number: 1042, Subject: "AW: Printer on fire", Channel: desk.ChannelEmail,
		Status: desk.StatusOpen, InboxID: desk.NewID[desk.InboxID](), Tier: 1, ReplyChannel: desk.ChannelEmail, ReplyTo: "jo@acme.example",
		ReplyFrom: "help@desk.example", WaitingSince: noon.Add(-time.Hour), LastSeq: 2, CreatedAt: noon.Add(-time.Hour), UpdatedAt: noon.Add(-time.Hour)}
}

func ana() desk.Agent {
	return desk.Agent{ID: desk.NewID[desk.AgentID](), Name: "Ana", Email: "ana@desk.example", Tiers: []desk.Tier{1}}
}

func newDraft(r Reply) *draft {
	return &draft{conversation: conversation(), by: ana(), reply: r, now: noon,
		head: Head{MessageID: "q1@acme.example", References: []string{"q0@acme.example"}, Subject: "Re: Re: Printer on fire",
			From: []desk.Address{{Name: "Jo Doe", Email: "Jo@Acme.example"}}},
		opt: &Options{MessageID: func(id desk.MessageID) string { return id.String() + "@desk.example" },
			Own: func(a string) bool { return a == "billing@desk.example" }}}
}

func TestComposeMail(t *testing.T) {
	d := newDraft(Reply{Text: "Pull the\r\nplug.", CC: []desk.Address{{Name: " Sam ", Email: "sam@acme.example"}, {Email: "SAM@acme.example"}, {Email: "JO@acme.example"}}})
	m, ds, err := d.compose()
	if err != nil {
		t.Fatal(err)
	}
	want := desk.Message{ID: m.ID, ConversationID: d.conversation.ID, Direction: desk.Outbound, Channel: desk.ChannelEmail,
		MessageID: m.ID.String() + "@desk.example", InReplyTo: []string{"q1@acme.example"}, References: []string{"q0@acme.example", "q1@acme.example"},
		From: []desk.Address{{Name: "Ana", Email: "help@desk.example"}}, To: []desk.Address{{Name: "Jo Doe", Email: "jo@acme.example"}},
		CC: []desk.Address{{Name: "Sam", Email: "sam@acme.example"}}, Subject: "Re: Printer on fire", SentAt: noon, ReceivedAt: noon,
		Preview: "Pull the plug.", TextBody: "Pull the\nplug.", NewText: "Pull the\nplug.", HTMLBody: m.HTMLBody, AutoSubmitted: desk.AutoNo, AuthorID: d.by.ID, ThreadMethod: "reply"}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if !strings.Contains(m.HTMLBody, "Pull the<br>\nplug.") {
		t.Errorf("HTML %s", m.HTMLBody)
	}
	var to []string
	for _, x := range ds {
		to = append(to, x.Recipient)
		if x.State != desk.DeliveryQueued || x.ReturnPath != "help@desk.example" || x.MessageID != m.ID || x.EnvelopeID != x.ID.String() || !x.NextAttemptAt.Equal(noon) {
			t.Errorf("delivery %+v", x)
		}
	}
	if !slices.Equal(to, []string{"jo@acme.example", "sam@acme.example"}) {
		t.Errorf("deliveries to %q", to)
	}
}

func TestComposeHeld(t *testing.T) {
	d := newDraft(Reply{Text: "x"})
	d.held = 15 * time.Second
	if _, ds, err := d.compose(); err != nil || ds[0].State != desk.DeliveryHeld || !ds[0].NextAttemptAt.Equal(noon.Add(15*time.Second)) {
		t.Errorf("%+v, %v", ds, err)
	}
}

func TestComposeChat(t *testing.T) {
	d := newDraft(Reply{Text: "hello"})
	session := desk.NewID[desk.SessionID]().String()
	d.conversation.ReplyChannel, d.conversation.ReplyTo = desk.ChannelChat, session
	m, ds, err := d.compose()
	if err != nil || m.Channel != desk.ChannelChat || m.Subject != "" || len(ds) != 1 || ds[0].Recipient != session || ds[0].Channel != desk.ChannelChat || ds[0].ReturnPath != "" || ds[0].State != desk.DeliverySent {
		t.Errorf("%+v\n%+v\n%v", m, ds, err)
	}
	d.held = 15 * time.Second
	if _, ds, err := d.compose(); err != nil || ds[0].State != desk.DeliveryHeld {
		t.Errorf("may be undone: %+v, %v", ds, err)
	}
	d.reply.CC = []desk.Address{{Email: "sam@acme.example"}}
	if _, _, err := d.compose(); desk.KindOf(err) != desk.KindInvalid {
		t.Errorf("a chat with a copy: %v", err)
	}
}

func TestComposeRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*draft)
		kind   desk.Kind
		says   string
	}{
		{"empty", func(d *draft) { d.reply.Text = " \n" }, desk.KindInvalid, "empty"},
		{"html alone", func(d *draft) { d.reply = Reply{HTML: "<p>x</p>"} }, desk.KindInvalid, "empty"},
		{"not UTF-8", func(d *draft) { d.reply.Text = "\xff" }, desk.KindInvalid, "UTF-8"},
		{"NUL", func(d *draft) { d.reply.Text = "a\x00b" }, desk.KindInvalid, "NUL"},
		{"NUL in html", func(d *draft) { d.reply.HTML = "a\x00b" }, desk.KindInvalid, "html"},
		{"too long", func(d *draft) { d.reply.Text = strings.Repeat("x", maxText+1) }, desk.KindInvalid, "allowed"},
		{"closed", func(d *draft) { d.conversation.Status = desk.StatusClosed }, desk.KindConflict, "#1042 is closed"},
		{"merged", func(d *draft) { d.conversation.MergedInto = desk.NewID[desk.ConversationID]() }, desk.KindConflict, "merged"},
		{"no one to reply to", func(d *draft) { d.conversation.ReplyTo = "" }, desk.KindInvalid, "no address to reply to"},
		{"no address to reply from", func(d *draft) { d.conversation.ReplyFrom = "" }, desk.KindInvalid, "reply from"},
		{"an invalid address", func(d *draft) { d.conversation.ReplyTo = "jo" }, desk.KindInvalid, "jo"},
		{"to ourselves", func(d *draft) { d.conversation.ReplyTo = "Help@Desk.example" }, desk.KindInvalid, "own"},
		{"to ourselves with a token", func(d *draft) { d.conversation.ReplyTo = "help+c1.abc@desk.example" }, desk.KindInvalid, "own"},
		{"to another own address", func(d *draft) { d.conversation.ReplyTo = "billing@desk.example" }, desk.KindInvalid, "own"},
		{"copy to ourselves", func(d *draft) { d.reply.CC = []desk.Address{{Email: "help@desk.example"}} }, desk.KindInvalid, "own"},
		{"an empty copy", func(d *draft) { d.reply.CC = []desk.Address{{Email: ""}} }, desk.KindInvalid, "cc"},
		{"line end in a copy", func(d *draft) { d.reply.CC = []desk.Address{{Email: "a@b.example\r\nBcc: x@y.example"}} }, desk.KindInvalid, "control"},
		{"line end in a name", func(d *draft) { d.reply.CC = []desk.Address{{Name: "a\nb", Email: "a@b.example"}} }, desk.KindInvalid, "control"},
		{"NUL in a name", func(d *draft) { d.reply.CC = []desk.Address{{Name: "a\x00b", Email: "a@b.example"}} }, desk.KindInvalid, "control"},
		{"line end in the agent's name", func(d *draft) { d.by.Name = "Ana\r\nX: 1" }, desk.KindInvalid, "your name"},
		{"too many copies", func(d *draft) { d.reply.CC = make([]desk.Address, maxCC+1) }, desk.KindInvalid, "allowed"},
	} {
		d := newDraft(Reply{Text: "x"})
		c.change(d)
		if _, _, err := d.compose(); err == nil || desk.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v (%v), want %v with %q", c.name, err, desk.KindOf(err), c.kind, c.says)
		}
	}
}

func TestComposeCleansHeaderValues(t *testing.T) {
	d := newDraft(Reply{Text: "x"})
	d.head.Subject, d.head.From[0].Name = "Re: hi\r\nBcc: victim@other.example", "Jo\r\nX: 1"
	m, _, err := d.compose()
	if err != nil || m.Subject != "Re: hi Bcc: victim@other.example" || m.To[0].Name != "Jo X: 1" {
		t.Errorf("%q %q %v", m.Subject, m.To[0].Name, err)
	}
}

func TestReferences(t *testing.T) {
	var many []string
	for i := range 80 {
		many = append(many, fmt.Sprintf("%d@x", i))
	}
	got := references(many, "parent@x")
	if len(got) != maxReferences || got[0] != "0@x" || got[1] != "32@x" || got[len(got)-1] != "parent@x" || len(many) != 80 || many[1] != "1@x" {
		t.Errorf("%q", got)
	}
	if got := references([]string{"a@x", "parent@x"}, "parent@x"); !slices.Equal(got, []string{"a@x", "parent@x"}) {
		t.Errorf("a parent that is listed already: %q", got)
	}
	if got := references(nil, "parent@x"); !slices.Equal(got, []string{"parent@x"}) {
		t.Errorf("%q", got)
	}
}

func TestSubjectsAndPreview(t *testing.T) {
	for _, c := range [][3]string{{"Re: a", "b", "a"}, {"Re:", "AW: b", "b"}, {"", "", "your message"}} {
		if got := baseSubject(c[0], c[1]); got != c[2] {
			t.Errorf("%q: %q", c, got)
		}
	}
}

// The documented limits, at their boundaries.
func TestLimits(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]bool{1 << 20: true, 1<<20 + 1: false} {
		for _, r := range []Reply{{Text: strings.Repeat("x", size)}, {Text: "x", HTML: strings.Repeat("x", size)}} {
			if _, _, err := newDraft(r).compose(); (err == nil) != want {
				t.Errorf("%d bytes of text, %d of HTML: %v", len(r.Text), len(r.HTML), err)
			}
		}
	}
	var ids []string
	for i := range maxReferences {
		ids = append(ids, fmt.Sprintf("%d@x", i))
	}
	if got := references(ids[:maxReferences-1], ids[maxReferences-1]); !slices.Equal(got, ids) {
		t.Errorf("all that fit: %q", got)
	}
	if got := references(ids, "p@x"); !slices.Equal(got, append([]string{"0@x"}, append(slices.Clone(ids[2:]), "p@x")...)) {
		t.Errorf("one more: %q", got)
	}
	if got := references([]string{"", "a@x", "", "b@x"}, ""); !slices.Equal(got, []string{"a@x", "b@x"}) {
		t.Errorf("empty references: %q", got)
	}
}

// A refused reply comes with neither a message nor deliveries.
func TestRefusedReplyIsEmpty(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*draft){
		"name":    func(d *draft) { d.by.Name = "a\nb" },
		"from":    func(d *draft) { d.conversation.ReplyFrom = "" },
		"to":      func(d *draft) { d.conversation.ReplyTo = "jo" },
		"own":     func(d *draft) { d.conversation.ReplyTo = "billing@desk.example" },
		"copy":    func(d *draft) { d.reply.CC = addresses("jo") },
		"in chat": func(d *draft) { d.conversation.ReplyChannel, d.reply.CC = desk.ChannelChat, addresses("a@b.example") },
	} {
		d := newDraft(Reply{Text: "x"})
		change(d)
		if m, ds, err := d.compose(); err == nil || ds != nil || !m.ID.IsZero() {
			t.Errorf("%s: %+v, %v, %v", name, m, ds, err)
		}
	}
}

func addresses(list ...string) (out []desk.Address) {
	for _, a := range list {
		out = append(out, desk.Address{Email: a})
	}
	return out
}
