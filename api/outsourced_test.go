package api

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
)

// outsourced is a desk with ext, an agent of another company: limited to the inboxes of
// tier 1, and without the addresses of customers. d.open has Jo's address everywhere.
func outsourced(t *testing.T) (d *desks, elsewhere fixture) {
	t.Parallel()
	d = newDeskWith(t, func(c *Config) { c.Own = func(a string) bool { return strings.HasSuffix(a, "@desk.example") } })
	d.agent("ext", desk.Agent{Name: "Ext", Email: "ext@agency.example", Tiers: []desk.Tier{1}, InboxesOnly: true, MaskAddresses: true})
	elsewhere = d.conversation("billing", false, canary+" invoice", canary+" of another inbox", time.Now())
	d.open = d.conversation("frontline", false, "From Jo@Acme.Example", "Write to jo@acme.example, or <a href='mailto:jo%40acme.example'>me</a>", time.Now())
	d.published()
	return d, elsewhere
}

// leaks returns what a response shows that ext must not see.
func leaks(a answer) (found []string) {
	text := strings.ToLower(fmt.Sprint(a.Header) + a.body)
	for _, secret := range []string{"jo@acme", "jo%40acme", "jo\\u0040acme", "jo&#64;acme", "hid@", strings.ToLower(canary), "hidden ltd"} {
		if strings.Contains(text, secret) {
			found = append(found, secret)
		}
	}
	return found
}

// TestOutsourcedAgentSeesNothingElse calls every operation as an agent who is limited to an
// inbox and does not see addresses: on a conversation of the inbox, one of another inbox, and
// a restricted one. No response has an address of a customer or anything of the other two.
func TestOutsourcedAgentSeesNothingElse(t *testing.T) {
	d, elsewhere := outsourced(t)
	hidden, person := d.customer("Hidden Ltd", "hidden.example", "Hid Den", "hid@hidden.example")
	d.exec(`update conversations set account_id = $1, contact_id = $2 where id = $3`, hidden, person, elsewhere.id)
	raw := desk.NewID[desk.RawID]()
	d.exec(`insert into raws (id, channel, endpoint, source_key, received_at, size, bytes) values ($1, 'email', 'smtp', 'x', now(), 1, 'jo@acme.example')`, raw)
	d.as("ext", "PUT", "/conversations/"+d.open.id.String()+"/drafts/reply", map[string]any{"text": "Dear jo@acme.example", "to": []string{"jo@acme.example"}, "seen": 1}).want(t, 200)
	for _, f := range []fixture{d.open, elsewhere, d.secret} {
		d.exec(`insert into notices (id, agent_id, conversation_id, kind, rule, text, at) values ($1, $2, $3, 'escalation', 'r', 'Of jo@acme.example', now())`,
			desk.NewID[desk.NoticeID](), d.people["ext"].ID, f.id)
	}
	calls, paths := 0, d.document().Paths
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		for _, method := range slices.Sorted(maps.Keys(paths[path])) {
			id := paths[path][method].OperationID
			if id == "sign-in" || id == "sign-out" || id == "change-password" {
				continue
			}
			for name, f := range map[string]fixture{"open": d.open, "elsewhere": elsewhere, "secret": d.secret} {
				a := d.as("ext", strings.ToUpper(method), d.target(path, f, raw), bodies[id])
				calls++
				if found := leaks(a); len(found) > 0 {
					t.Errorf("%s %s on %s shows %v: %d %.600s", method, path, name, found, a.StatusCode, a.body)
				}
				// What concerns many conversations leaves out those that the agent does not see.
				within := strings.HasPrefix(path, "/conversations/{id}") || strings.HasPrefix(path, "/messages/") || strings.HasPrefix(path, "/tasks/")
				if name != "open" && within && a.StatusCode != http.StatusNotFound {
					t.Errorf("%s %s on %s: %d %.200s", method, path, name, a.StatusCode, a.body)
				}
			}
		}
	}
	t.Logf("calls=%d", calls)
	for _, path := range []string{"/accounts/" + hidden.String(), "/contacts/" + person.String()} {
		d.as("ext", "GET", path, nil).want(t, 404)
		d.as("ben", "GET", path, nil).want(t, 200)
	}
}

// TestSearchTellsNoAddress: what is searched for does not tell what the address is.
func TestSearchTellsNoAddress(t *testing.T) {
	d, _ := outsourced(t)
	for q, n := range map[string]int{"from:jo@acme.example": 0, "jo@acme.example": 0, "from:acme.example": 2, "write": 1, canary: 0, "inbox:billing": 0} {
		var rows Page[view.Conversation]
		d.as("ext", "GET", "/conversations?q="+url.QueryEscape(q), nil).want(t, 200).json(t, &rows)
		if len(rows.Data) != n {
			t.Errorf("%q finds %d, want %d", q, len(rows.Data), n)
		}
	}
	for q, n := range map[string]int{"jo@": 0, "doe": 1} {
		var rows Page[view.Contact]
		d.as("ext", "GET", "/contacts?q="+url.QueryEscape(q), nil).want(t, 200).json(t, &rows)
		if len(rows.Data) != n {
			t.Errorf("contacts %q: %d, want %d", q, len(rows.Data), n)
		}
	}
	var counts view.Counts
	d.as("ext", "GET", "/counts", nil).want(t, 200).json(t, &counts)
	if counts.Open != 2 || counts.Unassigned != 2 {
		t.Errorf("counts %+v", counts)
	}
}

