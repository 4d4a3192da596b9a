package agent

import (
	"strings"
	"testing"
	"time"

	"switchboard/desk"
)

func TestCanRead(t *testing.T) {
	id := desk.NewID[desk.AgentID]()
	open, secret := desk.Conversation{Tier: 2}, desk.Conversation{Tier: 2, Restricted: true}
	for _, c := range []struct {
		name         string
		by           desk.Agent
		open, secret bool
	}{
		{"nobody", desk.Agent{}, false, false},
		{"nobody who says admin", desk.Agent{Admin: true, Tiers: []desk.Tier{2}}, false, false},
		{"frontline", desk.Agent{ID: id, Tiers: []desk.Tier{1}}, true, false},
		{"specialist", desk.Agent{ID: id, Tiers: []desk.Tier{1, 2}}, true, true},
		{"without a tier", desk.Agent{ID: id}, true, false},
		{"admin", desk.Agent{ID: id, Admin: true}, true, true},
		{"disabled admin", desk.Agent{ID: id, Admin: true, Disabled: true}, false, false},
		{"disabled specialist", desk.Agent{ID: id, Tiers: []desk.Tier{2}, Disabled: true}, false, false},
	} {
		if got := CanRead(c.by, open); got != c.open {
			t.Errorf("%s reads an open one: %v", c.name, got)
		}
		if got := CanRead(c.by, secret); got != c.secret {
			t.Errorf("%s reads a restricted one: %v", c.name, got)
		}
	}
}

func TestReplied(t *testing.T) {
	for from, to := range map[desk.Status]desk.Status{desk.StatusOpen: desk.StatusPending, desk.StatusSnoozed: desk.StatusPending,
		desk.StatusPending: desk.StatusPending, desk.StatusResolved: desk.StatusResolved} {
		c, by := conversation(), ana()
		c.Status, c.Participants = from, []string{"jo@acme.example"}
		m := desk.Message{Channel: desk.ChannelEmail, AuthorID: by.ID, SentAt: noon, Preview: "p", To: []desk.Address{{Email: "Jo@acme.example"}}, CC: []desk.Address{{Email: "Sam@acme.example"}}}
		got := replied(c, &m)
		if got.Status != to || !got.WaitingSince.IsZero() || !got.LastReplyAt.Equal(noon) || got.AssigneeID != by.ID || len(got.Participants) != 2 || len(c.Participants) != 1 {
			t.Errorf("%s: %+v", from, got)
		}
		holder := desk.NewID[desk.AgentID]()
		c.AssigneeID = holder
		if got := replied(c, &m); got.AssigneeID != holder {
			t.Errorf("%s: a colleague's answer took the conversation", from)
		}
	}
}

func TestDestination(t *testing.T) {
	tier := func(n desk.Tier) *desk.Tier { return &n }
	frontline := desk.Inbox{ID: desk.NewID[desk.InboxID](), Key: "frontline", Tier: 1}
	vip := desk.Inbox{ID: desk.NewID[desk.InboxID](), Key: "vip", Tier: 1}
	billing := desk.Inbox{ID: desk.NewID[desk.InboxID](), Key: "billing", Tier: 2}
	integrations := desk.Inbox{ID: desk.NewID[desk.InboxID](), Key: "integrations", Tier: 2}
	inboxes := []desk.Inbox{frontline, vip, billing, integrations}
	c := conversation()
	c.InboxID, c.Tier = vip.ID, 1
	for _, x := range []struct {
		move Move
		want string
		says string
	}{
		{Move{Inbox: "integrations"}, "integrations", ""},
		{Move{Tier: tier(2)}, "billing", ""},
		{Move{Tier: tier(1)}, "vip", ""}, // it is there already
		{Move{Inbox: "integrations", Tier: tier(2)}, "integrations", ""},
		{Move{Inbox: "integrations", Tier: tier(1)}, "", "belongs to tier 2"},
		{Move{Inbox: "nowhere"}, "", `inbox: there is no "nowhere"`},
		{Move{Tier: tier(7)}, "", "tier: 7 has no inbox"},
		{Move{}, "", "name the inbox"},
	} {
		got, err := destination(&c, x.move, inboxes)
		if x.says == "" && (err != nil || got.Key != x.want) || x.says != "" && (desk.KindOf(err) != desk.KindInvalid || !strings.Contains(err.Error(), x.says)) {
			t.Errorf("%+v: got %q, %v", x.move, got.Key, err)
		}
	}
}

