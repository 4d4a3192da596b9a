// Package savedview decides what saved views are: which search they show in which order, and
// who may see and change them. Pure.
package savedview

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/search"
)

// View is a search that is kept under a name.
type View struct {
	ID    desk.SavedViewID
	Name  string
	Owner desk.Agent // who made it, as they are now
	Scope string
	Q     string // a query of package search
	Sort  view.Sort

	UpdatedAt time.Time // of what is stored
}

// The scopes of a view: who sees it besides its owner.
const (
	Own  = "own"  // nobody
	Team = "team" // agents who work in a tier of its owner, and admins
	All  = "all"  // every agent
)

// Sorts are the orders of a view.
var Sorts = []view.Sort{view.SortDue, view.SortWaiting, view.SortNewest, view.SortOldest, view.SortPriority}

// MaxName is how long a name may be, in characters.
const MaxName = 100

// Visible reports whether an agent sees the view.
func (v *View) Visible(by *desk.Agent) bool {
	switch {
	case v.Owner.ID == by.ID, v.Scope == All:
		return true
	case v.Scope == Team:
		return by.Admin || slices.ContainsFunc(by.Tiers, func(t desk.Tier) bool { return slices.Contains(v.Owner.Tiers, t) })
	}
	return false
}

// Editable returns nil if an agent may change and remove the view: its owner, and admins one
// that is not only its owner's.
func (v *View) Editable(by *desk.Agent) error {
	switch {
	case !v.Visible(by):
		return desk.Errorf(desk.KindNotFound, "no such view")
	case v.Owner.ID == by.ID, by.Admin:
		return nil
	}
	return desk.Errorf(desk.KindDenied, "a view is changed by %s, who made it, and by admins; you can save your own", v.Owner.Name)
}

// Change is what a request sets; nil: it stays as it is.
type Change struct {
	Name, Q, Sort, Scope *string
}

// Invalid is a property of a view that is not valid.
type Invalid struct {
	Field  string // "name", "q", "sort" or "scope"
	Reason string
}

func (e Invalid) Error() string { return e.Field + ": " + e.Reason }

// Apply changes a view; Invalid for a property that is not valid.
func (c *Change) Apply(v *View) error {
	if c.Name != nil {
		v.Name = strings.TrimSpace(*c.Name)
	}
	if c.Q != nil {
		v.Q = strings.TrimSpace(*c.Q)
	}
	if c.Sort != nil {
		v.Sort = view.Sort(*c.Sort)
	}
	if c.Scope != nil {
		v.Scope = *c.Scope
	}
	_, problems := search.Parse(v.Q)
	switch {
	case v.Name == "" || utf8.RuneCountInString(v.Name) > MaxName || strings.ContainsFunc(v.Name, unicode.IsControl):
		return Invalid{"name", "a view needs a name of at most 100 characters in one line"}
	case v.Q == "":
		return Invalid{"q", "a view needs a search, such as is:open tag:refund"}
	case len(problems) > 0:
		return Invalid{"q", problems[0].Error()}
	case !slices.Contains(Sorts, v.Sort):
		return Invalid{"sort", "must be due, waiting, newest, oldest or priority"}
	case !slices.Contains([]string{Own, Team, All}, v.Scope):
		return Invalid{"scope", "must be own, team or all"}
	}
	return nil
}
