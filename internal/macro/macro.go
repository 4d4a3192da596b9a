// Package macro decides what macros are: reusable texts with variables, and actions that
// go with them; how they are checked before they are saved, who may change them, and how
// their variables are filled in. Pure.
package macro

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchboard/desk"
)

// Macro is a text for replies, actions, or both.
type Macro struct {
	ID      desk.MacroID
	Name    string
	Owner   desk.AgentID // whose it is; zero: shared
	Inboxes []string     // keys of those whose conversations it is for; empty: all
	Text    string       // CommonMark with variables; may be empty
	Actions []desk.MacroAction

	UpdatedAt time.Time // of what is stored
}

// The scopes of a macro.
const (
	Shared  = "shared"
	Private = "private"
)

// Scope says whose the macro is.
func (m *Macro) Scope() string {
	if m.Owner.IsZero() {
		return Shared
	}
	return Private
}

// Fits reports whether the macro is for the conversations of an inbox.
func (m *Macro) Fits(inbox string) bool {
	return len(m.Inboxes) == 0 || slices.Contains(m.Inboxes, inbox)
}

// Usable reports whether an agent may use the macro, in the inboxes that it fits.
func (m *Macro) Usable(by desk.AgentID) bool { return m.Owner.IsZero() || m.Owner == by }

// Editable returns nil if an agent may create, change and remove the macro as it is: their
// own one; admins a shared one, and leads one that is for inboxes that they lead.
func (m *Macro) Editable(by *desk.Agent) error {
	led := len(m.Inboxes) > 0
	for _, key := range m.Inboxes {
		led = led && slices.Contains(by.Leads, key)
	}
	switch {
	case m.Owner == by.ID, m.Owner.IsZero() && (by.Admin || led):
		return nil
	case !m.Owner.IsZero():
		return desk.Errorf(desk.KindNotFound, "no such macro")
	case len(by.Leads) == 0:
		return desk.Errorf(desk.KindDenied, "shared macros are changed by admins and by leads of their inboxes; you can have private ones")
	}
	return desk.Errorf(desk.KindDenied, "you can change shared macros that are only for inboxes that you lead: %s", strings.Join(by.Leads, ", "))
}

// Without returns the actions that are left when those at some places are left out.
func (m *Macro) Without(places []int) ([]desk.MacroAction, error) {
	var out []desk.MacroAction
	for _, p := range places {
		if p < 0 || p >= len(m.Actions) {
			return nil, desk.Errorf(desk.KindInvalid, "macro_without: the macro has %d actions, counted from 0; there is no action %d", len(m.Actions), p)
		}
	}
	for i, a := range m.Actions {
		if !slices.Contains(places, i) {
			out = append(out, a)
		}
	}
	return out, nil
}

var period = regexp.MustCompile(`^([1-9][0-9]{0,3})(m|h|d|w)$`)

var units = map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}

// Period reads how long a conversation is snoozed: "4h", "3d"; false if it is not one, or
// longer than a year.
func Period(s string) (time.Duration, bool) {
	parts := period.FindStringSubmatch(s)
	if parts == nil {
		return 0, false
	}
	n, _ := strconv.Atoi(parts[1]) // four digits
	d := time.Duration(n) * units[parts[2]]
	return d, d <= 366*24*time.Hour
}

// Describe says in a few words what an action does.
func Describe(a *desk.MacroAction) string {
	switch {
	case a.Tag != "":
		return "tag " + a.Tag
	case a.Untag != "":
		return "remove the tag " + a.Untag
	case a.Move != "":
		return "move to " + a.Move
	case a.Assign != "":
		return "assign to " + a.Assign
	case a.Priority != "":
		return "priority " + string(a.Priority)
	case a.Until != "":
		return "status " + string(a.Status) + " for " + a.Until
	}
	return "status " + string(a.Status)
}
