// Package simulation replays stored conversations through two policies, the live one and a
// draft, and says which would go elsewhere, and what that does to the queues. It is pure,
// and needs memory for the queues and not for the conversations.
package simulation

import (
	"encoding/json"
	"slices"
	"time"

	"switchboard/desk"
	"switchboard/internal/language"
	"switchboard/router"
)

// Opening is a stored conversation as it was when it opened.
type Opening struct {
	ID       desk.ConversationID
	Number   int64
	At       time.Time
	Subject  string
	Facts    json.RawMessage // as they were stored with the decision; empty: they were not
	NewText  string          // of the first message
	FollowUp bool            // it continues a closed conversation
	Auto     bool            // a program wrote the first message
	Version  int64           // of the policy that decided
	Inbox    string          // where it went then
	Pilot    bool            // the draft of a pilot decided
}

// Decision is where a policy sends a conversation.
type SimulatedDecision struct {
	Inbox    string        `json:"inbox"`
	Rule     string        `json:"rule" doc:"The last matching rule, with its parents"`
	Priority desk.Priority `json:"priority"`
	SLA      string        `json:"sla" doc:"Empty: none applies"`
	Segment  string        `json:"segment"`
	// FirstResponse is what was promised, in business time of Calendar; 0: nothing.
	FirstResponse time.Duration `json:"-"`
	Calendar      string        `json:"-"`
}

// Moved is a conversation that would be treated differently.
type SimulatedMove struct {
	ConversationID desk.ConversationID `json:"conversation_id"`
	Number         int64               `json:"number"`
	At             time.Time           `json:"at"`
	Before         SimulatedDecision   `json:"before"`
	After          SimulatedDecision   `json:"after"`
}

// facts returns what a policy could look at when a conversation opened.
func facts(o *Opening, p *router.Policy) router.Facts {
	f := router.Facts{History: router.HistoryFacts{LastTier: -1}}
	_ = json.Unmarshal(o.Facts, &f) // of conversations from before facts were stored, there are few
	if f.Message.NewText == "" {
		f.Message.NewText = o.NewText
	}
	if f.Message.Subject == "" {
		f.Message.Subject = o.Subject
	}
	if f.Message.Language == "" && p.Reads("message.language") {
		f.Message.Language = language.Detect(f.Message.NewText)
	}
	f.Conversation = router.ConversationFacts{Subject: f.Message.Subject, Status: string(desk.StatusOpen), Priority: string(desk.PriorityNormal), FollowUp: o.FollowUp}
	if !o.Auto {
		f.Messages.Inbound = 1
	}
	f.Calendar = map[string]bool{}
	for _, c := range p.Calendars() {
		f.Calendar[c.Name] = c.Open(o.At)
	}
	return f
}

// Decide returns where a policy would have sent a conversation.
func Decide(o *Opening, p *router.Policy) SimulatedDecision {
	a := p.Route(facts(o, p))
	d := SimulatedDecision{Inbox: a.Inbox, Priority: a.Priority, SLA: a.SLA, Segment: a.Segment}
	for _, step := range slices.Backward(a.Path) {
		if rule, ok := cut(step, "routing: "); ok {
			d.Rule = rule
			break
		}
	}
	if s, ok := p.SLA(a.SLA); ok {
		d.FirstResponse, d.Calendar = s.Targets[desk.FirstResponse], s.Calendar
	}
	return d
}

func cut(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || s[:len(prefix)] != prefix {
		return "", false
	}
	return s[len(prefix):], true
}
