package desk

// PolicyOrigin says how a version of the policy was published.
type PolicyOrigin string

const (
	OriginDefault PolicyOrigin = "default" // the first start of an installation without a policy file
	OriginFile    PolicyOrigin = "file"    // a start with a policy file that had changed
	OriginCommand PolicyOrigin = "command" // `switchboard policy apply`
	OriginAPI     PolicyOrigin = "api"     // the console and API clients
	OriginPilot   PolicyOrigin = "pilot"   // the draft of a pilot, which is never live itself
)

// Publication is a policy document that is to become the live policy.
type Publication struct {
	Document string
	Tiers    map[Tier]string // the names of its tiers
	Inboxes  []Inbox
	By       Actor
	Author   string // whom the history names
	Origin   PolicyOrigin
	Reason   string
	Restores int64 // the version whose document this is; 0: a new one
	// Replaces is the version that must be live; KindConflict if it is another one. 0: none
	// is. Nil: whatever is live.
	Replaces *int64
	// Adopts is the pilot that has to be running, and whose draft this is; 0: none.
	Adopts int64
}
