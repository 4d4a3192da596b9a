package router

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/desk"
)

func compileFile(t testing.TB, name string) *Policy {
	t.Helper()
	doc := Default
	if name != "default.yaml" {
		var err error
		if doc, err = os.ReadFile("testdata/" + name); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Compile(doc)
	if err != nil {
		t.Fatalf("%s does not compile:\n%v", name, err)
	}
	return p
}

func TestRouteDefault(t *testing.T) {
	p := compileFile(t, "default.yaml")
	mail := func(subject, text string) Facts {
		return Facts{Channel: "email", Message: MessageFacts{Subject: subject, NewText: text, To: "support@demo.example"}}
	}
	enterprise := mail("Everything is down", "")
	enterprise.Account.Attributes = map[string]any{"arr": 60000.0}
	security := mail("A hole", "")
	security.Message.Desk = "security@demo.example"
	billing := mail("Hello", "")
	billing.Message.Desk = "billing@demo.example"
	elsewhere := mail("Hello", "")
	elsewhere.Message.To, elsewhere.Message.Desk = "billing@other.example, support@demo.example", "support@demo.example"
	tests := []struct {
		name  string
		facts Facts
		want  Assignment
	}{
		{"nothing known", Facts{}, Assignment{Inbox: "frontline", Tier: 1, Priority: desk.PriorityNormal, SLA: "t1", Segment: "standard",
			Path: []string{"segment: standard", "routing: default", "sla: t1"}}},
		{"outage of an enterprise", enterprise, Assignment{Inbox: "engineering", Tier: 3, Priority: desk.PriorityUrgent, Tags: []string{"outage"},
			Page: "on-call", SLA: "t3", Segment: "enterprise", Path: []string{"segment: enterprise", "routing: outage", "sla: t3"}}},
		{"outage of a standard account", mail("Everything is down", ""), Assignment{Inbox: "frontline", Tier: 1, Priority: desk.PriorityNormal, SLA: "t1",
			Segment: "standard", Path: []string{"segment: standard", "routing: default", "sla: t1"}}},
		{"security", security, Assignment{Inbox: "engineering", Tier: 3, Priority: desk.PriorityHigh, Restricted: true, Tags: []string{"security"},
			SLA: "t3", Segment: "standard", Path: []string{"segment: standard", "routing: security", "sla: t3"}}},
		{"billing by address", billing, Assignment{Inbox: "billing", Tier: 2, Priority: desk.PriorityNormal, Tags: []string{"billing"},
			SLA: "t2", Segment: "standard", Path: []string{"segment: standard", "routing: billing", "sla: t2"}}},
		{"to another company's billing", elsewhere, Assignment{Inbox: "frontline", Tier: 1, Priority: desk.PriorityNormal, SLA: "t1", Segment: "standard",
			Path: []string{"segment: standard", "routing: default", "sla: t1"}}},
		{"billing in German", mail("Frage zur Rechnung", ""), Assignment{Inbox: "billing", Tier: 2, Priority: desk.PriorityNormal, Tags: []string{"billing"},
			SLA: "t2", Segment: "standard", Path: []string{"segment: standard", "routing: billing", "sla: t2"}}},
		{"integrations", mail("Question", "Our Webhook fails"), Assignment{Inbox: "integrations", Tier: 2, Priority: desk.PriorityNormal, Tags: []string{"api"},
			SLA: "t2", Segment: "standard", Path: []string{"segment: standard", "routing: api", "sla: t2"}}},
		{"chat", Facts{Channel: "chat"}, Assignment{Inbox: "frontline", Tier: 1, Priority: desk.PriorityNormal, SLA: "t1", Segment: "standard",
			Path: []string{"segment: standard", "routing: chat", "sla: t1"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, p.Route(tt.facts)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFullGrammarCompiles(t *testing.T) {
	p := compileFile(t, "full.yaml")
	if got := len(p.Escalations()); got != 4 {
		t.Errorf("%d escalations, want 4", got)
	}
	for _, e := range p.Escalations() {
		if _, err := e.Due(&Facts{}); err != nil {
			t.Errorf("%s: %v", e.Name, err)
		}
	}
}
