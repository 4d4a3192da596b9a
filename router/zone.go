package router

import (
	"slices"
	"time"

	"switchboard/desk"
	"switchboard/router/sla"
)

// ZoneOf returns the time zone in which an agent works: their own, else that of the calendar of
// an inbox that they lead, else that of the first inbox with a calendar that has hours, and UTC
// without one. The policy may be nil.
func (p *Policy) ZoneOf(a *desk.Agent) *time.Location {
	if loc, err := time.LoadLocation(a.Timezone); err == nil && a.Timezone != "" {
		return loc
	}
	if c := p.Office(a.Leads); c != nil {
		return c.Location
	}
	return time.UTC
}

// Office returns the calendar of an inbox that somebody leads, else that of the first inbox with
// a calendar that has hours; nil without one. The policy may be nil.
func (p *Policy) Office(leads []string) (office *sla.Calendar) {
	if p == nil {
		return nil
	}
	for i := len(p.inboxes) - 1; i >= 0; i-- {
		c, ok := p.Calendar(p.inboxes[i].Calendar)
		if !ok || c.Always {
			continue
		}
		if office = c; slices.Contains(leads, p.inboxes[i].Key) {
			return office
		}
	}
	return office
}