// TestOutsourcedSocket: the event socket shows what the API shows.
func TestOutsourcedSocket(t *testing.T) {
	d, elsewhere := outsourced(t)
	c := d.follow("ext", "0-0")
	d.note(elsewhere, canary)
	d.note(d.open, "Call jo@acme.example back")
	for last := false; !last; {
		f := c.next()
		if f.Type != "event" {
			continue
		}
		text := string(f.Event.Data)
		if strings.Contains(text, "jo@acme") || strings.Contains(text, canary) || f.Event.ConversationID == elsewhere.id || f.Event.ConversationID == d.secret.id {
			t.Errorf("%s %s", f.Event.Kind, text)
		}
		last = f.Event.ConversationID == d.open.id && f.Event.Kind == desk.EventNoteAdded
		if last && !strings.Contains(text, "Call j…@acme.example back") {
			t.Errorf("the note is %s", text)
		}
	}
}

// TestMaskedReply: a reply goes to the people whose addresses its author does not see, also
// if they are named in the masked form.
func TestMaskedReply(t *testing.T) {
	d, _ := outsourced(t)
	at := "/conversations/" + d.open.id.String()
	d.exec(`update conversations set participants = '{jo@acme.example,lee@acme.example,lea@acme.example}' where id = $1`, d.open.id)
	var to Recipients
	d.as("ext", "GET", at+"/recipients", nil).want(t, 200).json(t, &to)
	if len(to.To) != 1 || to.To[0].Email != "j…@acme.example" {
		t.Fatalf("recipients %+v", to)
	}
	for _, body := range []map[string]any{{"text": "Hello."}, {"text": "Hello.", "to": []string{to.To[0].Email}}, {"text": "Hello.", "to": []string{"Jo <j…@acme.example>"}, "cc": []string{}}} {
		var m view.Message
		d.as("ext", "POST", at+"/replies", body).want(t, 201).json(t, &m)
		var recipient string
		if err := d.db.QueryRow(`select string_agg(recipient, ',') from deliveries where message_id = $1::uuid`, uuidOf(m.ID)).Scan(&recipient); err != nil || recipient != "jo@acme.example" {
			t.Errorf("%v goes to %q, %v", body, recipient, err)
		}
		if len(m.Deliveries) != 1 || m.Deliveries[0].Recipient != "j…@acme.example" || m.From[0].Email != "help@desk.example" {
			t.Errorf("the answer shows %+v", m)
		}
	}
	for address, want := range map[string]string{"l…@acme.example": "can be 2 people", "x…@acme.example": "nobody in this conversation"} {
		if a := d.as("ext", "POST", at+"/replies", map[string]any{"text": "Hello.", "to": []string{address}}).want(t, 422); !strings.Contains(a.body, want) {
			t.Error(a.body)
		}
	}
	d.as("ext", "GET", "/messages/"+d.open.message.String()+"/raw", nil).want(t, 403)
	d.as("ext", "GET", "/messages/"+d.open.message.String()+"/html", nil).want(t, 403)
	if a := d.as("ext", "GET", "/messages/"+d.open.message.String()+"/attachments/2", nil).want(t, 200); !strings.Contains(a.body, "Write to j…@acme.example") {
		t.Error(a.body)
	}
}

// TestMoveAwayFromALimitedAgent: a conversation that moves away from a limited agent is not theirs any
// more, and cannot be given to them.
func TestMoveAwayFromALimitedAgent(t *testing.T) {
	d, elsewhere := outsourced(t)
	d.as("root", "PATCH", "/agents/"+d.people["ext"].ID.String(), map[string]any{"tiers": []int{1, 2}, "inboxes": []string{"frontline"}}).want(t, 200)
	at := "/conversations/" + d.open.id.String()
	d.as("ext", "POST", at+"/assign", map[string]any{"assignee": "me"}).want(t, 200)
	d.as("root", "POST", "/conversations/"+elsewhere.id.String()+"/assign", map[string]any{"assignee": "ext@agency.example"}).want(t, 422)
	d.as("root", "POST", "/conversations/"+elsewhere.id.String()+"/swarm", map[string]any{"agents": []string{"ext@agency.example"}}).want(t, 422)
	var c view.Conversation
	d.as("ext", "POST", at+"/move", map[string]any{"inbox": "billing", "note": "Please check the invoice."}).want(t, 200).json(t, &c)
	if c.Assignee != nil {
		t.Errorf("it still belongs to %+v", c.Assignee)
	}
	d.as("ext", "GET", at, nil).want(t, 404)
	d.as("root", "PATCH", "/agents/"+d.people["root"].ID.String(), map[string]any{"mask_addresses": true}).want(t, 422)
}

// TestOverflowIsSeenByThoseItConcerns: all agents are told that an inbox overflows, but of
// those who are limited only the ones of that inbox.
func TestOverflowIsSeenByThoseItConcerns(t *testing.T) {
	d, _ := outsourced(t)
	for _, key := range []string{"frontline", "billing"} {
		d.exec(`insert into events (at, subject_kind, subject_id, kind, actor, data) values (now(), 'inbox', $1, 'inbox.overflow', 'policy', jsonb_build_object('inbox', $2::text))`,
			desk.InboxSubject(d.inbox[key]).ID, key)
	}
	d.published()
	for who, want := range map[string]string{"ana": "frontline billing", "root": "frontline billing", "ext": "frontline"} {
		var page EventPage
		d.as(who, "GET", "/events?after=0-0&limit=200", nil).want(t, 200).json(t, &page)
		var seen []string
		for _, e := range page.Data {
			if e.Kind == desk.EventInboxOverflow {
				seen = append(seen, strings.Split(string(e.Data), `"`)[3])
			}
		}
		if got := strings.Join(seen, " "); got != want {
			t.Errorf("%s sees %q, want %q", who, got, want)
		}
	}
}
