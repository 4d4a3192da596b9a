package outbound

import (
	"hash/fnv"
	"time"

	"switchboard/desk"
)

// defaultPauses: RFC 5321 §4.5.4.1 asks for at least 30 minutes after the first
// tries; a person waits for this mail, so those come sooner.
var defaultPauses = []time.Duration{
	time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour,
}

const (
	// giveUp follows RFC 5321 §4.5.4.1: at least 4 to 5 days.
	giveUp = 5 * 24 * time.Hour
	// DefaultUnknownPause is long enough for a bounce or the peer's own delivery
	// to show what became of a mail.
	DefaultUnknownPause = 15 * time.Minute
	// unknownAttempts bounds how often a mail may be sent without knowing whether
	// the copies before it arrived.
	unknownAttempts = 2
)

// Schedule plans the next attempt. The zero Schedule has the default pauses.
type Schedule struct {
	// Pauses stand between the attempts of a delayed delivery, the last one
	// repeats; empty: 1 min, 5 min, 15 min, 30 min, 1 h, 2 h, 4 h.
	Pauses       []time.Duration
	UnknownPause time.Duration // after an unknown outcome; 0: DefaultUnknownPause
}

// Next tells when to try again after an attempt, and false when there is nothing
// left to try. For a delayed delivery attempt counts all attempts so far, first
// is when the delivery was made; for an unknown outcome attempt counts the
// unknown ones.
func (s Schedule) Next(attempt int, first, now time.Time, r desk.Result) (time.Time, bool) {
	switch r.State {
	case desk.DeliveryDelayed:
		pauses := s.Pauses
		if len(pauses) == 0 {
			pauses = defaultPauses
		}
		pause := pauses[min(max(attempt, 1), len(pauses))-1]
		if next := now.Add(pause); next.Before(first.Add(giveUp)) {
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

// jitter lengthens the pause until next by up to a tenth, so that what failed
// together does not come back together. The same delivery gets the same share.
func jitter(id desk.DeliveryID, attempt int, now, next time.Time) time.Time {
	h := fnv.New32a()
	h.Write(id[:])
	h.Write([]byte{byte(attempt)})
	share := time.Duration(h.Sum32() % 1000)
	return next.Add(next.Sub(now) / 10 * share / 1000)
}
