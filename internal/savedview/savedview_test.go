package savedview

import (
	"errors"
	"testing"

	"switchboard/desk"
)

func TestWhoSeesAndChangesAView(t *testing.T) {
	owner := desk.Agent{ID: desk.AgentID{1}, Name: "Ana", Tiers: []desk.Tier{1, 2}}
	mate, other, admin := desk.Agent{ID: desk.AgentID{2}, Tiers: []desk.Tier{2}}, desk.Agent{ID: desk.AgentID{3}, Tiers: []desk.Tier{3}}, desk.Agent{ID: desk.AgentID{4}, Admin: true}
	for _, c := range []struct {
		scope string
		by    desk.Agent
		sees  bool
		edits desk.Kind // 0: they may
	}{
		{Own, owner, true, 0}, {Own, mate, false, desk.KindNotFound}, {Own, admin, false, desk.KindNotFound},
		{Team, owner, true, 0}, {Team, mate, true, desk.KindDenied}, {Team, other, false, desk.KindNotFound}, {Team, admin, true, 0},
		{All, mate, true, desk.KindDenied}, {All, other, true, desk.KindDenied}, {All, admin, true, 0},
	} {
		v := View{Owner: owner, Scope: c.scope}
		if v.Visible(&c.by) != c.sees {
			t.Errorf("%s by %v: visible is %v", c.scope, c.by.ID, !c.sees)
		}
		if err := v.Editable(&c.by); c.edits == 0 && err != nil || c.edits != 0 && desk.KindOf(err) != c.edits {
			t.Errorf("%s by %v: %v", c.scope, c.by.ID, err)
		}
	}
}

func TestChangesAreChecked(t *testing.T) {
	text := func(s string) *string { return &s }
	for _, c := range []struct {
		change Change
		field  string
	}{
		{Change{}, ""}, {Change{Name: text(" Lamps "), Q: text("lamp or plug"), Sort: text("oldest"), Scope: text("all")}, ""},
		{Change{Name: text("")}, "name"}, {Change{Name: text("a\nb")}, "name"}, {Change{Q: text("")}, "q"}, {Change{Q: text("is:lost")}, "q"},
		{Change{Sort: text("size")}, "sort"}, {Change{Scope: text("world")}, "scope"},
	} {
		v := View{Name: "Refunds", Q: "tag:refund", Sort: "due", Scope: Own}
		err := c.change.Apply(&v)
		var invalid Invalid
		if errors.As(err, &invalid); invalid.Field != c.field {
			t.Errorf("%v: %v, want %q", c.change, err, c.field)
		}
	}
}
