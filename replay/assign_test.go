package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

const twoInboxes = `version: 1
calendars:
  office: {timezone: UTC, hours: {mon-fri: ["09:00-17:00"]}}
tiers: [{tier: 1, name: Frontline}, {tier: 2, name: Specialists}]
inboxes:
  frontline: {tier: 1, calendar: office, %s}
  billing: {tier: 2, skills: [billing, oauth], assign: {strategy: manual}}
routing:
  - {name: billing, when: 'message.subject == "bill"', set: {inbox: billing}}
  - {name: oauth, when: 'message.subject == "oauth"', set: {inbox: frontline, tags: [oauth]}}
  - {name: default, set: {inbox: frontline}}
escalations:
  - {name: silent, on: stint.unacknowledged > 1h, do: {unassign: true, reassign: true}}
`

// story replays a history in short form, one line per event: "10:00 c1 receive jo",
// "ana 1 skills" for an agent with tiers. It returns who held each conversation and from
// when on: "c1: ana@10:00".
func story(t *testing.T, assign, history, until string) string {
	t.Helper()
	var in bytes.Buffer
	for text := range strings.Lines(history) {
		f := strings.Fields(text)
		if len(f) == 0 {
			continue
		}
		var line map[string]any
		if !strings.Contains(f[0], ":") {
			line = map[string]any{"agent": f[0], "email": f[0] + "@desk.example", "tiers": []int{int(f[1][0] - '0')}}
			for _, o := range f[2:] {
				switch {
				case o == "away":
					line["away"] = true
				case o[0] >= '0' && o[0] <= '9':
					line["capacity"] = int(o[0] - '0')
				default:
					line["skills"] = []string{o}
				}
			}
		} else {
			line = map[string]any{"at": "2026-03-02T" + f[0] + ":00Z", "c": f[1], "do": f[2]}
			switch f[2] {
			case "receive":
				line["channel"], line["from"], line["subject"] = "email", f[3]+"@acme.example", strings.Join(f[4:], " ")
			case "assign":
				line["by"], line["to"] = f[3], nil
				if len(f) > 4 {
					line["to"] = f[4]
				}
			case "move":
				line["by"], line["inbox"] = f[3], f[4]
			case "status":
				line["by"], line["status"] = f[3], f[4]
			default:
				line["by"] = f[3]
			}
		}
		text, _ := json.Marshal(line)
		in.Write(append(text, '\n'))
	}
	end, _ := time.Parse(time.RFC3339, "2026-03-02T"+until+":00Z")
	var first string
	for range 3 {
		var out bytes.Buffer
		if err := Run([]byte(fmt.Sprintf(twoInboxes, assign)), bytes.NewReader(in.Bytes()), end, &out); err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = out.String()
		} else if first != out.String() {
			t.Fatal("two replays differ")
		}
	}
	var told []string
	for text := range strings.Lines(first) {
		var c struct {
			Conversation string
			Stints       []struct {
				Assignee  *string
				StartedAt time.Time `json:"started_at"`
			}
		}
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			t.Fatal(err)
		}
		held := []string{c.Conversation + ":"}
		was := ""
		for _, s := range c.Stints {
			who := ""
			if s.Assignee != nil {
				who = *s.Assignee
			}
			if who != was {
				held = append(held, fmt.Sprintf("%s@%s", who, s.StartedAt.Format("15:04")))
			}
			was = who
		}
		told = append(told, strings.Join(held, " "))
	}
	return strings.Join(told, "\n")
}

