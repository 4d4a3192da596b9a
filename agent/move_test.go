package agent

import (
	"strings"
	"testing"

	"switchboard/desk"
)

func TestDestination(t *testing.T) {
	t.Parallel()
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
		{Move{Inbox: "nowhere"}, "", `inbox: there is no inbox "nowhere"`},
		{Move{Tier: tier(7)}, "", "tier: tier 7 has no inbox"},
		{Move{}, "", "name the inbox"},
	} {
		got, err := destination(&c, x.move, inboxes)
		if x.says == "" && (err != nil || got.Key != x.want) || x.says != "" && (desk.KindOf(err) != desk.KindInvalid || !strings.Contains(err.Error(), x.says)) {
			t.Errorf("%+v: got %q, %v", x.move, got.Key, err)
		}
	}
	c.InboxID = desk.NewID[desk.InboxID]() // archived, and not among those in use
	if got, err := destination(&c, Move{Tier: tier(1)}, inboxes); err != nil || got.ID != c.InboxID || got.Tier != 1 {
		t.Errorf("from an archived inbox: %+v, %v", got, err)
	}
}

func TestCheckHandover(t *testing.T) {
	t.Parallel()
	c := conversation()
	for _, x := range []struct {
		from, to desk.Tier
		note     string
		ok       bool
	}{
		{1, 2, "", false}, {1, 2, " \n", false}, {1, 2, "tried x", true}, {2, 2, "", true}, {2, 1, "", true}, {2, 1, "NUL \x00", false},
	} {
		c.Tier = x.from
		if err := checkHandover(&c, desk.Inbox{Tier: x.to}, x.note); (err == nil) != x.ok || err != nil && desk.KindOf(err) != desk.KindInvalid {
			t.Errorf("tier %d to %d with the note %q: %v", x.from, x.to, x.note, err)
		}
	}
}
