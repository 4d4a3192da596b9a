package desk

// RootCauseState says whether the fault behind conversations is still there.
type RootCauseState string

const (
	RootCauseOpen  RootCauseState = "open"
	RootCauseFixed RootCauseState = "fixed"
)

const (
	EventRootCauseLinked   EventKind = "root-cause.linked"   // RootCauseLinked
	EventRootCauseUnlinked EventKind = "root-cause.unlinked" // RootCauseUnlinked
	EventRootCauseChanged  EventKind = "root-cause.changed"  // RootCauseChanged
)

// RootCauseLinked means that the conversation is about a fault that others have, too.
type RootCauseLinked struct {
	RootCauseID RootCauseID `json:"root_cause_id"`
	Title       string      `json:"title"`
}

// RootCauseUnlinked means that the conversation is not about that fault after all.
type RootCauseUnlinked struct {
	RootCauseID RootCauseID `json:"root_cause_id"`
	Title       string      `json:"title"`
}

// RootCauseChanged is what an agent did to a root cause.
type RootCauseChanged struct {
	Title    string   `json:"title"`
	What     string   `json:"what" enum:"created,changed,update-written,update-cancelled"`
	Fields   []string `json:"fields,omitempty" doc:"With changed: the names of the changed fields"`
	UpdateID UpdateID `json:"update_id,omitzero" doc:"With update-written and update-cancelled"`
	To       int      `json:"to,omitempty" doc:"With update-written: how many conversations it goes to"`
}

func (RootCauseLinked) EventKind() EventKind   { return EventRootCauseLinked }
func (RootCauseUnlinked) EventKind() EventKind { return EventRootCauseUnlinked }
func (RootCauseChanged) EventKind() EventKind  { return EventRootCauseChanged }

func (RootCauseLinked) EventVersion() int   { return 1 }
func (RootCauseUnlinked) EventVersion() int { return 1 }
func (RootCauseChanged) EventVersion() int  { return 1 }
