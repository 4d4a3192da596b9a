package desk

import "time"

// Account is a customer organization, or a single person when the address belongs
// to no organization (a freemail domain, an anonymous visitor).
type Account struct {
	ID         AccountID
	Name       string
	Domains    []string // lower case; empty for a person
	Segment    string   // name of the policy's segment; may be empty
	Timezone   string   // IANA name; may be empty
	Attributes map[string]any
	Tags       []string
	ExternalID string  // its key in another system; may be empty
	OwnerID    AgentID // the agent who looks after it; zero: none
	CreatedAt  time.Time
	UpdatedAt  time.Time // of the last change by a person or an import
}

// Contact is a person who writes to the desk. A contact always has an account.
type Contact struct {
	ID         ContactID
	AccountID  AccountID
	Name       string
	Identities []Identity
	CreatedAt  time.Time
}

// Trust says how sure we are that an identity is who it claims to be.
type Trust string

const (
	TrustClaimed  Trust = "claimed"  // typed into a form, or From without proof
	TrustAligned  Trust = "aligned"  // DMARC pass on its domain
	TrustVerified Trust = "verified" // proved: replied to a token, signed identity
	// TrustForged applies to one mail, never to an identity: the author's domain says
	// that it did not send it (DMARC), or the author cannot be determined.
	TrustForged Trust = "forged"
)

// Identity is an address of a contact on a channel; unique over all contacts.
type Identity struct {
	Channel    Channel
	Address    string // lower-case addr-spec, or a chat session's text form
	Trust      Trust
	VerifiedAt time.Time // zero: never
}
