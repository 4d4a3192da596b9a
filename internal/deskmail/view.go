package deskmail

import (
	"cmp"
	"slices"
)

// Update is how a program's view of a folder changes.
type Update struct {
	Expunged []uint32 // sequence numbers, each as of after the ones before it
	Grown    bool     // there are new messages at the end
	Changed  []int    // indexes of entries whose flags have changed
}

// Apply returns the entries after changes, and what a program has to be told. With keep, messages that are gone stay, marked, until
// it may be told so (RFC 9051 §7.5.1).
func Apply(entries, changes []Entry, keep bool) ([]Entry, Update) {
	var u Update
	known := len(entries)
	byUID := func(e Entry, uid uint32) int { return cmp.Compare(e.UID, uid) }
	var last uint32
	if known > 0 {
		last = entries[known-1].UID
	}
	var fresh []Entry
	for _, c := range changes {
		i, found := slices.BinarySearchFunc(entries[:known], c.UID, byUID)
		switch {
		case found && c.Gone:
			entries[i].Gone = true
		case found:
			if e := entries[i]; e.Seen != c.Seen || e.Answered != c.Answered || e.Flagged != c.Flagged || e.Deleted != c.Deleted {
				u.Changed = append(u.Changed, i)
			}
			gone := entries[i].Gone
			entries[i] = c
			entries[i].Gone = gone
		case !c.Gone && c.UID > last:
			fresh = append(fresh, c)
		}
	}
	if !keep {
		var moved int
		left := entries[:0:0]
		renumbered := make(map[int]int, len(u.Changed))
		for i, e := range entries {
			if e.Gone {
				u.Expunged = append(u.Expunged, uint32(i+1-moved))
				moved++
				continue
			}
			renumbered[i] = len(left)
			left = append(left, e)
		}
		if moved > 0 {
			var changed []int
			for _, i := range u.Changed {
				if n, ok := renumbered[i]; ok {
					changed = append(changed, n)
				}
			}
			entries, u.Changed = left, changed
		}
	}
	u.Grown = len(fresh) > 0
	return append(entries, fresh...), u
}
