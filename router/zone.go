package router

import (
	"slices"
	"time"

	"switchboard/desk"
)

// ZoneOf returns the time zone in which an agent works: their own, else that of the calendar of
// an inbox that they lead, else that of the first inbox with a calendar that has hours, and UTC
// without one. The policy may be nil.
func (p *Policy) ZoneOf(a *desk.Agent) *time.Location {
	if loc, err := time.LoadLocation(a.Timezone); err == nil && a.Timezone != "" {
		return loc
	}
	if p == nil {
		return time.UTC
	}
	zone := time.UTC
	for i := len(p.inboxes) - 1; i >= 0; i-- {
		c, ok := p.Calendar(p.inboxes[i].Calendar)
		if !ok || c.Always {
			continue
		}
		if zone = c.Location; slices.Contains(a.Leads, p.inboxes[i].Key) {
			return zone
		}
	}
	return zone
}
