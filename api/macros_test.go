package api

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
)

// macro creates a macro.
func (d *desks) macro(who, body string) desk.MacroID {
	d.t.Helper()
	var m view.Macro
	d.as(who, "POST", "/macros", body).want(d.t, 201).json(d.t, &m)
	return m.ID
}

// TestMacrosAreChecked: what does not exist is refused where it is, and who may change what.
func TestMacrosAreChecked(t *testing.T) {
	d := newDesk(t)
	d.agent("lee", desk.Agent{Name: "Lee", Email: "lee@desk.example", Tiers: []desk.Tier{1, 2}})
	d.agent("out", desk.Agent{Name: "Out", Email: "out@other.example", Tiers: []desk.Tier{1}})
	d.exec(`update agents set leads = '{billing}' where name = 'Lee'`)
	d.exec(`update agents set inboxes = '{frontline}', inboxes_only = true where name = 'Out'`)
	for body, want := range map[string]string{
		`{"name": "", "text": "Hi"}`:                                                    `body.name`,
		`{"name": "a", "text": "Hi\n{{contact.fist_name}}"}`:                            `line 2, column 1: there is no variable \"contact.fist_name\"; did you mean \"contact.first_name\"?`,
		`{"name": "a", "text": "Hi", "inboxes": ["biling"]}`:                            `did you mean \"billing\"?`,
		`{"name": "a", "actions": [{"tag": "x"}, {"move": "frontlin"}]}`:                `body.actions[1]`,
		`{"name": "a", "actions": [{"status": "snoozed", "until": "soon"}]}`:            `not a period`,
		`{"name": "a", "actions": [{"assign": "ag_00000000000000000000000000000000"}]}`: `not an agent's id`,
	} {
		if a := d.as("root", "POST", "/macros", body).want(t, 422); !strings.Contains(a.body, want) {
			t.Errorf("%s: %s, want %s", body, a.body, want)
		}
	}
	const thanks = `{"name": "Thanks", "scope": "shared", "text": "Thank you.", "inboxes": ["billing"]}`
	d.as("ana", "POST", "/macros", thanks).want(t, 403)
	d.as("lee", "POST", "/macros", strings.Replace(thanks, "billing", "frontline", 1)).want(t, 403)
	shared := d.macro("lee", thanks)
	at := "/macros/" + shared.String()
	d.as("root", "POST", "/macros", strings.Replace(thanks, "Thanks", "THANKS", 1)).want(t, 409)
	d.as("lee", "PATCH", at, `{"inboxes": []}`).want(t, 403)
	d.as("ana", "PATCH", at, `{"text": "Bye"}`).want(t, 403)
	var before, after view.Macro
	d.as("lee", "GET", at, nil).want(t, 200).json(t, &before)
	based := func(text string) string {
		return fmt.Sprintf(`{"text": %q, "based_on": %q}`, text, before.UpdatedAt.Format(time.RFC3339Nano))
	}
	d.as("lee", "PATCH", at, based("Many thanks.")).want(t, 200).json(t, &after)
	if a := d.as("root", "PATCH", at, based("Bye")).want(t, 409); !strings.Contains(a.body, "changed meanwhile") || !after.UpdatedAt.After(before.UpdatedAt) {
		t.Errorf("a change of another version: %s; %v after %v", a.body, after.UpdatedAt, before.UpdatedAt)
	}
	private := d.macro("ana", `{"name": "Thanks", "text": "Cheers"}`) // the same name in another scope
	for _, who := range []string{"root", "lee"} {
		for _, method := range []string{"GET", "DELETE"} {
			d.as(who, method, "/macros/"+private.String(), nil).want(t, 404)
		}
	}
	for who, want := range map[string]string{"ana": "Thanks/private Thanks/shared", "out": "", "root": "Thanks/shared"} {
		var page Page[view.Macro]
		d.as(who, "GET", "/macros", nil).want(t, 200).json(t, &page)
		got := []string{}
		for _, m := range page.Data {
			got = append(got, m.Name+"/"+m.Scope)
			if m.Editable != (who == "root" || m.Scope == "private") {
				t.Errorf("%s: editable %v: %+v", who, m.Editable, m)
			}
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%s sees %q, want %q", who, got, want)
		}
	}
	d.as("lee", "DELETE", at, nil).want(t, 204)
	d.published()
	if a := d.as("root", "GET", "/events?limit=200", nil).want(t, 200); strings.Count(a.body, `"kind":"macro.changed"`) != 4 || !strings.Contains(a.body, `"fields":["text"]`) {
		t.Errorf("events %s", a.body)
	}
}

