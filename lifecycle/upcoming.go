package lifecycle

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"switchboard/desk"
)

// Expected is what timers will do at an instant.
type Expected struct {
	At   time.Time
	What []string // in order: "first_response (t1) is breached", "rule late: priority high"
}

// Upcoming returns what timers will do to a conversation, up to n instants, if nothing
// else happens to it. What was due already, but has not been done, is included.
func Upcoming(s State, p Policy, n int) (list []Expected) {
	for range maxFirings {
		at, ok := NextTimer(s, p)
		if !ok || len(list) == n {
			break
		}
		at = latest(at, s.Service.TimersAt)
		out, err := Apply(s, Timer{}, p, at)
		if err != nil || !out.Changed() {
			break
		}
		s = out.State
		var what []string
		for i := range out.Events {
			if text := expected(&out.Events[i]); text != "" {
				what = append(what, text)
			}
		}
		if len(what) > 0 {
			list = append(list, Expected{at, what})
		}
	}
	return list
}

// expected describes what a timer did; "" for what another event implies.
func expected(e *desk.Event) string {
	var data struct {
		Metric  desk.Metric `json:"metric"`
		Policy  string      `json:"policy"`
		Percent float64     `json:"percent"`
		Rule    string      `json:"rule"`
		Did     []string    `json:"did"`
		Reason  string      `json:"reason"`
		Gap     string      `json:"gap"`
		To      string      `json:"to"`
		From    desk.Status `json:"from"`
	}
	if json.Unmarshal(e.Data, &data) != nil {
		return ""
	}
	switch e.Kind {
	case desk.EventStatusChanged:
		if data.From == desk.StatusSnoozed {
			return "the snooze ends"
		}
	case desk.EventPromiseWarned:
		return fmt.Sprintf("%g%% of %s (%s) is used", data.Percent, data.Metric, data.Policy)
	case desk.EventPromiseBreached:
		return fmt.Sprintf("%s (%s) is breached", data.Metric, data.Policy)
	case desk.EventEscalationFired:
		return fmt.Sprintf("rule %s: %s", data.Rule, strings.Join(data.Did, ", "))
	case desk.EventRuleFailed:
		return fmt.Sprintf("rule %s cannot be evaluated: %s", data.Rule, data.Reason)
	case desk.EventGapFound:
		return "gap: " + data.Gap
	case desk.EventPageRepeated:
		return fmt.Sprintf("rule %s pages %s again", data.Rule, data.To)
	}
	return ""
}
