package outbound

import (
	"hash/fnv"
	"time"

	"switchboard/desk"
)

// defaultPauses are short at first because a customer is waiting. RFC 5321
// §4.5.4.1 asks for at least 30 minutes after the first attempts.
var defaultPauses = []time.Duration{
	time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour,
}

const (
	// GiveUp is the retry period of RFC 5321 §4.5.4.1: at least 4 to 5 days.
	GiveUp = 5 * 24 * time.Hour
	// minAttempts and maxAttempts bound the number of attempts when a clock was wrong, or
	// when no program ran for days. Otherwise there are about 33 in the retry period.
	minAttempts, maxAttempts = 12, 60
	// DefaultUnknownPause is long enough for a bounce to arrive, if the server
	// accepted the message after all and could not deliver it.
	DefaultUnknownPause = 15 * time.Minute
	// unknownAttempts bounds how many copies may be sent while the result of the
	// earlier ones is unknown.
	unknownAttempts = 2
)

// Schedule computes the time of the next attempt from the attempt number and the
// timestamps stored with the delivery. A retry library does not fit: its loop and
// state live in one process, while a delivery is retried for days, across
// restarts and on any node. The zero Schedule uses the default pauses.
type Schedule struct {
	// Pauses are the waits between attempts of a delayed delivery; the last one
	// repeats. Empty: 1 min, 5 min, 15 min, 30 min, 1 h, 2 h, 4 h.
	Pauses       []time.Duration
	UnknownPause time.Duration // after an unknown result; 0: DefaultUnknownPause
}

// Next returns the time of the next attempt, or false if the delivery is final.
// For a delayed delivery attempt counts all attempts so far and first is when the
// delivery was created; for an unknown result attempt counts the unknown ones.
func (s Schedule) Next(attempt int, first, now time.Time, r desk.Result) (time.Time, bool) {
	switch r.State {
	case desk.DeliveryDelayed:
		pauses := s.pauses()
		pause := pauses[min(max(attempt, 1), len(pauses))-1]
		next := now.Add(pause)
		early := next.Before(first.Add(GiveUp)) || attempt < minAttempts
		if early && attempt < maxAttempts {
			return next, true
		}
	case desk.DeliveryUnknown:
		pause := s.UnknownPause
		if pause == 0 {
			pause = DefaultUnknownPause
		}
		if attempt < unknownAttempts {
			return now.Add(pause), true
		}
	}
	return time.Time{}, false
}

func (s Schedule) pauses() []time.Duration {
	if len(s.Pauses) == 0 {
		return defaultPauses
	}
	return s.Pauses
}

// jitter lengthens the pause until next by up to 10%, so that deliveries that
// failed together are not retried together. It is derived from the delivery's ID
// and attempt number, so it is the same on every node.
func jitter(id desk.DeliveryID, attempt int, now, next time.Time) time.Time {
	h := fnv.New32a()
	h.Write(id[:])
	h.Write([]byte{byte(attempt)})
	share := time.Duration(h.Sum32() % 1000)
	return next.Add(next.Sub(now) / 10 * share / 1000)
}
