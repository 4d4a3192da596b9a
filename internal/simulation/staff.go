package simulation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchboard/router/sla"
)

// Staff says how many agents work in an inbox while it is open, by day: billing=3,mon:4.
type Staff map[string]Days

// Days are the agents on each day of the week.
type Days [7]int

// ParseStaff reads one setting such as "billing=3" or "billing=3,mon:4,sat:0": so many
// agents each day, and other numbers on some days.
func (s Staff) ParseStaff(text string) error {
	inbox, rest, ok := strings.Cut(text, "=")
	parts := strings.Split(rest, ",")
	every, err := strconv.Atoi(parts[0])
	if !ok || inbox == "" || err != nil || every < 0 {
		return fmt.Errorf("%q is not staffing such as billing=3 or billing=3,mon:4", text)
	}
	var days Days
	for i := range days {
		days[i] = every
	}
	for _, part := range parts[1:] {
		name, number, _ := strings.Cut(part, ":")
		n, err := strconv.Atoi(number)
		day := slices.Index(sla.Weekdays, name)
		if err != nil || n < 0 || day < 0 {
			return fmt.Errorf("%q is not a day and a number such as mon:4", part)
		}
		days[day] = n
	}
	s[inbox] = days
	return nil
}

// of returns how many agents work in an inbox at an instant; false if that is not known.
func (s Staff) of(inbox string, open func(time.Time) bool) (func(time.Time) int, bool) {
	days, ok := s[inbox]
	return func(at time.Time) int {
		if !open(at) {
			return 0
		}
		return days[at.Weekday()]
	}, ok
}
