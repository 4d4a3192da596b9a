package api

import (
	"encoding/json"
	"strings"
	"testing"

	"switchboard/desk/view"
)

const letterPolicy = `
version: 1
tiers:
  - {tier: 1, name: Frontline}
  - {tier: 2, name: Specialists}
  - {tier: 3, name: Engineering}
inboxes:
  frontline: {tier: 1, name: First line, quote: all, sender_name: "{{agent.first_name}} at Acme", signature: "{{agent.name}}, **{{inbox.name}}**", addresses: [other@desk.example]}
  billing: {tier: 2}
  security: {tier: 3}
routing:
  - {name: default, set: {inbox: frontline}}
`

// TestLetter: a reply has the sender, the signature and the quotations that its inbox says,
// and quotes neither notes nor what has not been sent.
func TestLetter(t *testing.T) {
	d := newDesk(t)
	d.usePolicy(letterPolicy)
	at := "/conversations/" + d.open.id.String()
	var r Recipients
	d.as("ana", "GET", at+"/recipients", nil).want(t, 200).json(t, &r)
	first, _, _ := strings.Cut(d.people["ana"].Name, " ")
	if r.SenderName != first+" at Acme" || r.Signature != d.people["ana"].Name+", **First line**" || r.Quotes != "all" || len(r.From) == 0 || r.From[0] != "help@desk.example" {
		t.Errorf("%+v", r)
	}
	d.as("ana", "POST", at+"/notes", map[string]any{"text": "An internal note."}).want(t, 201)
	send := func(text string, undo int) string {
		var m view.Message
		d.as("ana", "POST", at+"/replies", map[string]any{"text": text, "undo_s": undo, "from": r.From[0]}).want(t, 201).json(t, &m)
		if m.From[0].Name != r.SenderName {
			t.Errorf("from %+v", m.From)
		}
		return m.Text
	}
	send("Sent before.", 0)
	send("Still held.", 60)
	text := send("Last.", 0)
	above, quotes, ok := strings.Cut(text, "\n\n-- \n"+r.Signature+"\n")
	if !ok || above != "Last." || !strings.Contains(quotes, " wrote:\n> Sent before.\n") || !strings.Contains(quotes, "Jo Doe wrote:\n> ") {
		t.Errorf("%s", text)
	}
	if strings.Contains(text, "internal") || strings.Contains(text, "Still held") {
		t.Errorf("quotes what the customer must not see:\n%s", text)
	}
	answer := d.as("ana", "POST", at+"/replies", map[string]any{"text": "x", "from": "ceo@acme.example"}).want(t, 422)
	var problem struct{ Detail string }
	if err := json.Unmarshal([]byte(answer.body), &problem); err != nil || !strings.Contains(answer.body, "help@desk.example") {
		t.Errorf("%s", answer.body)
	}
	d.as("ana", "POST", at+"/replies", map[string]any{"text": "x", "from": "not an address"}).want(t, 422)
}
