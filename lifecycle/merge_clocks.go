package lifecycle

import (
	"slices"
	"time"

	"switchboard/desk"
)

// mergedClocks is what a merge did to the clocks of the survivor.
type mergedClocks struct {
	Absorbed desk.ConversationID `json:"absorbed"`
	Taken    []desk.ClockID      `json:"taken,omitempty"`    // clocks that continue one of the absorbed conversation
	Replaced []desk.Clock        `json:"replaced,omitempty"` // own clocks that ended because of them
}

// part ends the clocks of a conversation that is absorbed: they are void, and the
// survivor keeps the earliest deadline of each metric.
func (t *transition) part() {
	if t.policy.Rules == nil {
		return
	}
	at := t.now()
	t.count(at)
	t.s.Parted = nil
	for i := range t.s.Clocks {
		if c := &t.s.Clocks[i]; c.Open() {
			t.s.Parted = append(t.s.Parted, *c)
			end(c, desk.ClockVoid, at)
		}
	}
}

// absorb takes over the clocks of an absorbed conversation that are due before those of
// the survivor.
func (t *transition) absorb(from *desk.Conversation) {
	if t.policy.Rules == nil {
		return
	}
	other, err := Load(*from, desk.Stint{})
	if err != nil {
		return // the state of the absorbed conversation cannot be read; its rows remain
	}
	at := t.now()
	t.count(at)
	m := mergedClocks{Absorbed: from.ID}
	for _, k := range Counted(other, t.policy, at) {
		own := t.s.open(k.Metric)
		if !k.Open() || own != nil && (k.DueAt.IsZero() || !own.DueAt.IsZero() && !k.DueAt.Before(own.DueAt)) {
			continue
		}
		if own != nil {
			m.Replaced = append(m.Replaced, *own)
			end(own, desk.ClockSuperseded, at)
		}
		m.Taken = append(m.Taken, t.resume(k))
	}
	t.s.First, t.s.Promised = t.s.First || other.Service.First, t.s.Promised || other.Service.Promised
	t.s.Inbound, t.s.Outbound = t.s.Inbound+other.Service.Inbound, t.s.Outbound+other.Service.Outbound
	if len(m.Taken) > 0 {
		t.s.Merges = append(t.s.Merges, m)
	}
}

// resume starts a clock that continues another one, and returns its ID. The time since
// that one was counted does not count.
func (t *transition) resume(k desk.Clock) desk.ClockID {
	k.ID, k.ConversationID, k.CountedAt, k.Warnings = desk.NewID[desk.ClockID](), t.c.ID, latest(k.CountedAt, t.now()), slices.Clone(k.Warnings)
	if k.BreachedAt.IsZero() {
		k.DueAt = time.Time{} // turn sets it
	}
	t.s.Clocks = append(t.s.Clocks, k)
	return k.ID
}

// unpart continues the clocks that a merge ended.
func (t *transition) unpart() {
	for _, k := range t.s.Parted {
		if t.policy.Rules != nil && t.s.open(k.Metric) == nil {
			t.resume(k)
		}
	}
	t.s.Parted = nil
}

// giveBack ends the clocks that were taken over from a conversation that is separate
// again, and continues those that they replaced.
func (t *transition) giveBack(absorbed desk.ConversationID) {
	i := slices.IndexFunc(t.s.Merges, func(m mergedClocks) bool { return m.Absorbed == absorbed })
	if i < 0 || t.policy.Rules == nil {
		return
	}
	m := t.s.Merges[i]
	t.s.Merges = slices.Delete(slices.Clone(t.s.Merges), i, i+1)
	t.count(t.now())
	for i := range t.s.Clocks {
		if c := &t.s.Clocks[i]; c.Open() && slices.Contains(m.Taken, c.ID) {
			end(c, desk.ClockVoid, t.now())
		}
	}
	for _, k := range m.Replaced {
		if t.s.open(k.Metric) == nil && !done(t.c.Status) {
			t.resume(k)
		}
	}
}
