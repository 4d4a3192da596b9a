package ingest

import (
	"time"

	"switchboard/desk"
)

// CorrespondentQuery returns what has to be locked and read to know somebody whom an agent
// writes to before they have written. Of rules only Own and OwnDomain are used.
func CorrespondentQuery(to desk.Address, rules *Rules) ([]Scope, Query) {
	s := standIn(to, "", rules)
	q := Query{Identities: []IdentityKey{s.key}, Opens: true}
	if s.domain != "" {
		q.Domains = []string{s.domain}
	}
	return []Scope{s.scope()}, q
}

// Correspondent returns the contact and the account of somebody whom an agent writes to, as
// they would be if they had written: what is missing is created, and in the changes. Nothing
// confirms that the address is theirs until they answer.
func Correspondent(to desk.Address, snap *Snapshot, rules *Rules, now time.Time) (contact desk.Contact, account desk.Account, known bool, changes desk.Changes) {
	b := &batch{rules: rules, snap: snap, out: &changes, now: now}
	s := standIn(to, "", rules)
	_, known = snap.Contacts[s.key]
	who := b.resolve(s)
	return who.contact, who.account, known, changes
}
