package slareference

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// Result is a line of the output of a replay, without the path.
type Result struct {
	Conversation string   `json:"conversation"`
	Status       string   `json:"status"`
	Inbox        string   `json:"inbox"`
	Tier         int      `json:"tier"`
	Assignee     string   `json:"assignee"`
	Segment      string   `json:"segment"`
	SLA          string   `json:"sla"`
	Stints       []Stint  `json:"stints"`
	Clocks       []Clock  `json:"clocks"`
	Fired        []Fired  `json:"fired"`
	Measures     Measures `json:"measures"`
}

// Stint is a time in which inbox, assignee and waiting side were the same. EndedAt is
// empty for the current one.
type Stint struct {
	Inbox     string `json:"inbox"`
	Tier      int    `json:"tier"`
	Assignee  string `json:"assignee"`
	WaitingOn string `json:"waiting_on"`
	StartedAt string `json:"started_at"`
	EndedAt   string `json:"ended_at"`
}

// Clock is a clock as it was read. Instants that do not exist are empty.
type Clock struct {
	Metric     string    `json:"metric"`
	Policy     string    `json:"policy"`
	Tier       int       `json:"tier"`
	State      string    `json:"state"`
	StartedAt  string    `json:"started_at"`
	DueAt      string    `json:"due_at"`
	MetAt      string    `json:"met_at"`
	BreachedAt string    `json:"breached_at"`
	EndedAt    string    `json:"ended_at"`
	Target     int64     `json:"target_s"`
	Used       int64     `json:"used_s"`
	Warnings   []Warning `json:"warnings"`
}

// Warning is a warning that was given.
type Warning struct {
	Percent int    `json:"percent"`
	At      string `json:"at"`
}

// Fired is an escalation. What it did is not compared: the wording is not specified.
type Fired struct {
	Escalation string `json:"escalation"`
	At         string `json:"at"`
}

// Measures are in seconds of wall-clock time.
type Measures struct {
	FirstReply    *int64           `json:"first_reply_s"`
	Resolution    *int64           `json:"resolution_s"`
	Handoffs      int              `json:"handoffs"`
	Reassignments int              `json:"reassignments"`
	Tier          map[string]int64 `json:"tier_s"`
	Waiting       map[string]int64 `json:"waiting_s"`
}

// Decode reads the output of a replay. Null and an absent key become empty, as in the
// results of Simulate; sums of zero are left out, because the text does not say whether a
// tier without any time is listed.
func Decode(output []byte) ([]Result, error) {
	results := []Result{}
	decoder := json.NewDecoder(bytes.NewReader(output))
	for decoder.More() {
		var r Result
		if err := decoder.Decode(&r); err != nil {
			return nil, fmt.Errorf("line %d of the output: %w", len(results)+1, err)
		}
		results = append(results, r)
	}
	return results, nil
}

// Encode renders results for comparison, one line per list item, so that a difference is
// readable.
func Encode(results []Result) string {
	var out bytes.Buffer
	for _, r := range results {
		line := func(name string, v any) {
			text, err := json.Marshal(v)
			if err != nil {
				panic(err) // plain structs
			}
			fmt.Fprintf(&out, "  %s %s\n", name, text)
		}
		fmt.Fprintf(&out, "%s %s in %s (%d) of %q, segment %q, sla %q\n", r.Conversation, r.Status, r.Inbox, r.Tier, r.Assignee, r.Segment, r.SLA)
		for _, s := range r.Stints {
			line("stint", s)
		}
		for _, c := range r.Clocks {
			if c.Warnings == nil {
				c.Warnings = []Warning{}
			}
			line("clock", c)
		}
		for _, f := range r.Fired {
			line("fired", f)
		}
		r.Measures.Tier, r.Measures.Waiting = positive(r.Measures.Tier), positive(r.Measures.Waiting)
		line("measures", r.Measures)
	}
	return out.String()
}

func positive(sums map[string]int64) map[string]int64 {
	kept := map[string]int64{}
	for key, n := range sums {
		if n != 0 {
			kept[key] = n
		}
	}
	return kept
}

// instant renders a second; 0 is none.
func instant(second int64) string {
	if second == 0 {
		return ""
	}
	return time.Unix(second, 0).UTC().Format(time.RFC3339)
}
