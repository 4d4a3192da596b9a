package desk

import (
	"slices"
	"testing"
)

func TestCursorsSortAsTheLogDoes(t *testing.T) {
	ordered := []Cursor{"", "9-3", "9-20", "10-1", "10-2", "123456789012345678-1", "123456789012345679-0"}
	shuffled := []Cursor{ordered[4], ordered[1], ordered[6], ordered[0], ordered[5], ordered[3], ordered[2]}
	slices.SortFunc(shuffled, Cursor.Compare)
	if !slices.Equal(shuffled, ordered) {
		t.Errorf("sorted %q, want %q", shuffled, ordered)
	}
	if Cursor("10-1").Compare("10-1") != 0 {
		t.Error("a cursor differs from itself")
	}
}
