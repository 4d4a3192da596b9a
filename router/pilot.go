package router

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/google/uuid"

	"switchboard/desk"
)

// Pilot is a policy that is tried with some accounts, next to the live one.
type Pilot struct {
	Policy  *Policy // with the version of the draft
	Share   int     // percent of the accounts
	Segment string  // of the live policy; empty: accounts of all segments
}

// Takes reports whether the pilot decides about what an account in a segment of the live
// policy begins. It is always the same for the same account, and independent of other pilots.
// (The comparison, report-pilot in package store, computes the same.)
func (p *Pilot) Takes(account desk.AccountID, segment string) bool {
	if p.Segment != "" && segment != p.Segment {
		return false
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%s", p.Policy.Version, uuid.UUID(account)))
	return int(binary.BigEndian.Uint32(sum[:])%100) < p.Share
}

// String says which conversations are in the pilot, as their paths do.
func (p *Pilot) String() string {
	whom := fmt.Sprintf("%d %% of the accounts", p.Share)
	switch {
	case p.Segment != "" && p.Share == 100:
		whom = "accounts in " + p.Segment
	case p.Segment != "":
		whom += " in " + p.Segment
	}
	return fmt.Sprintf("version %d, %s", p.Policy.Version, whom)
}
