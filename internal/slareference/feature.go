package slareference

import (
	"math/bits"
	"time"
)

// Feature is a part of the rules that a case exercised.
type Feature uint

// The features.
const (
	FirstResponseStarts Feature = iota // in the order of the metrics
	NextResponseStarts
	ResolutionStarts
	UpdateEveryStarts
	OpenedByMachine
	MachineWrites
	Warned
	Breached
	MetLate
	MetAtDue
	Paused
	Voided
	Resolved
	Reopened
	ResolutionContinues
	Kept
	Retargeted
	RetargetedUsedUp
	Restarted
	Returned
	SnoozeExpires
	Escalated
	Rearmed
	EscalationRaises
	EscalationMoves
	WallClockChanges // within a clock that counted by it
	HolidayWithin
	SameInstant  // several events
	Unassigned   // an agent was, and nobody is
	FeatureCount // the number of features
)

// Features is a set of features.
type Features uint64

func (f *Features) add(one Feature) { *f |= 1 << one }

// Has reports whether the set contains a feature.
func (f Features) Has(one Feature) bool { return f&(1<<one) != 0 }

// Hardness is the number of features.
func (f Features) Hardness() int { return bits.OnesCount64(uint64(f)) }

// special finds the features that show only in the whole of a conversation.
func (c *conversation) special() Features {
	var found Features
	for _, k := range c.clocks {
		until := k.ended
		if until == 0 {
			until = c.now
		}
		if k.used > 0 {
			found |= k.hours.special(k.start, until)
		}
		for i := (k.start - c.opened) / c.step; i < (until-c.opened)/c.step; i++ {
			if c.paused(k, state{waiting: sides[c.past[i].waiting]}) {
				found.add(Paused)
				break
			}
		}
	}
	for i, s := range c.stints {
		if i > 0 && s.start == c.stints[i-1].start {
			found.add(SameInstant)
		}
		if i > 0 && s.assignee == "" && c.stints[i-1].assignee != "" {
			found.add(Unassigned)
		}
	}
	return found
}

// special looks for holidays and changes of the clocks in a time.
func (h *hours) special(from, to int64) Features {
	var found Features
	_, before := time.Unix(from, 0).In(h.zone).Zone()
	_, after := time.Unix(to, 0).In(h.zone).Zone()
	if before != after {
		found.add(WallClockChanges)
	}
	for at := from; at < to; at += 3600 {
		if h.holidays[time.Unix(at, 0).In(h.zone).Format(time.DateOnly)] {
			found.add(HolidayWithin)
		}
	}
	return found
}