func TestMoved(t *testing.T) {
	from, to := desk.Inbox{ID: desk.NewID[desk.InboxID](), Key: "frontline", Tier: 1}, desk.Inbox{ID: desk.NewID[desk.InboxID](), Key: "billing", Tier: 2}
	c := conversation()
	c.Path = make([]string, 1, 4)
	c.Path[0] = "default"
	for name, x := range map[string]struct {
		holder desk.Agent
		stays  bool
	}{
		"works there":         {desk.Agent{ID: desk.NewID[desk.AgentID](), Tiers: []desk.Tier{1, 2}}, true},
		"does not":            {desk.Agent{ID: desk.NewID[desk.AgentID](), Tiers: []desk.Tier{1}}, false},
		"works there no more": {desk.Agent{ID: desk.NewID[desk.AgentID](), Tiers: []desk.Tier{2}, Disabled: true}, false},
	} {
		c.AssigneeID = x.holder.ID
		got := moved(c, from, to, desk.Agent{Name: "Ana\nB"}, x.holder)
		if got.Tier != 2 || got.InboxID != to.ID || got.AssigneeID.IsZero() == x.stays || len(got.Path) != 2 || got.Path[1] != "moved: frontline -> billing by Ana B" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if handoverNote(&c, to, " ") == nil || handoverNote(&c, to, "tried x") != nil {
		t.Error("a rising tier needs a note, and a note is enough")
	}
	c.Tier = 2
	if handoverNote(&c, to, "") != nil || handoverNote(&c, from, "") != nil {
		t.Error("a move sideways or down needs none")
	}
}

func TestWithStatus(t *testing.T) {
	later := noon.Add(time.Hour)
	for _, x := range []struct {
		name     string
		from, to desk.Status
		until    time.Time
		says     string // "": allowed
		check    func(desk.Conversation) bool
	}{
		{"snooze", desk.StatusOpen, desk.StatusSnoozed, later, "", func(c desk.Conversation) bool { return c.SnoozedUntil.Equal(later) && !c.WaitingSince.IsZero() }},
		{"snooze without an end", desk.StatusOpen, desk.StatusSnoozed, time.Time{}, "future", nil},
		{"snooze into the past", desk.StatusOpen, desk.StatusSnoozed, noon, "future", nil},
		{"an end without a snooze", desk.StatusOpen, desk.StatusPending, later, "until", nil},
		{"pending", desk.StatusOpen, desk.StatusPending, time.Time{}, "", func(c desk.Conversation) bool { return c.WaitingSince.IsZero() }},
		{"resolve", desk.StatusOpen, desk.StatusResolved, time.Time{}, "", func(c desk.Conversation) bool { return c.ResolvedAt.Equal(noon) && c.WaitingSince.IsZero() }},
		{"open again", desk.StatusResolved, desk.StatusOpen, time.Time{}, "", func(c desk.Conversation) bool { return c.ResolvedAt.IsZero() && !c.WaitingSince.IsZero() }},
		{"close", desk.StatusOpen, desk.StatusClosed, time.Time{}, "", func(c desk.Conversation) bool { return c.ResolvedAt.Equal(noon) }},
		{"wake", desk.StatusSnoozed, desk.StatusOpen, time.Time{}, "", func(c desk.Conversation) bool { return c.SnoozedUntil.IsZero() }},
		{"nonsense", desk.StatusOpen, "done", time.Time{}, "none of", nil},
	} {
		c := conversation()
		c.Status = x.from
		if x.from == desk.StatusSnoozed {
			c.SnoozedUntil = later
		}
		got, changed, err := withStatus(c, x.to, x.until, noon)
		if x.says != "" {
			if desk.KindOf(err) != desk.KindInvalid || !strings.Contains(err.Error(), x.says) {
				t.Errorf("%s: %v", x.name, err)
			}
			continue
		}
		if err != nil || !changed || got.Status != x.to || !x.check(got) {
			t.Errorf("%s: %+v %v %v", x.name, got, changed, err)
		}
		if _, changed, err := withStatus(got, x.to, x.until, noon); changed || err != nil {
			t.Errorf("%s a second time: %v %v", x.name, changed, err)
		}
	}
}

func TestNextStint(t *testing.T) {
	before := conversation()
	if _, ok := nextStint(&before, &before, noon, ""); ok {
		t.Error("nothing changed and a stint began")
	}
	for name, change := range map[string]func(*desk.Conversation){
		"holder": func(c *desk.Conversation) { c.AssigneeID = desk.NewID[desk.AgentID]() },
		"inbox":  func(c *desk.Conversation) { c.InboxID = desk.NewID[desk.InboxID]() },
		"tier":   func(c *desk.Conversation) { c.Tier++ },
		"move":   func(c *desk.Conversation) { c.Status = desk.StatusPending },
	} {
		after := before
		change(&after)
		s, ok := nextStint(&before, &after, noon, "r")
		if !ok || s.InboxID != after.InboxID || s.Tier != after.Tier || s.AssigneeID != after.AssigneeID || !s.StartedAt.Equal(noon) || s.Reason != "r" || s.ID.IsZero() {
			t.Errorf("%s: %+v %v", name, s, ok)
		}
	}
	snoozed := before
	snoozed.Status = desk.StatusSnoozed
	if waitingOn(&snoozed) != desk.WaitingUs {
		t.Error("a snooze took the clock from a customer who waits")
	}
	snoozed.WaitingSince = time.Time{}
	if waitingOn(&snoozed) != desk.WaitingCustomer {
		t.Error("a snoozed conversation of nobody who waits waits for us")
	}
}
