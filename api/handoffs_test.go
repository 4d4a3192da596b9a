package api

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
)

const handoffPolicy = `
version: 1
calendars:
  always: {hours: always}
tiers:
  - {tier: 1, name: Frontline, may: [reply]}
  - {tier: 2, name: Specialists, may: [reply, resolve]}
  - {tier: 3, name: Engineering}
inboxes:
  frontline: {tier: 1, calendar: always}
  billing: {tier: 2, calendar: always}
  security: {tier: 3, calendar: always}
slas:
  - {name: t1, when: tier == 1, calendar: always, first_response: 4h, resolution: 20h, warn: [50%]}
  - {name: t2, when: tier == 2, calendar: always, resolution: 24h, on_handoff: retarget}
routing:
  - {name: default, set: {inbox: frontline}}
handoffs:
  - {from: 1, to: 2, require: [problem, tried], accept_within: 2h, guard: messages.outbound >= 1, else: warn, message: Ask the customer for the invoice first.}
  - {from: 2, to: 3, guard: "\"confirmed\" in conversation.tags", else: refuse, message: Confirm the fault first.}
`

// TestHandoff follows a conversation through a whole handoff: refused without evidence,
// accepted, and returned with a reason.
func TestHandoff(t *testing.T) {
	d := newDesk(t)
	d.usePolicy(handoffPolicy)
	at := "/conversations/" + d.open.id.String()
	d.as("ana", "POST", at+"/assign", map[string]any{"assignee": "me"}).want(t, 200)

	var preview MovePreview
	d.as("ana", "GET", at+"/move?inbox=billing", nil).want(t, 200).json(t, &preview)
	if !slices.Equal(preview.Require, []string{"problem", "tried"}) || preview.Warning != "Ask the customer for the invoice first." || preview.Refused ||
		preview.SLA != "t2" || !preview.Unassigned || preview.AcceptBy == nil || len(preview.Clocks) != 1 || preview.Clocks[0].Metric != desk.Resolution {
		t.Errorf("preview %+v", preview)
	}
	var p problem.Details
	d.as("ana", "POST", at+"/move", map[string]any{"inbox": "billing", "handover": map[string]any{"problem": "Charged twice.", "tried": " "}}).want(t, 422).json(t, &p)
	if len(p.Errors) != 1 || p.Errors[0].Location != "body.handover.tried" {
		t.Errorf("missing evidence: %+v", p)
	}
	var c view.Conversation
	d.as("ana", "POST", at+"/move", map[string]any{"inbox": "billing", "note": "Problem: charged twice.\nTried: a look at the invoice."}).want(t, 200).json(t, &c)
	if h := c.Handoff; h == nil || !h.Pending || h.From.Key != "frontline" || h.Evidence["tried"] != "a look at the invoice." || h.DueAt == nil || c.Assignee != nil || c.SLA != "t2" {
		t.Fatalf("after the move: %+v, %+v", c, c.Handoff)
	}
	d.as("ben", "GET", at, nil).want(t, 200).json(t, &c)
	for _, verb := range []string{"accept", "return", "reply", "resolve"} {
		if !slices.Contains(c.Allowed, verb) {
			t.Errorf("ben may %v, not %s", c.Allowed, verb)
		}
	}
	d.as("ben", "POST", at+"/accept", nil).want(t, 200).json(t, &c)
	if c.Assignee == nil || c.Assignee.Name != "Ben" || c.Handoff.Pending || c.Handoff.AcceptedAt == nil {
		t.Errorf("after accepting: %+v", c)
	}
	d.as("ben", "POST", at+"/accept", nil).want(t, 409)
	d.as("ben", "POST", at+"/return", map[string]any{"reason": " "}).want(t, 422)
	d.as("ben", "POST", at+"/return", map[string]any{"reason": "The invoice number is missing."}).want(t, 200).json(t, &c)
	if c.Inbox.Key != "frontline" || c.Assignee == nil || c.Assignee.Name != "Ana" || c.Handoff.ReturnedAt == nil || c.Handoff.Returns != 1 || c.Status != desk.StatusOpen {
		t.Errorf("after the return: %+v, %+v", c, c.Handoff)
	}
	d.as("ben", "POST", at+"/return", map[string]any{"reason": "Again."}).want(t, 409)

	var notices Page[view.Notice]
	d.as("ana", "GET", "/notices", nil).want(t, 200).json(t, &notices)
	if len(notices.Data) != 1 || notices.Data[0].Kind != desk.NoticeHandoff || notices.Data[0].Text != "The invoice number is missing." || notices.Data[0].Conversation.ID != d.open.id {
		t.Fatalf("ana's notices: %+v", notices.Data)
	}
	d.as("ben", "POST", "/notices/"+notices.Data[0].ID.String()+"/ack", nil).want(t, 404)
	d.as("ana", "POST", "/notices/"+notices.Data[0].ID.String()+"/ack", nil).want(t, 204)
	d.as("ana", "GET", "/notices", nil).want(t, 200).json(t, &notices)
	if len(notices.Data) != 0 {
		t.Errorf("after acknowledging: %+v", notices.Data)
	}
}

