package agent

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"switchboard/desk"
)

func emails(list ...desk.Address) (out []string) {
	for _, a := range list {
		out = append(out, a.Email)
	}
	return out
}

func named(addresses ...string) (out []desk.Address) {
	for _, a := range addresses {
		out = append(out, desk.Address{Email: a})
	}
	return out
}

func TestEveryone(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range maxCC + 3 {
		many = append(many, fmt.Sprintf("p%d@acme.example", i))
	}
	for _, c := range []struct {
		name    string
		change  func(*draft)
		to, cc  []string
		omitted int
	}{
		{"alone", func(*draft) {}, []string{"jo@acme.example"}, nil, 0},
		{"others in To and Cc, without the desk and the sender", func(d *draft) {
			d.head.To = named("help@desk.example", "help+c1.x@desk.example", "Lee@acme.example")
			d.head.CC = named("billing@desk.example", "JO@acme.example", "sam@acme.example", "lee@acme.example", "not an address")
		}, []string{"jo@acme.example"}, []string{"Lee@acme.example", "sam@acme.example"}, 0},
		{"after our reply", func(d *draft) {
			d.head.CC = named("sam@acme.example")
			d.head.SentTo, d.head.SentCC = named("jo@acme.example"), named("new@acme.example")
		}, []string{"jo@acme.example"}, []string{"new@acme.example"}, 0},
		{"answered at another address", func(d *draft) {
			d.conversation.ReplyTo = "team@acme.example"
			d.head.CC = named("team@acme.example", "sam@acme.example")
		}, []string{"team@acme.example"}, []string{"sam@acme.example"}, 0},
		{"a form without an address", func(d *draft) { d.conversation.ReplyTo = "" }, nil, nil, 0},
		{"a chat", func(d *draft) { d.conversation.ReplyChannel, d.head.CC = desk.ChannelChat, named("sam@acme.example") }, nil, nil, 0},
		{"too many", func(d *draft) { d.head.CC = named(many...) }, []string{"jo@acme.example"}, many[:maxCC], 3},
	} {
		d := newDraft(Reply{})
		c.change(d)
		r := d.everyone()
		if !slices.Equal(emails(r.To...), c.to) || !slices.Equal(emails(r.CC...), c.cc) || r.Omitted != c.omitted {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
}

func TestRecipients(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		reply  Reply
		to, cc []string
		says   string
	}{
		{"by default", Reply{}, []string{"jo@acme.example"}, nil, ""},
		{"to all", Reply{All: true}, []string{"jo@acme.example"}, []string{"sam@acme.example"}, ""},
		{"chosen", Reply{To: named("lee@acme.example", "LEE@acme.example"), CC: named("kim@acme.example", "lee@acme.example")}, []string{"lee@acme.example"}, []string{"kim@acme.example"}, ""},
		{"ourselves", Reply{To: named("billing@desk.example")}, nil, nil, "to: billing@desk.example is one of our own"},
		{"a line end", Reply{To: named("a@b.example\r\nBcc: x@y.example")}, nil, nil, "to: "},
		{"no address", Reply{To: named("jo@acme.example", "")}, nil, nil, "to: "},
		{"too many", Reply{To: make([]desk.Address, maxCC+1)}, nil, nil, "to: 51 addresses"},
	} {
		c.reply.Text = "x"
		d := newDraft(c.reply)
		d.head.CC = named("sam@acme.example", "help@desk.example")
		m, deliveries, err := d.compose()
		if c.says != "" {
			if desk.KindOf(err) != desk.KindInvalid || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		var recipients []string
		for _, x := range deliveries {
			recipients = append(recipients, x.Recipient)
		}
		if err != nil || !slices.Equal(emails(m.To...), c.to) || !slices.Equal(emails(m.CC...), c.cc) || !slices.Equal(recipients, append(slices.Clone(c.to), c.cc...)) {
			t.Errorf("%s: to %v, cc %v, deliveries %q: %v", c.name, m.To, m.CC, recipients, err)
		}
	}
	d := newDraft(Reply{Text: "x", To: named("jo@acme.example")})
	if d.conversation.ReplyTo = ""; true {
		if m, _, err := d.compose(); err != nil || m.To[0].Email != "jo@acme.example" {
			t.Errorf("a form without an address, with one that the agent knows: %+v, %v", m.To, err)
		}
	}
	d.conversation.ReplyChannel, d.conversation.ReplyTo = desk.ChannelChat, "vs_1"
	if _, _, err := d.compose(); desk.KindOf(err) != desk.KindInvalid {
		t.Errorf("a chat with recipients: %v", err)
	}
}
