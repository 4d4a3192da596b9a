package gateway_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"switchboard/config"
	"switchboard/desk"
	"switchboard/internal/dbtest"
	"switchboard/router"
)

// pilotPolicy promises a first response within four hours, and pilotTried sends the same
// conversations elsewhere, where one is promised within an hour.
const pilotPolicy = `version: 1
calendars: {always: {timezone: UTC, hours: always}}
tiers:
  - {tier: 1, name: Front}
inboxes:
  orders: {name: Orders, tier: 1, calendar: always}
slas:
  - {name: usual, calendar: always, first_response: 4h, next_response: 5h}
routing:
  - {name: rest, set: {inbox: orders}}
`

var pilotTried = strings.NewReplacer("inboxes:\n", "inboxes:\n  trial: {name: Trial, tier: 1, calendar: always}\n",
	"name: usual, calendar: always, first_response: 4h, next_response: 5h", "name: brisk, calendar: always, first_response: 1h, next_response: 2h",
	"inbox: orders}", "inbox: trial}").Replace(pilotPolicy)

// matching is call with If-Match.
func (r *running) matching(path, match string, body, out any) {
	r.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		r.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), "POST", r.base+path, bytes.NewReader(text))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.key)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("If-Match", match)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode > 299 {
		r.t.Fatalf("%s: %d %s, %v", path, resp.StatusCode, answer, err)
	}
	if out != nil {
		if err := json.Unmarshal(answer, out); err != nil {
			r.t.Fatal(err)
		}
	}
}

type piloted struct {
	conversation
	PolicyVersion int64 `json:"policy_version"`
	SLA           string
	Clocks        []struct {
		Metric, Policy, State string
		TargetS               float64 `json:"target_s"`
	}
}

func (r *running) piloted(id string) (c piloted) {
	r.t.Helper()
	r.call("GET", "/conversations/"+id, nil, &c)
	return c
}

// clock returns the newest clock of a metric.
func (c *piloted) clock(metric string) string {
	for _, k := range slices.Backward(c.Clocks) {
		if k.Metric == metric {
			return fmt.Sprintf("%s %vs", k.Policy, k.TargetS)
		}
	}
	return ""
}