const macroPolicy = `
version: 1
calendars:
  always: {hours: always}
tiers:
  - {tier: 1, name: Frontline, may: [reply, note, "macro:Refund approved"]}
  - {tier: 2, name: Specialists, may: [reply, resolve, move, priority, assign, tag]}
  - {tier: 3, name: Engineering}
inboxes:
  frontline: {tier: 1, calendar: always}
  billing: {tier: 2, calendar: always}
  security: {tier: 3, calendar: always}
routing:
  - {name: default, set: {inbox: frontline}}
`

// TestMacroInReply: the text is filled in, the reply and the actions are one transaction,
// and the policy decides what a macro may do.
func TestMacroInReply(t *testing.T) {
	d := newDesk(t)
	d.usePolicy(macroPolicy)
	at := "/conversations/" + d.open.id.String()
	actions := `"actions": [{"tag": "refund"}, {"priority": "high"}, {"status": "resolved"}]`
	granted := d.macro("root", `{"name": "Refund approved", "scope": "shared", "text": "Hi {{contact.first_name|there}}, #{{conversation.number}} {{company}}\n\n{{agent.name}}", `+actions+`}`)
	other := d.macro("root", `{"name": "Refund", "scope": "shared", "text": "Paid.", `+actions+`}`)
	own := d.macro("ana", `{"name": "Refund approved", "text": "Paid.", `+actions+`}`) // not what the policy names

	var p MacroPreview
	d.as("ana", "POST", at+"/macros/"+granted.String()+"/preview", nil).want(t, 200).json(t, &p)
	if !strings.HasPrefix(p.Text, "Hi ") || !strings.Contains(p.Text, "#1") || !strings.HasSuffix(p.Text, "\n\nAna") || strings.Join(p.Missing, " ") != "company" || len(p.Actions) != 3 {
		t.Errorf("preview %+v", p)
	}
	for i, id := range []desk.MacroID{granted, other, own} {
		d.as("ana", "POST", at+"/macros/"+id.String()+"/preview", nil).want(t, 200).json(t, &p)
		for _, e := range p.Actions {
			if e.Denied != (i > 0) || e.Denied != strings.Contains(e.Problem, "the policy allows it to tier") {
				t.Errorf("macro %d: %+v", i, e)
			}
		}
	}
	reply := func(who string, body string) answer { return d.as(who, "POST", at+"/replies", body) }
	if a := reply("ana", `{"text": "One\nHi {{ company }}"}`).want(t, 422); !strings.Contains(a.body, "text: line 2, column 4: {{ company }} is not filled in") || !strings.Contains(a.body, `"body.text"`) {
		t.Error(a.body)
	}
	before := d.read(at)
	for _, id := range []desk.MacroID{other, own} {
		if a := reply("ana", `{"text": "Paid.", "macro": "`+id.String()+`"}`).want(t, 403); !strings.Contains(a.body, "macro: ") {
			t.Error(a.body)
		}
	}
	if after := d.read(at); after.LastSeq != before.LastSeq { // all or nothing
		t.Errorf("a refused macro left %d events", after.LastSeq-before.LastSeq)
	}
	var sent view.Message
	reply("ana", `{"text": "Paid.", "macro": "`+granted.String()+`", "undo_s": 60}`).want(t, 201).json(t, &sent)
	if c := d.read(at); c.Status != desk.StatusResolved || c.Priority != "high" || !slices.Contains(c.Tags, "refund") {
		t.Errorf("after the reply: %+v", c)
	}
	a := d.as("ana", "GET", at+"/events?limit=200", nil).want(t, 200)
	if want := fmt.Sprintf(`"macro_id":"%s","message_id":"%s"`, granted, sent.ID); strings.Count(a.body, want) != 1 || !strings.Contains(a.body, `"granted":true`) {
		t.Errorf("events %s", a.body)
	}
	var m view.Macro
	d.as("ana", "GET", "/macros/"+granted.String(), nil).want(t, 200).json(t, &m)
	if m.Uses != 1 || m.LastUsedAt == nil {
		t.Errorf("uses %+v", m)
	}
	d.as("ana", "DELETE", "/messages/"+sent.ID.String()+"/send", nil).want(t, 200)
	if c := d.read(at); c.Status != desk.StatusOpen || !slices.Contains(c.Tags, "refund") { // only the status is taken back
		t.Errorf("after taking it back: %+v", c)
	}
	reply("ana", `{"text": "Paid.", "macro": "`+other.String()+`", "macro_without": [0, 1, 2]}`).want(t, 201)
	reply("ana", `{"text": "Paid.", "macro": "`+other.String()+`", "macro_without": [3]}`).want(t, 422)
	reply("ana", `{"text": "Paid.", "macro_without": [0]}`).want(t, 422)
}

