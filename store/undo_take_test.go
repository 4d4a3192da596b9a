package store_test

import (
	"testing"

	"switchboard/desk"
	"switchboard/lifecycle"
)

// TestUndoIsTakenOnce: nobody else gets it, and what could not be undone is there for another
// try.
func TestUndoIsTakenOnce(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	a, b := lifecycle.Reversal{ID: o.letter(t), Is: lifecycle.Kept{Tags: []string{"lamp"}}}, lifecycle.Reversal{ID: o.letter(t), Was: lifecycle.Kept{Subject: "Lamp"}}
	id, err := o.AddUndo(t.Context(), o.ana.ID, []lifecycle.Reversal{a, b})
	if err != nil {
		t.Fatal(err)
	}
	take := func(by desk.Agent, want desk.Kind, n int) {
		t.Helper()
		list, err := o.TakeUndo(t.Context(), by.ID, id)
		if len(list) != n || (err == nil) != (n > 0) || err != nil && desk.KindOf(err) != want {
			t.Errorf("%+v, %v", list, err)
		}
		if n == 1 && (list[0].ID != b.ID || list[0].Was.Subject != "Lamp") {
			t.Errorf("%+v", list)
		}
	}
	take(o.bob, desk.KindNotFound, 0)
	take(o.ana, 0, 2)
	take(o.ana, desk.KindConflict, 0)
	if err := o.ReturnUndo(t.Context(), id, []lifecycle.Reversal{b}); err != nil {
		t.Fatal(err)
	}
	take(o.ana, 0, 1)
	o.exec(t, "update undos set at = now() - interval '25 hours', undone_at = null")
	take(o.ana, desk.KindNotFound, 0)
}