// TestGuardRefusesMove: a guard with `else: refuse` keeps a conversation where it is.
func TestGuardRefusesMove(t *testing.T) {
	d := newDesk(t)
	d.usePolicy(handoffPolicy)
	c := d.conversation("billing", false, "Broken", "text", time.Now())
	at := "/conversations/" + c.id.String()
	if a := d.as("ben", "POST", at+"/move", map[string]any{"inbox": "security", "note": "Please look."}).want(t, 409); !strings.Contains(a.body, "Confirm the fault first.") {
		t.Error(a.body)
	}
	d.exec(`update conversations set tags = '{confirmed}' where id = $1`, c.id)
	d.as("ben", "POST", at+"/move", map[string]any{"inbox": "security", "note": "Please look."}).want(t, 200)
}

// TestTierMayNotResolve: the policy's `may` is enforced, and the refusal says who may.
func TestTierMayNotResolve(t *testing.T) {
	d := newDesk(t)
	d.usePolicy(handoffPolicy)
	at := "/conversations/" + d.open.id.String()
	for _, status := range []string{"resolved", "closed"} {
		a := d.as("ana", "POST", at+"/status", map[string]any{"status": status}).want(t, 403)
		if !strings.Contains(a.body, "tier 2 (Specialists)") || !strings.Contains(a.body, "tier 3 (Engineering)") {
			t.Errorf("the refusal does not say who may: %s", a.body)
		}
	}
	var c view.Conversation
	d.as("ana", "GET", at, nil).want(t, 200).json(t, &c)
	if slices.Contains(c.Allowed, "resolve") || !slices.Contains(c.Allowed, "reply") {
		t.Errorf("ana may %v", c.Allowed)
	}
	d.as("ben", "POST", at+"/status", map[string]any{"status": "resolved"}).want(t, 200)
}

// TestGaps lists conversations with a gap to those who may read them, and finds them and
// deadlines by search.
func TestGaps(t *testing.T) {
	d := newDesk(t)
	d.exec(`update conversations set gap = 'owner'`)
	d.exec(`update conversations set due_at = now() + interval '30 minutes' where id = $1`, d.open.id)
	for who, n := range map[string]int{"ana": 1, "root": 2} {
		var page Page[view.Conversation]
		d.as(who, "GET", "/gaps", nil).want(t, 200).json(t, &page)
		if len(page.Data) != n || page.Data[0].Gap != "owner" {
			t.Errorf("%s sees %+v", who, page.Data)
		}
	}
	for q, n := range map[string]int{"is:gap": 1, "is:breaching": 1, "is:breached": 0, "sla:<1h": 1, "sla:<10m": 0, "sla:>10m": 1, "sla:>1d": 0} {
		var page Page[view.Conversation]
		d.as("ana", "GET", "/conversations?q="+strings.ReplaceAll(q, "<", "%3C"), nil).want(t, 200).json(t, &page)
		if len(page.Data) != n {
			t.Errorf("%s finds %d conversations, want %d", q, len(page.Data), n)
		}
	}
	var counts view.Counts
	d.as("ana", "GET", "/counts", nil).want(t, 200).json(t, &counts)
	if fmt.Sprint(counts.Breaching, counts.Gaps, counts.Notices) != "1 1 0" {
		t.Errorf("counts %+v", counts)
	}
}
