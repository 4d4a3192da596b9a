package desk

import "time"

// NoticeKind says why an agent is told something.
type NoticeKind string

const (
	NoticeEscalation  NoticeKind = "escalation"  // an escalation rule fired
	NoticePage        NoticeKind = "page"        // as an escalation, and repeated until somebody acknowledges it
	NoticeRuleFailed  NoticeKind = "rule-failed" // a rule of the policy could not be evaluated
	NoticeAssigned    NoticeKind = "assigned"    // the conversation was assigned to the agent
	NoticeHandoff     NoticeKind = "handoff"     // a handover was returned, or waits to be accepted
	NoticeTask        NoticeKind = "task"        // a task was given to the agent, or is done
	NoticeSwarm       NoticeKind = "swarm"       // the agent was asked for help
	NoticeGap         NoticeKind = "gap"         // a conversation has no owner, no clock or no next action
	NoticeWebhook     NoticeKind = "webhook"     // admins: a webhook was disabled; not about a conversation
	NoticeTargets     NoticeKind = "targets"     // admins and leads: the targets of the policy should be reviewed; not about a conversation
	NoticeDelayed     NoticeKind = "delayed"     // a message has not been delivered for hours
	NoticeUndelivered NoticeKind = "undelivered" // a message was not delivered
	NoticeThirdParty  NoticeKind = "third-party" // a third party has answered
	NoticeReview      NoticeKind = "review"      // answers of the agent were reviewed
	NoticeWithheld    NoticeKind = "withheld"    // a reply of the agent was not sent, and is a draft again
)

// Notice is something that agents have to be told about a conversation.
type Notice struct {
	ID             NoticeID
	ConversationID ConversationID
	InboxID        InboxID
	// To is "assignee", "inbox-lead", "admins" or an agent's address. If nobody leads
	// the inbox, the admins are told.
	To      string
	AgentID AgentID // with "assignee": who that is
	Kind    NoticeKind
	Rule    string // name of the escalation rule; may be empty
	Text    string // may be empty
	At      time.Time
}
