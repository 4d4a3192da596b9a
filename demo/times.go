package demo

import (
	"math/rand/v2"
	"slices"
	"time"

	"switchboard/desk"
)

// The hours in which customers write and agents work, in local time.
const (
	writeFrom, writeUntil = 7, 21
	workFrom, workUntil   = 8, 18
)

// history is how far the demo's conversations go back.
const history = 13 * 24 * time.Hour

// arrivals returns when the topics arrive, each in hours that fit it: over two weeks,
// more of them lately, and a few within the last hours whatever the hour is.
func arrivals(now time.Time, r *rand.Rand, topics []topic) []time.Time {
	out := make([]time.Time, len(topics))
	for i, t := range topics {
		rest := 1 - float64(i)/float64(len(topics))
		age := time.Duration(float64(history) * rest * rest * rest)
		if fresh := len(topics) - i; fresh <= 5 && !t.morning {
			out[i] = now.Add(-time.Duration(fresh*fresh*5+r.IntN(4))*time.Minute - time.Duration(r.IntN(60))*time.Second)
			continue
		}
		out[i] = written(now.Add(-age), now, r, t)
	}
	return out
}

// written returns an instant near at, and before now, at which somebody may write this.
func written(at, now time.Time, r *rand.Rand, t topic) time.Time {
	from, until := writeFrom, writeUntil
	switch {
	case t.morning:
		from, until = 9, 11
	case t.channel == desk.ChannelChat:
		from, until = workFrom+1, workUntil-1 // while somebody answers
	}
	for weekend(at) && !free(t) {
		at = at.AddDate(0, 0, -1)
	}
	if h := at.Hour(); h < from || h >= until {
		at = clock(at, from).Add(time.Duration(r.IntN((until-from)*60)) * time.Minute)
	}
	at = at.Truncate(time.Minute).Add(time.Duration(r.IntN(60)) * time.Second)
	for at.After(now.Add(-3*time.Minute)) || weekend(at) && !free(t) {
		at = at.AddDate(0, 0, -1)
	}
	return at
}

// free reports whether it may be written at a weekend: by people in their free time,
// but not where an answer is expected at once.
func free(t topic) bool { return t.private && t.channel != desk.ChannelChat }

func weekend(t time.Time) bool {
	return slices.Contains([]time.Weekday{time.Saturday, time.Sunday}, t.Weekday())
}

// clock returns the full hour of a day.
func clock(day time.Time, hour int) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), hour, 0, 0, 0, day.Location())
}

// worked returns the instant after so much work, which rests at night and at weekends.
func worked(from time.Time, work time.Duration) time.Time {
	at := from
	for {
		switch opens, closes := clock(at, workFrom), clock(at, workUntil); {
		case weekend(at) || !at.Before(closes):
			at = clock(at.AddDate(0, 0, 1), workFrom)
		case at.Before(opens):
			at = opens
		case at.Add(work).Before(closes):
			return at.Add(work)
		default:
			work -= closes.Sub(at)
			at = closes
		}
	}
}
