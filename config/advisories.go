package config

import (
	"cmp"

	"switchboard/internal/advisory"
)

// Advisories bounds the notices that go to many contacts.
type Advisories struct {
	MaxRecipients int `koanf:"max_recipients"` // of one advisory; 0: DefaultAdvisory
	PerDay        int `koanf:"per_day"`        // of all within 24 hours; 0: DefaultAdvisories
}

// The defaults of Advisories.
const (
	DefaultAdvisory   = 500
	DefaultAdvisories = 2000
)

// Budget returns the bounds with their defaults.
func (a *Advisories) Budget() advisory.Budget {
	return advisory.Budget{Each: cmp.Or(a.MaxRecipients, DefaultAdvisory), Day: cmp.Or(a.PerDay, DefaultAdvisories)}
}

func (v *validator) advisories(a *Advisories) {
	if a.MaxRecipients < 0 {
		v.add("advisories.max_recipients", "must be a number of contacts, or 0 for 500")
	}
	if a.PerDay < 0 {
		v.add("advisories.per_day", "must be a number of contacts, or 0 for 2000")
	}
}
