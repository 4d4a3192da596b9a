// Package explain says why a conversation is where it is, what was promised, and what
// happens next: `switchboard policy explain CONVERSATION`. It is pure.
package explain

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/lifecycle"
	"switchboard/router"
)

// most is how many of the next timers are named.
const most = 5

// Conversation is the explanation.
type Conversation struct {
	ID            desk.ConversationID `json:"id"`
	Number        int64               `json:"number"`
	Subject       string              `json:"subject"`
	Status        desk.Status         `json:"status"`
	WaitingOn     desk.WaitingOn      `json:"waiting_on"`
	Inbox         string              `json:"inbox"`
	Tier          desk.Tier           `json:"tier"`
	Assignee      string              `json:"assignee"`       // name; empty: nobody
	Path          []string            `json:"path"`           // why it is here
	PolicyVersion int64               `json:"policy_version"` // that routed it
	LiveVersion   int64               `json:"live_version"`   // in force now
	Segment       string              `json:"segment"`
	SLA           string              `json:"sla"` // in force; empty: none
	Clocks        []view.Clock        `json:"clocks"`
	Gap           string              `json:"gap"`  // that has lasted too long; empty: none
	Gaps          []Gap               `json:"gaps"` // that are watched
	Handoff       *view.Handoff       `json:"handoff"`
	Holding       []string            `json:"holding"` // rules that have fired and whose condition still holds
	Next          []Next              `json:"next"`
}

// Gap is something that the conversation lacks.
type Gap struct {
	Gap   string    `json:"gap"`
	Since time.Time `json:"since"`
}

// Next is what happens at an instant if nothing else happens before.
type Next struct {
	At   time.Time `json:"at"`
	What []string  `json:"what"`
}

// Of explains a conversation. v is how it is shown, with its clocks.
func Of(v *view.Conversation, s lifecycle.State, p lifecycle.Policy) Conversation {
	c := Conversation{ID: v.ID, Number: v.Number, Subject: v.Subject, Status: v.Status, WaitingOn: v.WaitingOn, Inbox: v.Inbox.Key, Tier: v.Tier,
		Path: v.Path, PolicyVersion: v.PolicyVersion, Segment: v.Segment, SLA: v.SLA, Clocks: v.Clocks, Gap: v.Gap, Gaps: []Gap{}, Handoff: v.Handoff,
		Holding: append([]string{}, s.Service.Holding...), Next: []Next{}}
	if v.Assignee != nil {
		c.Assignee = v.Assignee.Name
	}
	if p.Rules != nil {
		c.LiveVersion = p.Rules.Version
	}
	for _, g := range router.Gaps {
		if since, ok := s.Service.Gaps[g]; ok {
			c.Gaps = append(c.Gaps, Gap{string(g), since.UTC()})
		}
	}
	for _, e := range lifecycle.Upcoming(s, p, most) {
		c.Next = append(c.Next, Next{e.At.UTC(), e.What})
	}
	return c
}

// Write writes the explanation as text.
func (c *Conversation) Write(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) { fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	line("conversation", "#%d %s", c.Number, c.Subject)
	line("status", "%s, waiting on %s", c.Status, c.WaitingOn)
	line("inbox", "%s (tier %d), %s", c.Inbox, c.Tier, cmp.Or(c.Assignee, "nobody is assigned"))
	line("path", "%s", strings.Join(c.Path, " > "))
	version := fmt.Sprintf("version %d", c.PolicyVersion)
	if c.LiveVersion != c.PolicyVersion {
		version += fmt.Sprintf("; version %d is in force now", c.LiveVersion)
	}
	line("policy", "%s", version)
	line("segment", "%s", cmp.Or(c.Segment, "-"))
	line("SLA", "%s", cmp.Or(c.SLA, "-"))
	for i := range c.Clocks {
		line("clock", "%s", clock(&c.Clocks[i]))
	}
	if c.Gap != "" {
		line("gap", "%s", c.Gap)
	}
	for _, g := range c.Gaps {
		line("lacks", "%s since %s", g.Gap, instant(g.Since))
	}
	if c.Handoff != nil {
		line("handoff", "%s", handoff(c.Handoff))
	}
	if len(c.Holding) > 0 {
		line("rules", "%s: fired, and not again while the condition holds", strings.Join(c.Holding, ", "))
	}
	for _, n := range c.Next {
		for _, what := range n.What {
			line("next", "%s %s", instant(n.At), what)
		}
	}
	if len(c.Next) == 0 {
		line("next", "no timer is set")
	}
	return w.Flush()
}

func clock(k *view.Clock) string {
	text := fmt.Sprintf("%s (%s, tier %d): %s", k.Metric, k.Policy, k.Tier, k.State)
	switch {
	case k.MetAt != nil:
		text += " at " + instant(*k.MetAt)
	case k.EndedAt == nil && k.BreachedAt == nil && k.DueAt != nil:
		text += ", due " + instant(*k.DueAt)
	}
	if k.BreachedAt != nil {
		text += ", breached " + instant(*k.BreachedAt)
	}
	return text + fmt.Sprintf(", used %s of %s", seconds(k.UsedS), seconds(k.TargetS))
}

func handoff(h *view.Handoff) string {
	text := fmt.Sprintf("%s > %s at %s", h.From.Key, h.To.Key, instant(h.At))
	switch {
	case h.ReturnedAt != nil:
		text += fmt.Sprintf(", returned %s: %s", instant(*h.ReturnedAt), h.Reason)
	case h.AcceptedAt != nil:
		text += ", accepted " + instant(*h.AcceptedAt)
	case h.Pending && h.DueAt != nil:
		text += ", to be accepted by " + instant(*h.DueAt)
	case h.Pending:
		text += ", to be accepted"
	}
	return text
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(time.Second).String()
}
