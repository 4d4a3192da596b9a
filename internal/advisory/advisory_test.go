package advisory

import (
	"errors"
	"strings"
	"testing"

	"switchboard/desk"
)

func TestApply(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }
	names := func(s ...string) *[]string { return &s }
	for name, c := range map[string]struct {
		change Change
		wrong  string
	}{
		"nothing":         {},
		"all":             {change: Change{Subject: text("Maintenance"), Text: text("Hello {{contact.first_name|there}}"), Segments: names("business", "business")}},
		"no subject":      {change: Change{Subject: text(" ")}, wrong: "subject"},
		"two lines":       {change: Change{Subject: text("a\nBcc: x")}, wrong: "subject"},
		"a variable":      {change: Change{Subject: text("Hi {{contact.name}}")}, wrong: "subject"},
		"no text":         {change: Change{Text: text("\n")}, wrong: "text"},
		"a wrong name":    {change: Change{Text: text("{{contact.nam}}")}, wrong: "text"},
		"a wrong inbox":   {change: Change{Inbox: text("frontlin")}, wrong: "inbox"},
		"a wrong segment": {change: Change{Segments: names("busines")}, wrong: "segments[0]"},
	} {
		a := Advisory{Subject: "Maintenance", Text: "Tonight.", Inbox: "frontline", State: desk.AdvisoryDraft}
		err := c.change.Apply(&a, Known{Inboxes: []string{"frontline"}, Segments: []string{"business"}})
		var wrong []string
		var invalid Invalid
		if errors.As(err, &invalid) {
			for _, p := range invalid {
				wrong = append(wrong, p.Field)
			}
		}
		if strings.Join(wrong, " ") != c.wrong || len(a.Segments) > 1 {
			t.Errorf("%s: %v, %+v", name, wrong, a)
		}
		a.State = desk.AdvisorySending
		if err := c.change.Apply(&a, Known{}); desk.KindOf(err) != desk.KindConflict || err == nil {
			t.Errorf("%s: changed while it is sent: %v", name, err)
		}
	}
}

func TestNext(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ from, action, to string }{
		{"draft", "send", "sending"}, {"draft", "pause", ""}, {"draft", "cancel", "cancelled"},
		{"sending", "send", ""}, {"sending", "pause", "paused"}, {"sending", "cancel", "cancelled"},
		{"paused", "send", "sending"}, {"paused", "pause", ""}, {"paused", "cancel", "cancelled"},
		{"done", "send", ""}, {"done", "pause", ""}, {"done", "cancel", ""}, {"cancelled", "send", ""}, {"cancelled", "cancel", ""},
	} {
		if to, err := Next(desk.AdvisoryState(c.from), c.action); string(to) != c.to || (err == nil) != (c.to != "") {
			t.Errorf("%s %s: %s, %v", c.from, c.action, to, err)
		}
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	b := Budget{Each: 10, Day: 15}
	for _, c := range []struct {
		n, today int
		want     string
	}{{0, 0, "nobody"}, {10, 0, ""}, {11, 0, "11 contacts, and an advisory may go to 10"}, {10, 5, ""}, {10, 6, "went to 6 within 24 hours, and may go to 15"}, {1, 20, "went to 20"}} {
		err := b.Check(c.n, c.today)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d after %d: %v", c.n, c.today, err)
		}
	}
}

func TestSkipped(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]Contact{
		"":                            {Address: "jo@acme.example", Verified: true, Other: true},
		"wants no advisories":         {Address: "jo@acme.example", Verified: true, OptedOut: true},
		"is only known from chats":    {Other: true},
		"has no mail address":         {},
		"has an address of this desk": {Address: "support@desk.example", Verified: true, Own: true},
		"cannot be reached: mail to the address came back": {Address: "jo@acme.example", Verified: true, Dead: true},
		"has an address that nothing confirms":             {Address: "jo@acme.example"},
	} {
		if got := c.Skipped(); got != want {
			t.Errorf("%+v: %q, want %q", c, got, want)
		}
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	old, now := Key{1, []byte("old")}, Key{2, []byte("new")}
	id := desk.NewID[desk.ContactID]()
	links := NewLinks("https://desk.example", now, old)
	for _, by := range []Key{now, old} {
		token := strings.TrimPrefix(NewLinks("https://desk.example", by).URL(id), "https://desk.example/unsubscribe/")
		if got, ok := links.Parse(token); !ok || got != id {
			t.Errorf("%s: %v", token, got)
		}
		for i := range token { // each letter counts
			other := []byte(token)
			other[i] = "AB"[min(1, int(token[i]-'A')&1^1)]
			if string(other) != token {
				if _, ok := links.Parse(string(other)); ok {
					t.Errorf("%s is accepted as well as %s", other, token)
				}
			}
		}
		if _, ok := links.Parse(token + "="); ok {
			t.Error("another spelling is accepted")
		}
	}
	plain, rich := links.Footer()
	for _, s := range []string{plain, rich} {
		if strings.Contains(s, links.URL(id)) || !strings.Contains(links.Reveal(s, id), links.URL(id)) {
			t.Error(s)
		}
	}
	if NewLinks("", now).Usable() || NewLinks("https://desk.example").Usable() {
		t.Error("links without an address or a key")
	}
}

func TestMayUse(t *testing.T) {
	t.Parallel()
	for want, agents := range map[bool][]desk.Agent{
		true:  {{Admin: true}, {Leads: []string{"billing"}}},
		false: {{}, {Leads: []string{"billing"}, InboxesOnly: true}, {Leads: []string{"billing"}, MaskAddresses: true}},
	} {
		for i := range agents {
			if got := MayUse(&agents[i]); (got == nil) != want {
				t.Errorf("%+v: %v", agents[i], got)
			}
		}
	}
}
