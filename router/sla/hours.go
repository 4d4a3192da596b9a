package sla

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// ParseHours reads weekly hours in the notation of the policy's calendars: days
// ("mon", "mon-thu", "sat,sun"; a range may wrap around the week's end) with their
// time ranges ("09:00-12:30").
func ParseHours(hours map[string][]string) (week [7][]Window, err error) {
	keys := make([]string, 0, len(hours))
	for key := range hours {
		keys = append(keys, key)
	}
	slices.Sort(keys) // so that the same error is reported every time
	for _, key := range keys {
		days, err := parseDays(key)
		if err != nil {
			return week, err
		}
		windows, err := parseWindows(key, hours[key])
		if err != nil {
			return week, err
		}
		for _, day := range days {
			if week[day] != nil {
				return week, fmt.Errorf("the hours of %s are set twice", weekdays[day])
			}
			week[day] = windows
		}
	}
	return week, nil
}

func parseDays(key string) (all []int, err error) {
	for part := range strings.SplitSeq(key, ",") {
		first, last, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			last = first
		}
		from, to := slices.Index(weekdays, first), slices.Index(weekdays, last)
		if from < 0 || to < 0 {
			return nil, fmt.Errorf("%q is not a valid day or range of days: use %s", part, strings.Join(weekdays, ", "))
		}
		for day := from; ; day = (day + 1) % 7 {
			all = append(all, day)
			if day == to {
				break
			}
		}
	}
	return all, nil
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
	slices.SortFunc(windows, func(a, b Window) int { return a.From - b.From })
	for i := 1; i < len(windows); i++ {
		if windows[i].From < windows[i-1].To {
			return nil, fmt.Errorf("the hours of %s overlap", key)
		}
	}
	return windows, nil
}

// ParseWindow reads "09:00-12:30".
func ParseWindow(text string) (Window, bool) {
	from, to, ok := strings.Cut(text, "-")
	a, okA := parseMinute(from)
	b, okB := parseMinute(to)
	return Window{From: a, To: b}, ok && okA && okB && a < b
}

// parseMinute reads a time of day as minutes after midnight; 24:00 is the end of the day.
func parseMinute(s string) (int, bool) {
	h, m, ok := strings.Cut(strings.TrimSpace(s), ":")
	hours, err1 := strconv.ParseUint(h, 10, 8)
	minutes, err2 := strconv.ParseUint(m, 10, 8)
	ok = ok && err1 == nil && err2 == nil && len(h) <= 2 && len(m) == 2 && minutes < 60 && hours*60+minutes <= 24*60
	return int(hours*60 + minutes), ok
}
