package router

import "time"

// Facts is what conditions may look at. The tag is the name in the policy
// document; the comment becomes doc/facts.md. A fact that is not known is its
// type's zero value.
type Facts struct {
	Channel      string            `expr:"channel" json:"channel"`   // "email", "chat" or "form"
	Endpoint     string            `expr:"endpoint" json:"endpoint"` // configured entrance: mailbox, "smtp", widget key, form key
	Message      MessageFacts      `expr:"message" json:"message"`   // the message being routed
	Contact      ContactFacts      `expr:"contact" json:"contact"`   // who wrote it
	Account      AccountFacts      `expr:"account" json:"account"`   // the customer the contact belongs to
	Segment      string            `expr:"segment" json:"segment"`   // the account's segment; not in segments
	Tier         int               `expr:"tier" json:"tier"`         // tier of the inbox; not in segments and routing
	Inbox        string            `expr:"inbox" json:"inbox"`       // key of the inbox; not in segments and routing
	History      HistoryFacts      `expr:"history" json:"history"`   // what the account has been through
	Conversation ConversationFacts `expr:"conversation" json:"conversation"`
	Calendar     map[string]bool   `expr:"calendar" json:"calendar"` // calendar.NAME: that calendar is open now
	SLA          SLAFacts          `expr:"sla" json:"sla"`           // running clocks; not in segments and routing
	Stint        StintFacts        `expr:"stint" json:"stint"`       // the present holder; not in segments and routing
	Messages     CountFacts        `expr:"messages" json:"messages"` // how many the conversation has
}

// MessageFacts describe one message.
type MessageFacts struct {
	Subject       string           `expr:"subject" json:"subject"`
	NewText       string           `expr:"new_text" json:"new_text"`             // without quotes and signature
	From          string           `expr:"from" json:"from"`                     // lower-case address
	To            string           `expr:"to" json:"to"`                         // lower-case addresses of To and the envelope, joined by ", "
	CC            string           `expr:"cc" json:"cc"`                         // lower-case addresses, joined by ", "
	Language      string           `expr:"language" json:"language"`             // ISO 639-1; nobody tells it yet, it is empty
	Attachments   []AttachmentFact `expr:"attachments" json:"attachments"`       // each {name, type, size}
	AutoSubmitted string           `expr:"auto_submitted" json:"auto_submitted"` // "none", "auto-reply", "bounce", "complaint", "list", "auto-generated"
	Trust         string           `expr:"trust" json:"trust"`                   // of the sender's address: "claimed", "aligned", "verified", "forged"
	List          string           `expr:"list" json:"list"`                     // List-Id, or empty
}

// AttachmentFact describes one attachment.
type AttachmentFact struct {
	Name string `expr:"name" json:"name"`
	Type string `expr:"type" json:"type"` // media type, lower case
	Size int64  `expr:"size" json:"size"` // octets
}

// ContactFacts describe the sender.
type ContactFacts struct {
	Name    string `expr:"name" json:"name"`
	Address string `expr:"address" json:"address"` // lower case
	Domain  string `expr:"domain" json:"domain"`   // of the address
	Known   bool   `expr:"known" json:"known"`     // wrote to us before
}

// AccountFacts describe the customer.
type AccountFacts struct {
	Name       string         `expr:"name" json:"name"`
	Domains    []string       `expr:"domains" json:"domains"`
	Plan       string         `expr:"plan" json:"plan"`             // attribute "plan"
	Attributes map[string]any `expr:"attributes" json:"attributes"` // yours: account.attributes.arr; a missing one matches nothing
	Tags       []string       `expr:"tags" json:"tags"`
}

// HistoryFacts describe what happened before.
type HistoryFacts struct {
	Open     int `expr:"open" json:"open"`           // open conversations of the account, without this one
	Total    int `expr:"total" json:"total"`         // all conversations of the account, without this one; not told yet
	LastTier int `expr:"last_tier" json:"last_tier"` // tier that resolved the contact's last conversation; -1 when there is none; not told yet
	Reopened int `expr:"reopened" json:"reopened"`   // times that a resolved conversation of the contact was opened again; not told yet
}

// ConversationFacts describe the conversation as it stands.
type ConversationFacts struct {
	Number     int64         `expr:"number" json:"number"` // 0 when it is new
	Subject    string        `expr:"subject" json:"subject"`
	Status     string        `expr:"status" json:"status"`     // "open", "pending", "snoozed", "resolved", "closed"
	Priority   string        `expr:"priority" json:"priority"` // "low", "normal", "high", "urgent"
	Tags       []string      `expr:"tags" json:"tags"`
	Restricted bool          `expr:"restricted" json:"restricted"`
	Assigned   bool          `expr:"assigned" json:"assigned"`
	FollowUp   bool          `expr:"follow_up" json:"follow_up"` // continues a closed one
	Age        time.Duration `expr:"age" json:"age"`
}

// SLAFacts are the conversation's clocks.
type SLAFacts struct {
	FirstResponse ClockFacts `expr:"first_response" json:"first_response"`
	NextResponse  ClockFacts `expr:"next_response" json:"next_response"`
	Resolution    ClockFacts `expr:"resolution" json:"resolution"`
	Update        ClockFacts `expr:"update" json:"update"`
}

// ClockFacts describe one clock. A clock compares with a percentage:
// sla.first_response >= 80% means that 80 % of its time is used and it has not
// been met.
type ClockFacts struct {
	Running   bool          `expr:"running" json:"running"` // neither met nor paused
	Breached  bool          `expr:"breached" json:"breached"`
	Used      float64       `expr:"used" json:"used"`           // share of its time, 1 at the deadline; 0 once it is met
	Remaining time.Duration `expr:"remaining" json:"remaining"` // business time; negative after the deadline
}

// StintFacts describe the present holder's time with the conversation.
type StintFacts struct {
	Age            time.Duration `expr:"age" json:"age"`
	Unacknowledged time.Duration `expr:"unacknowledged" json:"unacknowledged"` // since it was assigned, while the assignee did nothing; else 0
	WaitingOn      string        `expr:"waiting_on" json:"waiting_on"`         // "us", "customer", "third-party"
	Assignee       string        `expr:"assignee" json:"assignee"`             // address of the agent, or empty
}

// CountFacts count messages.
type CountFacts struct {
	Inbound  int `expr:"inbound" json:"inbound"`
	Outbound int `expr:"outbound" json:"outbound"`
}

// Percent is a percentage in a condition: 80% is 80.
type Percent float64
