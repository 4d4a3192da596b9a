package memory

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

func TestReserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(100, 2)
		first, err := b.Reserve(t.Context(), 30)
		if err != nil {
			t.Fatal(err)
		}
		var got string
		wait := func(name string, size int64) {
			go func() {
				release, err := b.Reserve(t.Context(), size)
				if err != nil {
					t.Error(err)
					return
				}
				got += name
				release()
			}()
			synctest.Wait()
		}
		wait("fits ", 20)
		wait("alone ", 1<<62) // more than the budget
		wait("later ", 1)     // would fit, but others were first
		if got != "fits " {
			t.Errorf("admitted %q next to the first", got)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := b.Reserve(ctx, 50); !errors.Is(err, context.Canceled) {
			t.Errorf("a wait that was given up: %v", err)
		}
		first()
		first() // has no effect
		synctest.Wait()
		if got != "fits alone later " {
			t.Errorf("admitted %q", got)
		}
		if _, err := b.Reserve(t.Context(), 50); err != nil {
			t.Errorf("the whole budget is not free again: %v", err)
		}
	})
}
