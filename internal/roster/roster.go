// Package roster decides whether an agent is available, and checks the properties of
// agents against the policy. It is pure, except for the Directory, which reads the
// policy in force.
package roster

import (
	"slices"
	"strings"
	"sync"
	"time"

	"switchboard/desk"
	"switchboard/router/sla"
)

// OfflineAfter is how long after their last event socket was open an agent counts as
// offline, by default.
const OfflineAfter = 5 * time.Minute

// Availability returns whether an agent is available at a time, and if not, why. A
// choice of the agent comes first: who is away has said so, whether connected or not.
func Availability(a *desk.Agent, p desk.Presence, at time.Time, offlineAfter time.Duration) (desk.Availability, string) {
	switch {
	case p.Chosen == desk.Away && (p.Until.IsZero() || at.Before(p.Until)):
		return desk.Away, desk.ReasonChosen
	case p.SeenAt.IsZero() || at.Sub(p.SeenAt) >= offlineAfter:
		return desk.Offline, desk.ReasonDisconnected
	case !working(a, at):
		return desk.Away, desk.ReasonHours
	}
	return desk.Available, ""
}

// calendars caches the parsed hours of agents; there are a few on each desk.
var calendars sync.Map // string -> *sla.Calendar

// maxCalendars bounds the cache, in case hours are changed very often.
const maxCalendars = 10_000

// working reports whether an agent's hours include a time. Stored hours were checked;
// if a zone is no longer known to this machine, they are read in UTC.
func working(a *desk.Agent, at time.Time) bool {
	if len(a.Hours) == 0 {
		return true
	}
	key := calendarKey(a)
	if c, ok := calendars.Load(key); ok {
		return c.(*sla.Calendar).Open(at)
	}
	c, err := Calendar(a.Timezone, a.Hours)
	if err != nil {
		if c, err = Calendar("UTC", a.Hours); err != nil {
			return true
		}
	}
	cached := 0
	calendars.Range(func(any, any) bool { cached++; return cached < maxCalendars })
	if cached >= maxCalendars {
		calendars.Clear()
	}
	calendars.Store(key, c)
	return c.Open(at)
}

// calendarKey identifies hours in a zone.
func calendarKey(a *desk.Agent) string {
	var b strings.Builder
	b.WriteString(a.Timezone)
	days := make([]string, 0, len(a.Hours))
	for day := range a.Hours {
		days = append(days, day)
	}
	slices.Sort(days)
	for _, day := range days {
		b.WriteString("\n" + day + " " + strings.Join(a.Hours[day], " "))
	}
	return b.String()
}

// Calendar returns working hours in a zone as a calendar. The error says which of both
// is not valid.
func Calendar(zone string, hours desk.Hours) (*sla.Calendar, error) {
	location, err := Zone(zone)
	if err != nil {
		return nil, err
	}
	week, err := sla.ParseHours(hours)
	if err != nil {
		return nil, desk.Errorf(desk.KindInvalid, "hours: %w", err)
	}
	return &sla.Calendar{Location: location, Hours: week}, nil
}

// Zone returns the time zone with an IANA name; UTC for the empty one.
func Zone(name string) (*time.Location, error) {
	location, err := time.LoadLocation(name)
	if err != nil || name == "Local" { // the machine's own zone may change
		return nil, desk.Errorf(desk.KindInvalid, "timezone: %q is not a valid IANA time zone such as Europe/Berlin", name)
	}
	return location, nil
}
