package sla

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Weekdays are the names of the days in hours, from Sunday.
var Weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// ParseHours reads weekly hours in the notation of the policy's calendars: days
// ("mon", "mon-thu", "sat,sun"; a range may wrap around the week's end) with their
// time ranges ("09:00-12:30"). One such as "22:00-06:00" belongs to the day on which it
// begins.
func ParseHours(hours map[string][]string) (week [7][]Window, err error) {
	keys := make([]string, 0, len(hours))
	for key := range hours {
		keys = append(keys, key)
	}
	slices.Sort(keys) // so that the same error is reported every time
	for _, key := range keys {
		days, bad := ParseDays(key)
		if bad != "" {
			return week, fmt.Errorf("%q is not a valid day or range of days: use %s", bad, strings.Join(Weekdays, ", "))
		}
		windows, err := parseWindows(key, hours[key])
		if err != nil {
			return week, err
		}
		for _, day := range days {
			if week[day] != nil {
				return week, fmt.Errorf("the hours of %s are set twice", Weekdays[day])
			}
			week[day] = slices.Clone(windows)
		}
	}
	if overlaps := SplitNights(&week); len(overlaps) > 0 {
		return week, fmt.Errorf("the hours of %s overlap those of %s", Weekdays[(overlaps[0]+6)%7], Weekdays[overlaps[0]])
	}
	return week, nil
}

// ParseDays reads "mon", "mon-thu" or "sat,sun". A range may wrap around the week's end.
// It returns the first part that is not valid, if there is one.
func ParseDays(key string) (all []int, bad string) {
	for part := range strings.SplitSeq(key, ",") {
		first, last, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			last = first
		}
		from, to := slices.Index(Weekdays, first), slices.Index(Weekdays, last)
		if from < 0 || to < 0 {
			return nil, part
		}
		for day := from; ; day = (day + 1) % 7 {
			all = append(all, day)
			if day == to {
				break
			}
		}
	}
	return all, ""
}

func parseWindows(key string, texts []string) ([]Window, error) {
	windows := make([]Window, 0, len(texts))
	for _, text := range texts {
		w, ok := ParseWindow(text)
		if !ok {
			return nil, fmt.Errorf("%q is not a valid time range such as 09:00-17:30", text)
		}
		windows = append(windows, w)
	}
	if len(windows) == 0 {
		return nil, fmt.Errorf("%s has no time range such as 09:00-17:30", key)
	}
	if !SortWindows(windows) {
		return nil, fmt.Errorf("the hours of %s overlap", key)
	}
	return windows, nil
}

// SortWindows sorts the windows of a day, and reports whether none of them overlap.
func SortWindows(windows []Window) bool {
	slices.SortFunc(windows, func(a, b Window) int { return a.From - b.From })
	for i := 1; i < len(windows); i++ {
		if windows[i].From < windows[i-1].To {
			return false
		}
	}
	return true
}

// SplitNights moves what follows midnight, of windows that end after it, to the next day.
// It returns the days whose own windows overlap that. The windows of each day must be
// sorted.
func SplitNights(week *[7][]Window) (overlaps []int) {
	var rest [7]int // until when the window of the day before lasts
	for day, windows := range week {
		if n := len(windows); n > 0 && windows[n-1].To > 24*60 {
			rest[(day+1)%7] = windows[n-1].To - 24*60
			windows[n-1].To = 24 * 60
		}
	}
	for day, to := range rest {
		if to == 0 {
			continue
		}
		if own := week[day]; len(own) > 0 && own[0].From < to {
			overlaps = append(overlaps, day)
		}
		week[day] = slices.Insert(week[day], 0, Window{From: 0, To: to})
	}
	return overlaps
}

// ParseWindow reads "09:00-12:30". A window such as "22:00-06:00" ends after 24:00.
func ParseWindow(text string) (Window, bool) {
	from, to, ok := strings.Cut(text, "-")
	a, okA := ParseMinute(from)
	b, okB := ParseMinute(to)
	if !ok || !okA || !okB || a == b || a == 24*60 {
		return Window{}, false
	}
	if b < a {
		b += 24 * 60
	}
	return Window{From: a, To: b}, true
}

// ParseMinute reads a time of day as minutes after midnight; 24:00 is the end of the day.
func ParseMinute(s string) (int, bool) {
	h, m, ok := strings.Cut(strings.TrimSpace(s), ":")
	hours, err1 := strconv.ParseUint(h, 10, 8)
	minutes, err2 := strconv.ParseUint(m, 10, 8)
	ok = ok && err1 == nil && err2 == nil && len(h) <= 2 && len(m) == 2 && minutes < 60 && hours*60+minutes <= 24*60
	return int(hours*60 + minutes), ok
}
