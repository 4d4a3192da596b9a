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

// TestOwnLetter: agents set the name that customers see and their signature, and nothing
// else; replies have both.
func TestOwnLetter(t *testing.T) {
	d := newDesk(t)
	d.usePolicy(macroPolicy)
	at := "/conversations/" + d.open.id.String()
	own := func(body string) answer { return d.as("ana", "PATCH", "/agents/me", body) }
	for body, want := range map[string]string{
		`{"signature": "Bye {{agent.nmae}}"}`:                  `there is no {{agent.nmae}}: use agent.name, agent.first_name, inbox.name, company; did you mean \"agent.name\"?","location":"body.signature"`,
		`{"signature": "{{agent.signature}}"}`:                 `"location":"body.signature"`,
		`{"display_name": "ceo@acme.example"}`:                 `must be a name, not an address`,
		`{"display_name": "Ana\nBcc: x"}`:                      `"location":"body.display_name"`,
		`{"display_name": "` + strings.Repeat("ü", 101) + `"}`: `at most 100 characters`,
	} {
		if a := own(body).want(t, 422); !strings.Contains(a.body, want) {
			t.Errorf("%s: %s, want %s", body, a.body, want)
		}
	}
	own(`{"signature": "x", "tiers": [1, 2]}`).want(t, 403)
	d.as("ben", "PATCH", "/agents/"+d.people["ana"].ID.String(), `{"signature": "x"}`).want(t, 403)
	var v view.Agent
	own(`{"display_name": " Nina ", "signature": "*{{agent.name}}*, {{inbox.name}}\r\nCall me\n"}`).want(t, 200).json(t, &v)
	if v.DisplayName != "Nina" || v.Signature != "*{{agent.name}}*, {{inbox.name}}\nCall me" || len(v.Tiers) == 0 {
		t.Errorf("%+v", v)
	}
	d.published()
	if a := d.as("root", "GET", "/events?limit=200", nil).want(t, 200); !strings.Contains(a.body, `"fields":["display_name","signature"]`) {
		t.Errorf("events %s", a.body)
	}
	var r Recipients
	d.as("ana", "GET", at+"/recipients", nil).want(t, 200).json(t, &r)
	var m view.Message
	d.as("ana", "POST", at+"/replies", map[string]any{"text": "Hello", "undo_s": 0}).want(t, 201).json(t, &m)
	if !strings.HasPrefix(r.SenderName, "Nina") || m.From[0].Name != r.SenderName || !strings.HasSuffix(m.Text, "\n\n-- \n*Nina*, Frontline\nCall me\n") || !strings.Contains(m.HTML, "<em>Nina</em>") {
		t.Errorf("%+v: from %+v, %q %q", r, m.From, m.Text, m.HTML)
	}
	d.as("ana", "POST", at+"/replies", map[string]any{"text": "Held", "undo_s": 60}).want(t, 201).json(t, &m)
	var kept view.Draft
	if d.as("ana", "DELETE", "/messages/"+m.ID.String()+"/send", nil).want(t, 200).json(t, &kept); kept.Text != "Held" {
		t.Errorf("the draft of a reply that was taken back has %q", kept.Text)
	}
}

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
