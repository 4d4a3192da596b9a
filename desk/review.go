package desk

// AnswersReviewed means that somebody reviewed the answers in a conversation, or changed the
// review. What it says is for the agent who answered, and for leads and admins.
type AnswersReviewed struct {
	ReviewID ReviewID `json:"review_id"`
	Changed  bool     `json:"changed,omitempty" doc:"It was done before"`
}

// EventAnswersReviewed is the kind of AnswersReviewed.
const EventAnswersReviewed EventKind = "answers.reviewed"

func (AnswersReviewed) EventKind() EventKind { return EventAnswersReviewed }
func (AnswersReviewed) EventVersion() int    { return 1 }
