// Package savedreport decides what saved reports are: which measures of which period they
// show, who may see and change them, who can get them by mail, and when. Pure.
package savedreport

import (
	"slices"
	"time"

	"switchboard/desk"
)

// Report is a choice of measures that is kept under a name.
type Report struct {
	ID       desk.SavedReportID
	Name     string
	Owner    desk.Agent // who made it, as they are now
	Scope    string
	Measures []string // names of package report, in the order in which they are shown
	Period   string   // a period of package report
	By       string   // a grouping of package report; empty: what is usual for each measure
	Business bool     // durations are business time
	TZ       string   // IANA name of the zone of its days

	UpdatedAt time.Time // of what is stored
}

// The scopes of a report: who sees it besides its owner.
const (
	Own  = "own"  // nobody
	Team = "team" // leads of an inbox that the owner leads, and admins
	All  = "all"  // everybody who may read reports
)

// Scopes are all scopes.
var Scopes = []string{Own, Team, All}

// MayRead returns nil if an agent may read reports.
func MayRead(by *desk.Agent) error {
	if by.Disabled || !by.Admin && len(by.Leads) == 0 {
		return desk.Errorf(desk.KindDenied, "only admins, and leads about their inboxes, can read reports; ask an admin to make you the lead of an inbox")
	}
	return nil
}

// Visible reports whether an agent sees the report.
func (r *Report) Visible(by *desk.Agent) bool {
	if MayRead(by) != nil {
		return false
	}
	switch {
	case r.Owner.ID == by.ID, r.Scope == All, r.Scope == Team && by.Admin:
		return true
	case r.Scope == Team:
		return slices.ContainsFunc(by.Leads, func(key string) bool { return slices.Contains(r.Owner.Leads, key) })
	}
	return false
}

// Editable returns nil if an agent may change and remove the report: its owner, and admins
// one that is not only its owner's.
func (r *Report) Editable(by *desk.Agent) error {
	switch {
	case !r.Visible(by):
		return desk.Errorf(desk.KindNotFound, "no such saved report")
	case r.Owner.ID == by.ID, by.Admin:
		return nil
	}
	return desk.Errorf(desk.KindDenied, "a saved report is changed by %s, who made it, and by admins; you can save your own", r.Owner.Name)
}

// MaySubscribe returns nil if an agent may have the report sent to another one, or to
// themselves.
func (r *Report) MaySubscribe(by, to *desk.Agent) error {
	switch {
	case !r.Visible(by):
		return desk.Errorf(desk.KindNotFound, "no such saved report")
	case by.ID == to.ID:
		return nil
	case to.Disabled:
		return desk.Errorf(desk.KindInvalid, "%s can no longer sign in", to.Name)
	case MayRead(to) != nil:
		return desk.Errorf(desk.KindInvalid, "%s may not read reports: only admins and leads of an inbox may", to.Name)
	case !r.Visible(to):
		return desk.Errorf(desk.KindInvalid, "%s does not see this report: share it first", to.Name)
	}
	return nil
}

// MayEnd returns nil if an agent may end that the report is sent to somebody: that agent,
// who had added them, and admins.
func MayEnd(by *desk.Agent, to, added desk.AgentID) error {
	if by.ID == to || by.ID == added || by.Admin {
		return nil
	}
	return desk.Errorf(desk.KindDenied, "a subscription is ended by whose it is, by who added it, and by admins")
}