// read returns a conversation as an admin sees it.
func (d *desks) read(at string) (c view.Conversation) {
	d.t.Helper()
	d.as("root", "GET", at, nil).want(d.t, 200).json(d.t, &c)
	return c
}

// TestMacroWithoutText does everything that an action can be.
func TestMacroWithoutText(t *testing.T) {
	d := newDesk(t)
	at := "/conversations/" + d.open.id.String()
	apply := func(id desk.MacroID) answer { return d.as("ben", "POST", at+"/macros/"+id.String()+"/apply", `{}`) }
	make := func(actions string) desk.MacroID {
		return d.macro("ben", fmt.Sprintf(`{"name": "m%d", "actions": [%s]}`, time.Now().UnixNano(), actions))
	}
	apply(make(`{"tag": "a"}, {"tag": "b"}, {"priority": "urgent"}, {"assign": "me"}`)).want(t, 200)
	apply(make(`{"untag": "a"}, {"untag": "none"}, {"status": "snoozed", "until": "3d"}`)).want(t, 200)
	c := d.read(at)
	if strings.Join(c.Tags, " ") != "invoice b" || c.Priority != "urgent" || c.Assignee == nil || c.Assignee.Name != "Ben" || c.Status != desk.StatusSnoozed ||
		time.Until(*c.SnoozedUntil) < 71*time.Hour {
		t.Errorf("%+v", c)
	}
	up := make(`{"tag": "up"}, {"move": "billing"}`)
	if a := apply(up); a.StatusCode != 422 || !strings.Contains(a.body, "macro: move to billing") {
		t.Errorf("a move up without a note: %d %s", a.StatusCode, a.body)
	}
	if c = d.read(at); slices.Contains(c.Tags, "up") {
		t.Error("a refused macro has added a tag")
	}
	d.as("ben", "PATCH", "/macros/"+up.String(), `{"actions": [{"move": "billing", "note": "Charged twice."}, {"assign": "nobody"}]}`).want(t, 200)
	apply(up).want(t, 200)
	if c = d.read(at); c.Inbox.Key != "billing" || c.Status != desk.StatusOpen || c.Assignee != nil {
		t.Errorf("%+v", c)
	}
	apply(d.macro("ben", `{"name": "text", "text": "Hi"}`)).want(t, 409)
	apply(d.macro("ben", `{"name": "elsewhere", "inboxes": ["security"], "actions": [{"tag": "x"}]}`)).want(t, 409)
	d.as("ana", "POST", at+"/macros/"+up.String()+"/apply", `{}`).want(t, 404)
}
