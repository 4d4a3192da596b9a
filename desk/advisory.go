package desk

// AdvisoryState is how far an advisory is.
type AdvisoryState string

const (
	AdvisoryDraft     AdvisoryState = "draft"
	AdvisorySending   AdvisoryState = "sending"
	AdvisoryPaused    AdvisoryState = "paused"
	AdvisoryDone      AdvisoryState = "done"
	AdvisoryCancelled AdvisoryState = "cancelled"
)

const (
	EventAdvisoryChanged EventKind = "advisory.changed" // AdvisoryChanged
	EventAdvisoryWanted  EventKind = "advisory.wanted"  // AdvisoryWanted
)

// AdvisoryChanged is what an agent did to an advisory.
type AdvisoryChanged struct {
	Subject string `json:"subject"`
	What    string `json:"what" enum:"created,changed,sent,continued,paused,cancelled"`
	To      int    `json:"to,omitempty" doc:"With sent: how many contacts it goes to"`
}

// AdvisoryWanted is what a contact said about advisories, over the link in one of them.
type AdvisoryWanted struct {
	ContactID ContactID `json:"contact_id"`
	Wanted    bool      `json:"wanted" doc:"false: they get no more of them"`
}

func (AdvisoryChanged) EventKind() EventKind { return EventAdvisoryChanged }
func (AdvisoryWanted) EventKind() EventKind  { return EventAdvisoryWanted }

func (AdvisoryChanged) EventVersion() int { return 1 }
func (AdvisoryWanted) EventVersion() int  { return 1 }