func TestAssignmentInAReplay(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, assign, history, until, want string }{
		{"manual", `assign: {strategy: manual}`, "ana 1\n10:00 c1 receive jo", "10:30", "c1:"},
		{"least loaded, at the instant of the message", `assign: {strategy: least-loaded}`,
			"ana 1\nben 1\n10:00 c1 receive jo\n10:00 c2 receive li\n10:01 c3 receive al", "10:30", "c1: ana@10:00\nc2: ben@10:00\nc3: ana@10:01"},
		{"a reply frees a place", `assign: {strategy: least-loaded, capacity: 1}`,
			"ana 1\n10:00 c1 receive jo\n10:01 c2 receive li\n10:20 c1 reply ana", "10:30", "c1: ana@10:00\nc2: ana@10:20"},
		{"as does a resolution, a move and an assignment to somebody else", `assign: {strategy: least-loaded, capacity: 1}`,
			"ana 1\nben 2\n10:00 c1 receive jo\n10:01 c2 receive li\n10:01 c3 receive al\n10:01 c4 receive mo\n10:20 c1 status ana resolved\n10:21 c2 move ana billing\n10:22 c3 assign ana ben", "10:30",
			"c1: ana@10:00\nc2: ana@10:20 @10:21\nc3: ana@10:21 ben@10:22\nc4: ana@10:22"},
		{"an agent's own capacity, and who is away", `assign: {strategy: least-loaded, capacity: 5}`,
			"ana 1 1\nben 1 away\ncy 2\n10:00 c1 receive jo\n10:01 c2 receive li", "10:30", "c1: ana@10:00\nc2:"},
		{"what happens at the same instant comes first", `assign: {strategy: least-loaded}`,
			"ana 1\nben 1\n10:00 c1 receive jo\n10:00 c1 assign ben ben", "10:30", "c1: ben@10:00"},
		{"turns", `assign: {strategy: round-robin}`,
			"ana 1\nben 1\n10:00 c1 receive jo\n10:01 c1 reply ana\n10:02 c2 receive li\n10:03 c3 receive al\n10:03 c4 receive mo", "10:30", "c1: ana@10:00\nc2: ben@10:02\nc3: ana@10:03\nc4: ben@10:03"},
		{"a tag that is a skill", `assign: {strategy: skill}`,
			"ana 1\nben 1 oauth\n10:00 c1 receive jo\n10:00 c2 receive li\n10:00 c3 receive al oauth", "10:30", "c1: ana@10:00\nc2: ben@10:00\nc3: ben@10:00"},
		{"a handover of who is on call", `assign: {strategy: on-call, rotation: {agents: [ana@desk.example, ben@desk.example], handover: "10:10", timezone: UTC, every: 1d, start: 2026-03-01}}`,
			"ana 1 away\nben 1\n09:00 c1 receive jo", "10:30", "c1: ben@10:10"},
		{"the contact's last agent", `assign: {strategy: least-loaded, sticky: true}`,
			"ana 1\nben 1\n10:00 c1 receive jo\n10:00 c2 receive li\n10:01 c1 reply ana\n10:02 c3 receive li", "10:30", "c1: ana@10:00\nc2: ben@10:00\nc3: ben@10:02"},
		{"a rule takes it from a silent agent", `assign: {strategy: least-loaded}`,
			"ana 1\nben 1\n10:00 c1 receive jo\n10:05 c2 receive li\n10:10 c2 reply ben", "11:30", "c1: ana@10:00 @11:00 ben@11:00\nc2: ben@10:05"},
		{"a person wants it unassigned, until the customer writes", `assign: {strategy: least-loaded}`,
			"ana 1\n10:00 c1 receive jo\n10:05 c1 assign ana\n10:06 c2 receive li\n10:20 c1 receive jo", "10:30", "c1: ana@10:00 @10:05 ana@10:20\nc2: ana@10:06"},
		{"a person wants it unassigned, until it moves", `assign: {strategy: least-loaded}`,
			"ana 1\ncy 2\n10:00 c1 receive jo\n10:05 c1 assign ana\n10:10 c1 move ana billing\n10:20 c1 move cy frontline", "10:30", "c1: ana@10:00 @10:05 ana@10:20"},
		{"an inbox overflows after a wait in business time", `assign: {strategy: least-loaded, capacity: 1}, overflow: {to: billing, when_waiting: 15m}`,
			"ana 1\ncy 2\n08:50 c1 receive jo\n08:55 c2 receive li\n09:30 c3 receive al", "09:45", "c1: ana@08:50\nc2: cy@09:15\nc3:"},
		{"an inbox overflows with its load", `assign: {strategy: least-loaded, capacity: 2}, overflow: {to: billing, when_load: 100%, back_below: 50%}`,
			"ana 1\ncy 2\n10:00 c1 receive jo\n10:01 c2 receive li\n10:02 c3 receive al\n10:03 c1 reply ana\n10:04 c4 receive mo\n10:05 c2 reply ana\n10:05 c4 reply ana\n10:06 c5 receive ed", "10:30",
			"c1: ana@10:00\nc2: ana@10:01\nc3: cy@10:02\nc4: ana@10:04\nc5: ana@10:06"},
		{"an agent who is declared later", `assign: {strategy: least-loaded}`, "10:00 c1 receive jo\nana 1\n10:01 c2 receive li", "10:30", "c1: ana@10:00\nc2: ana@10:01"},
	}
	for _, test := range tests {
		if got := story(t, test.assign, test.history, test.until); got != test.want {
			t.Errorf("%s:\n%s\nwant\n%s", test.name, got, test.want)
		}
	}
}
