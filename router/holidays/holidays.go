// Package holidays reads the holidays of a calendar from iCalendar data (RFC 5545), such
// as the public holidays of a country that a calendar server publishes. It is pure: the
// data has been fetched before.
package holidays

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/emersion/go-ical"

	"switchboard/router/sla"
)

// MaxSize bounds the data in octets. With the limits below it bounds the work.
const MaxSize = 1 << 20

const (
	maxEvents    = 5000
	maxRecurring = 200
	maxInstances = 5000
	maxLength    = 366 * 24 * time.Hour
	maxSkipped   = 20
)

// Calendar is what was read.
type Calendar struct {
	// Closures are the times of all events in the wall-clock time of the given zone, in
	// order. An event of whole days closes whole days.
	Closures []sla.Closure
	// Skipped are the events that could not be understood, and why; at most twenty.
	Skipped []string
}

// Parse returns the events between two instants, repeated ones each time. Times without
// a zone, and those in a zone that is not an IANA one, are in loc. Cancelled events are left
// out. Whether an event is marked as busy (TRANSP) makes no difference: public holidays
// usually are not.
func Parse(data []byte, loc *time.Location, from, to time.Time) (Calendar, error) {
	root, err := decode(data)
	if err != nil {
		return Calendar{}, err
	}
	var out Calendar
	skip := func(e *event, err error) {
		if len(out.Skipped) < maxSkipped {
			out.Skipped = append(out.Skipped, fmt.Sprintf("%s: %v", e.label(), err))
		}
	}
	events, recurring := root.Events(), 0
	if len(events) > maxEvents {
		return Calendar{}, fmt.Errorf("it has more than %d events", maxEvents)
	}
	masters := map[string]*event{} // by UID: the events that repeat
	var all []*event
	for _, component := range events {
		e, err := read(component, loc)
		if err != nil {
			skip(e, err)
			continue
		}
		if e.rule != nil {
			if recurring++; recurring > maxRecurring {
				return Calendar{}, fmt.Errorf("it has more than %d repeated events", maxRecurring)
			}
		}
		if e.replaces.IsZero() {
			masters[e.uid] = e
		}
		all = append(all, e)
	}
	for _, e := range all { // RFC 5545 §3.8.4.4: an event that replaces an instance of another one
		if master := masters[e.uid]; !e.replaces.IsZero() && master != nil {
			master.except = append(master.except, e.replaces)
		}
	}
	for _, e := range all {
		if e.cancelled {
			continue
		}
		for _, start := range e.instances(from, to) {
			if len(out.Closures) == maxInstances {
				return Calendar{}, fmt.Errorf("it has more than %d days in the years around now", maxInstances)
			}
			out.Closures = append(out.Closures, e.closure(start, loc))
		}
	}
	slices.SortStableFunc(out.Closures, func(a, b sla.Closure) int {
		return cmp.Or(cmp.Compare(a.From.Number(), b.From.Number()), cmp.Compare(a.From.Minute, b.From.Minute), cmp.Compare(a.Name, b.Name))
	})
	out.Closures = slices.Compact(out.Closures)
	return out, nil
}

// closure returns when the instance of an event that begins at start closes a calendar.
func (e *event) closure(start time.Time, loc *time.Location) sla.Closure {
	if !e.allDay {
		start = start.In(loc)
	}
	end := start.Add(e.length)
	if end.Second() > 0 {
		end = end.Add(time.Minute)
	}
	return sla.Closure{From: sla.WallTimeOf(start), To: sla.WallTimeOf(end), Name: e.name}
}

// decode parses the lines that matter.
func decode(data []byte) (root *ical.Calendar, err error) {
	defer func() { // the decoder panics on some malformed lines
		if r := recover(); r != nil {
			root, err = nil, fmt.Errorf("it is not valid iCalendar data: %v", r)
		}
	}()
	text, err := relevant(data)
	if err != nil {
		return nil, err
	}
	root, err = ical.NewDecoder(text).Decode()
	switch {
	case errors.Is(err, io.EOF):
		return nil, errors.New("it is not valid iCalendar data: it does not contain BEGIN:VCALENDAR")
	case err != nil:
		return nil, fmt.Errorf("it is not valid iCalendar data: %w", err)
	}
	return root, nil
}

// sortedUnique returns instants in order, each once.
func sortedUnique(list []time.Time) []time.Time {
	byTime := map[int64]time.Time{}
	for _, t := range list {
		byTime[t.Unix()] = t
	}
	out := slices.Collect(maps.Values(byTime))
	slices.SortFunc(out, time.Time.Compare)
	return out
}

var errNoStart = errors.New("it has no DTSTART")
