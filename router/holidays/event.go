package holidays

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-ical"
	"github.com/teambition/rrule-go"
)

// event is a VEVENT. The times of an event of whole days are midnights in UTC, so that no
// zone shifts them to another day.
type event struct {
	uid, name     string
	allDay        bool
	cancelled     bool
	start         time.Time
	length        time.Duration
	rule          *rrule.RRule // nil: not repeated by rule
	extra, except []time.Time  // RDATE, EXDATE
	replaces      time.Time    // RECURRENCE-ID; zero: it is an event of its own
}

// label names the event in messages.
func (e *event) label() string {
	if e.name != "" {
		return fmt.Sprintf("event %q", e.name)
	}
	return fmt.Sprintf("event %q", e.uid)
}

// read reads an event. The event is returned with an error, too, for its name.
func read(component ical.Event, loc *time.Location) (*event, error) {
	e := &event{}
	props := component.Props
	if p := props.Get(ical.PropUID); p != nil {
		e.uid = p.Value
	}
	if name, err := props.Text(ical.PropSummary); err == nil {
		e.name = shorten(name)
	}
	if p := props.Get(ical.PropStatus); p != nil {
		e.cancelled = strings.EqualFold(p.Value, "CANCELLED")
	}
	p := props.Get(ical.PropDateTimeStart)
	if p == nil {
		return e, errNoStart
	}
	e.allDay = len(p.Value) == len("20060102")
	start, err := e.times(*p, loc)
	if err != nil || len(start) != 1 {
		return e, fmt.Errorf("its DTSTART %q is not a valid time", shorten(p.Value))
	}
	e.start = start[0]
	if e.length, err = e.duration(props, loc); err != nil {
		return e, err
	}
	if p := props.Get(ical.PropRecurrenceID); p != nil {
		if at, err := e.times(*p, loc); err == nil && len(at) == 1 {
			e.replaces = at[0]
		}
	}
	for _, p := range props[ical.PropRecurrenceDates] {
		if p.ValueType() == ical.ValuePeriod { // only where it begins
			p.Value, _, _ = strings.Cut(p.Value, "/")
			p.Params.Del(ical.ParamValue)
		}
		at, err := e.times(p, loc)
		if err != nil {
			return e, fmt.Errorf("its RDATE %q is not valid", shorten(p.Value))
		}
		e.extra = append(e.extra, at...)
	}
	for _, p := range props[ical.PropExceptionDates] {
		at, err := e.times(p, loc)
		if err != nil {
			return e, fmt.Errorf("its EXDATE %q is not valid", shorten(p.Value))
		}
		e.except = append(e.except, at...)
	}
	return e, e.repeat(props)
}

// times reads a list of dates or times (RFC 5545 §3.3.4, §3.3.5).
func (e *event) times(p ical.Prop, loc *time.Location) ([]time.Time, error) {
	if e.allDay {
		loc = time.UTC
	}
	var all []time.Time
	for value := range strings.SplitSeq(p.Value, ",") {
		single := ical.Prop{Name: p.Name, Params: ical.Params{}, Value: strings.TrimSpace(value)}
		if zone, ok := knownZone(p.Params.Get(ical.ParamTimezoneID)); ok && !e.allDay {
			single.Params.Set(ical.ParamTimezoneID, zone)
		}
		if e.allDay && len(single.Value) > len("20060102") { // an exception as a time
			single.Value = single.Value[:len("20060102")]
		}
		// The type follows from the length; some programs declare the wrong one.
		single.Params.Set(ical.ParamValue, string(ical.ValueDateTime))
		if len(single.Value) == len("20060102") {
			single.Params.Set(ical.ParamValue, string(ical.ValueDate))
		}
		at, err := single.DateTime(loc)
		if err != nil {
			return nil, err
		}
		all = append(all, at)
	}
	return all, nil
}

// knownZone returns the IANA time zone that a TZID names, possibly after a prefix that
// makes it globally unique: "/example.org/20240101_1/Europe/Berlin". Other names, such
// as those of Windows, refer to a VTIMEZONE, which is not read.
func knownZone(id string) (string, bool) {
	for id != "" {
		name := strings.Trim(id, "/")
		if _, err := time.LoadLocation(name); err == nil && name != "" && name != "Local" {
			return name, true
		}
		_, id, _ = strings.Cut(name, "/")
	}
	return "", false
}

// duration returns how long the event takes (RFC 5545 §3.6.1).
func (e *event) duration(props ical.Props, loc *time.Location) (time.Duration, error) {
	var length time.Duration
	if p := props.Get(ical.PropDateTimeEnd); p != nil {
		end, err := e.times(*p, loc)
		if err != nil || len(end) != 1 {
			return 0, fmt.Errorf("its DTEND %q is not a valid time", shorten(p.Value))
		}
		length = end[0].Sub(e.start)
	} else if p := props.Get(ical.PropDuration); p != nil {
		var err error
		if len(p.Value) > 20 {
			return 0, errors.New("its DURATION is not valid")
		}
		if length, err = p.Duration(); err != nil {
			return 0, errors.New("its DURATION is not valid")
		}
	} else if e.allDay {
		length = 24 * time.Hour
	}
	switch {
	case e.allDay && length == 0: // some programs write the same day as the end
		length = 24 * time.Hour
	case length < 0:
		return 0, errors.New("it ends before it begins")
	case length > maxLength:
		return 0, errors.New("it is longer than a year")
	}
	return length, nil
}

// repeat reads the rule by which the event is repeated. Rules that hardly any holiday has
// are refused, because a rule that matches no day would take long to evaluate.
func (e *event) repeat(props ical.Props) error {
	p := props.Get(ical.PropRecurrenceRule)
	if p == nil {
		return nil
	}
	option, err := rrule.StrToROptionInLocation(strings.ToUpper(p.Value), e.start.Location())
	if err != nil {
		return fmt.Errorf("its RRULE is not valid: %w", err)
	}
	switch {
	case option.Freq > rrule.DAILY || len(option.Byhour)+len(option.Byminute)+len(option.Bysecond) > 0:
		return errors.New("it is repeated several times a day")
	case option.Freq >= rrule.WEEKLY && len(option.Bymonthday)+len(option.Byyearday)+len(option.Byweekno) > 0:
		return errors.New("its RRULE combines days or weeks with a daily or weekly repetition")
	case e.start.Year() < 1900:
		return errors.New("it begins before 1900")
	}
	option.Dtstart = e.start
	if e.rule, err = rrule.NewRRule(*option); err != nil {
		return fmt.Errorf("its RRULE is not valid: %w", err)
	}
	return nil
}

// instances returns when the event begins, if it takes time between from and to.
func (e *event) instances(from, to time.Time) []time.Time {
	from = from.Add(-e.length)
	all := slices.Clone(e.extra)
	if e.rule == nil {
		all = append(all, e.start)
	} else {
		next := e.rule.Iterator()
		for at, ok := next(); ok && at.Before(to) && len(all) <= maxInstances; at, ok = next() {
			if !at.Before(from) {
				all = append(all, at)
			}
		}
	}
	return slices.DeleteFunc(sortedUnique(all), func(at time.Time) bool {
		return at.Before(from) || !at.Before(to) || slices.ContainsFunc(e.except, at.Equal)
	})
}

// shorten cuts a text that is shown in messages.
func shorten(s string) string {
	const most = 80
	if r := []rune(strings.ToValidUTF8(s, "\uFFFD")); len(r) > most {
		return string(r[:most]) + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
