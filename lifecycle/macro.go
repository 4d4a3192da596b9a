package lifecycle

import (
	"slices"

	"switchboard/desk"
)

// RemoveTags removes those tags that the conversation has.
type RemoveTags struct {
	By   desk.Actor
	Tags []string
}

func (e RemoveTags) apply(t *transition) error {
	var kept, removed []string
	for _, tag := range t.c.Tags {
		if slices.Contains(e.Tags, tag) {
			removed = append(removed, tag)
		} else {
			kept = append(kept, tag)
		}
	}
	if len(removed) == 0 {
		return nil
	}
	t.c.Tags = kept
	t.record(e.By, desk.TagsChanged{Removed: removed})
	return nil
}
