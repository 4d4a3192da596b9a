package desk

import "time"

// SurveyKind says what a survey asks.
type SurveyKind string

const (
	SurveyCSAT   SurveyKind = "csat"   // how satisfied: from 1 to 5, or 1 (bad) and 2 (good)
	SurveyEffort SurveyKind = "effort" // how easy it was: from 1 to 7
)

// SurveyExpiry is how long a survey can be answered, and the answer changed.
const SurveyExpiry = 14 * 24 * time.Hour

// Survey is a question to a customer about one conversation, and its answer.
type Survey struct {
	ID             SurveyID
	ConversationID ConversationID
	MessageID      MessageID // that asked
	ContactID      ContactID
	InboxID        InboxID // when it was sent
	AssigneeID     AgentID // when the conversation was resolved; may be zero
	Address        string  // of the customer, lower case
	Kind           SurveyKind
	Scale          int // the highest score
	SentAt         time.Time
	ExpiresAt      time.Time
	// Score is 0 until it is answered.
	Score      int
	Comment    string
	AnsweredAt time.Time
}

// SurveyAnswered means that the customer answered a survey, or changed the answer.
type SurveyAnswered struct {
	SurveyID SurveyID   `json:"survey_id"`
	Survey   SurveyKind `json:"survey" enum:"csat,effort" doc:"What was asked: csat (how satisfied) or effort (how easy)"`
	Score    int        `json:"score" doc:"From 1, the worst, to scale"`
	Scale    int        `json:"scale" doc:"The best score: 5, or 2 for good and bad, with csat; 7 with effort"`
	Comment  string     `json:"comment,omitempty" doc:"What the customer wrote"`
	Changed  bool       `json:"changed,omitempty" doc:"It was answered before"`
}

// EventSurveyAnswered is the kind of SurveyAnswered.
const EventSurveyAnswered EventKind = "survey.answered"

func (SurveyAnswered) EventKind() EventKind { return EventSurveyAnswered }
func (SurveyAnswered) EventVersion() int    { return 1 }