// TestPilot: on all nodes, the draft decides about half of the accounts and only about what
// they begin, each account goes the same way each time, and the trail says so; what happens
// next in its conversations is decided by the draft while it runs, and by the live policy
// after it was withdrawn.
func TestPilot(t *testing.T) {
	t.Parallel()
	dsn := dbtest.New(t)
	node := func() *running {
		return start(t, func(c *config.Config) { c.DB.URL, c.Policy = dsn, policyFile(t, pilotPolicy) })
	}
	nodes := []*running{node(), node()}
	r, n := nodes[0], 0
	var written []piloted
	write := func(via *running, account int) piloted {
		t.Helper()
		n++
		from, word := fmt.Sprintf("jo@account%d.example", account), fmt.Sprintf("matter%dx", n)
		via.post(from, "support@desk.example", letter(from, "support@desk.example", "About "+word, word+"@account.example", "Help"))
		c := via.piloted(via.only(word).ID)
		written = append(written, c)
		return c
	}
	old := write(r, 0)
	var p struct{ Version int64 }
	r.matching("/policies/pilots", `"1"`, map[string]any{"document": pilotTried, "share": 50, "reason": "is it better?"}, &p)
	began := len(written)
	trial := &router.Pilot{Policy: &router.Policy{Version: p.Version}, Share: 50}
	for _, via := range nodes { // until each has noticed
		account := 100
		via.eventually("the pilot", func() bool { account++; return write(via, account).PolicyVersion == p.Version })
	}
	taken, of := 0, 40
	var inside piloted
	for i := range of {
		first, second := write(nodes[i%2], i), piloted{}
		if i < 6 {
			second = write(nodes[(i+1)%2], i)
		}
		id, err := desk.ParseID[desk.AccountID](first.Account.ID)
		if err != nil {
			t.Fatal(err)
		}
		want, clock, path := "orders", "usual 14400s", "routing: rest > sla: usual"
		if trial.Takes(id, "") {
			taken++
			inside = first
			want, clock, path = "trial", "brisk 3600s", "pilot: version 2, 50 % of the accounts > routing: rest > sla: brisk"
		}
		for _, c := range []piloted{first, second} {
			if c.ID != "" && (c.Inbox.Key != want || c.clock("first_response") != clock || strings.Join(c.Path, " > ") != path) {
				t.Errorf("account %d: %s, %s, %v; want %s, %s, %s", i, c.Inbox.Key, c.clock("first_response"), c.Path, want, clock, path)
			}
		}
	}
	if taken < of/5 || taken > of*4/5 {
		t.Errorf("the pilot took %d of %d accounts", taken, of)
	}
	if c := r.piloted(old.ID); c.PolicyVersion != 1 || c.SLA != "usual" {
		t.Errorf("the pilot decided about a conversation from before: %+v", c)
	}

	// What happens next is decided by the draft, and after the end by the live policy.
	again := func(c piloted) piloted {
		t.Helper()
		r.call("POST", "/conversations/"+c.ID+"/replies", map[string]any{"text": "Like this."}, nil)
		from := c.Contact.Address
		sent := r.messages(c.ID)
		n++
		r.post(from, "support@desk.example", letter(from, "support@desk.example", "Re: "+c.Subject, fmt.Sprintf("more%d@account.example", n), "And now?", "In-Reply-To: <"+sent[len(sent)-1].MessageID+">"))
		r.eventually("the answer", func() bool { return len(r.messages(c.ID)) == len(sent)+1 })
		return r.piloted(c.ID)
	}
	if c := again(inside); c.clock("next_response") != "brisk 7200s" {
		t.Errorf("%+v", c.Clocks)
	}
	var compared struct {
		Comparison struct {
			Conversations map[string]struct{ Since, Before int64 }
			Measures      []struct {
				Measure string
				Pilot   struct{ Since struct{ N int64 } }
				Note    string
			}
		}
	}
	r.call("GET", "/policies/pilots/running", nil, &compared)
	sizes, counted := compared.Comparison.Conversations, map[string]int64{}
	for _, c := range written[began:] {
		id, _ := desk.ParseID[desk.AccountID](c.Account.ID)
		switch {
		case c.PolicyVersion == p.Version:
			counted["pilot"]++
		case !trial.Takes(id, ""): // others came before their node had noticed
			counted["control"]++
		}
	}
	if sizes["pilot"].Since != counted["pilot"] || sizes["control"].Since != counted["control"] || sizes["control"].Before+sizes["pilot"].Before != 1 {
		t.Errorf("%+v, want %+v", sizes, counted)
	}
	if m := compared.Comparison.Measures[0]; m.Measure != "first_response" || m.Pilot.Since.N != 1 || !strings.HasPrefix(m.Note, "not enough cases") {
		t.Errorf("%+v", m)
	}
	var simulated struct{ Conversations, Moved, Changed, Unexplained, Piloted int }
	r.call("POST", "/policies/simulate", map[string]any{"document": pilotPolicy}, &simulated)
	if simulated.Conversations != len(written) || simulated.Piloted != int(sizes["pilot"].Since) || simulated.Moved+simulated.Changed+simulated.Unexplained != 0 {
		t.Errorf("%+v", simulated)
	}

	r.matching("/policies/pilots/running/withdraw", "", map[string]any{"reason": "no"}, nil)
	for _, via := range nodes {
		via.eventually("the end of the pilot", func() bool {
			return write(via, 0).PolicyVersion == 1 && write(via, accountOf(inside)).PolicyVersion == 1
		})
	}
	if c := r.piloted(inside.ID); c.Path[0] != "pilot: version 2, 50 % of the accounts" || c.clock("next_response") != "brisk 7200s" {
		t.Errorf("%v %+v", c.Path, c.Clocks)
	}
	if c := again(inside); c.clock("next_response") != "usual 18000s" || c.SLA != "usual" {
		t.Errorf("a conversation of the pilot that was withdrawn: %s %+v", c.SLA, c.Clocks)
	}

	r.matching("/policies/pilots", `"1"`, map[string]any{"document": pilotTried, "share": 50, "reason": "once more"}, &p)
	var made struct{ Version int64 }
	r.matching("/policies/pilots/running/adopt", `"1"`, map[string]any{"reason": "yes"}, &made)
	for _, via := range nodes {
		account := 200
		via.eventually("the new version", func() bool { account++; return write(via, account).PolicyVersion == made.Version })
	}
	if c := write(nodes[1], 300); c.Inbox.Key != "trial" || len(c.Path) != 2 {
		t.Errorf("%s %v", c.Inbox.Key, c.Path)
	}
}

// accountOf is the number of the account of a conversation in the pilot.
func accountOf(c piloted) (number int) {
	fmt.Sscanf(c.Contact.Address, "jo@account%d.example", &number) //nolint:errcheck // the test wrote the address
	return number
}
