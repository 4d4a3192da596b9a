package slareference

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// YAML renders the policy document.
func (p *Policy) YAML() []byte {
	var out bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	line("version: 1")
	line("calendars:")
	for i := range p.Calendars {
		line("  %s: {%s}", p.Calendars[i].Name, p.Calendars[i].fields())
	}
	if len(p.Segments) > 0 {
		line("segments:")
	}
	for _, s := range p.Segments {
		line("  - {name: %s%s}", s.Name, when("when", s.When))
	}
	line("tiers:")
	for tier := 1; tier <= 3; tier++ {
		line("  - {tier: %d, name: Tier %d}", tier, tier)
	}
	line("inboxes:")
	for _, b := range p.Inboxes {
		line("  %s: {tier: %d, calendar: %s, assign: {strategy: manual}}", b.Name, b.Tier, b.Calendar)
	}
	if len(p.SLAs) > 0 {
		line("slas:")
	}
	for i := range p.SLAs {
		line("  - {%s}", p.SLAs[i].fields())
	}
	line("routing:")
	for _, r := range p.Routing {
		set := "inbox: " + r.Inbox
		if r.Priority != "" {
			set += ", priority: " + r.Priority
		}
		line("  - {name: %s%s, set: {%s}}", r.Name, when("when", r.When), set)
	}
	if len(p.Escalations) > 0 {
		line("escalations:")
	}
	for _, e := range p.Escalations {
		line("  - {name: %s%s, do: {%s}}", e.Name, when("on", e.On), e.actions())
	}
	if len(p.Handoffs) > 0 {
		line("handoffs:")
	}
	for _, h := range p.Handoffs {
		line("  - {from: %d, to: %d, require: [problem], accept_within: 2h}", h.From, h.To)
	}
	return out.Bytes()
}

// when renders a condition as a quoted YAML field; an empty one is left out.
func when(key string, c Condition) string {
	if len(c.Terms) == 0 {
		return ""
	}
	return fmt.Sprintf(", %s: '%s'", key, c)
}

var weekdays = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func (c *Calendar) fields() string {
	if c.Always {
		return "hours: always"
	}
	var days []string
	for i, windows := range c.Days {
		var texts []string
		for _, w := range windows {
			texts = append(texts, fmt.Sprintf(`"%02d:%02d-%02d:%02d"`, w.From/60, w.From%60, w.To/60, w.To%60))
		}
		if len(texts) > 0 {
			days = append(days, fmt.Sprintf("%s: [%s]", weekdays[i], strings.Join(texts, ", ")))
		}
	}
	text := fmt.Sprintf("timezone: %s, hours: {%s}", c.Zone, strings.Join(days, ", "))
	if len(c.Holidays) > 0 {
		text += fmt.Sprintf(", holidays: [%s]", strings.Join(c.Holidays, ", "))
	}
	return text
}

func (s *SLA) fields() string {
	text := fmt.Sprintf("name: %s%s, calendar: %s", s.Name, when("when", s.When), s.Calendar)
	for m, target := range s.Targets {
		if target > 0 {
			text += fmt.Sprintf(", %s: %s", Metric(m), duration(target))
		}
	}
	if len(s.Warn) > 0 {
		var list []string
		for _, percent := range s.Warn {
			list = append(list, fmt.Sprintf("%d%%", percent))
		}
		text += fmt.Sprintf(", warn: [%s]", strings.Join(list, ", "))
	}
	if len(s.PauseOn) > 0 {
		text += fmt.Sprintf(", pause_on: [%s]", strings.Join(s.PauseOn, ", "))
	}
	if s.OnHandoff != "" {
		text += ", on_handoff: " + s.OnHandoff
	}
	return text
}

func (e *Escalation) actions() string {
	var list []string
	if e.Notify {
		list = append(list, "notify: [assignee]")
	}
	if e.Raise {
		list = append(list, "priority: +1")
	}
	if e.Unassign {
		list = append(list, "unassign: true")
	}
	if e.Move != "" {
		list = append(list, "move: "+e.Move)
	}
	return strings.Join(list, ", ")
}

// JSONL renders the history.
func (c *Case) JSONL() []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	write := func(v any) {
		if err := encoder.Encode(v); err != nil {
			panic(err) // maps of plain values
		}
	}
	for _, a := range c.Agents {
		write(map[string]any{"agent": a.Name, "name": strings.ToUpper(a.Name[:1]) + a.Name[1:], "tiers": a.Tiers, "inboxes": []string{}, "skills": []string{}, "capacity": 25})
	}
	for _, e := range c.Events {
		write(e.line())
	}
	return out.Bytes()
}

// line returns the event's keys and values.
func (e *Event) line() map[string]any {
	line := map[string]any{"at": e.At.UTC().Format(time.RFC3339), "c": e.Conversation, "do": e.Do}
	if e.By != "" {
		line["by"] = e.By
	}
	switch e.Do {
	case Receive:
		line["channel"], line["from"], line["to"] = "email", "jo@"+e.Conversation+".example", "support@desk.example"
		line["subject"], line["text"], line["auto"] = e.Subject, "It fails", e.Auto
		if e.Account != nil {
			line["account"] = e.Account.fields()
		}
	case Assign:
		line["to"] = nil
		if e.To != "" {
			line["to"] = e.To
		}
	case Move:
		line["handover"] = map[string]string{"problem": "It fails", "tried": "Everything"}
		if e.Inbox != "" {
			line["inbox"] = e.Inbox
		} else {
			line["tier"] = e.Tier
		}
	case Return:
		line["reason"] = "Not for us"
	case Status:
		line["status"] = e.Status
		if e.WaitingOn != "" {
			line["waiting_on"] = e.WaitingOn
		}
		if e.Status == "snoozed" {
			line["until"] = e.Snooze.UTC().Format(time.RFC3339)
		}
	case Priority:
		line["priority"] = e.Priority
	}
	return line
}

func (a *Account) fields() map[string]any {
	attributes := map[string]any{}
	if a.ARR > 0 {
		attributes["arr"] = a.ARR
	}
	return map[string]any{"name": a.Name, "plan": a.Plan, "tags": []string{}, "attributes": attributes}
}
