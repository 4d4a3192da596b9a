package gateway_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"switchboard/config"
)

const forwardPolicy = `version: 1
calendars: {always: {hours: always}}
tiers: [{tier: 1, name: Frontline}]
inboxes: {frontline: {tier: 1, quote: all}}
slas: [{name: first, calendar: always, first_response: 4h, next_response: 2h, resolution: 8h, pause_on: [customer, third-party]}]
routing: [{name: default, set: {inbox: frontline}}]
`

// passed is what the API says of a message that was sent to somebody outside.
type passed struct {
	ID         string
	MessageID  string `json:"message_id"`
	ThirdParty bool   `json:"third_party"`
	Subject    string
	Detail     string // of a refusal
	Deliveries []struct{ ID, State, Recipient string }
	BCC        []struct{ Email string }
	Thread     struct{ Method string }
}

func (d *desksMail) send(path string, body map[string]any, want int) (p passed) {
	d.t.Helper()
	if status := d.call("POST", path, body, &p); status != want {
		d.t.Fatalf("POST %s: %d %+v, want %d", path, status, p, want)
	}
	return p
}

// arrived waits for the n-th mail to somebody, and returns it.
func (d *desksMail) arrived(to string, n int) (o offered) {
	d.t.Helper()
	d.eventually(fmt.Sprintf("mail %d to %s", n, to), func() bool {
		_, accepted := d.peer.got(to)
		if len(accepted) >= n {
			o = accepted[n-1]
		}
		return len(accepted) >= n
	})
	return o
}

var replyTo = regexp.MustCompile(`(?m)^Reply-To:[^<]*<([^>]+)>`)

func replyAddress(t *testing.T, mail string) string {
	t.Helper()
	found := replyTo.FindStringSubmatch(mail)
	if found == nil {
		t.Fatalf("no Reply-To in\n%s", mail)
	}
	return found[1]
}

// facts of a conversation that the exchange with third parties must not change.
func (d *desksMail) facts(id string) (s string) {
	d.t.Helper()
	err := d.db.QueryRow(`select concat_ws(' | ', status, waiting_on, reply_to, participants::text, last_inbound_at, last_reply_at, waiting_since, preview,
		(select string_agg(concat_ws(' ', k.metric, k.state, k.started_at, k.due_at, k.met_at, k.paused), ', ' order by k.metric, k.started_at) from clocks k where k.conversation_id = c.id))
		from conversations c where 'cv_' || replace(c.id::text, '-', '') = $1`, id).Scan(&s)
	if err != nil {
		d.t.Fatal(err)
	}
	return s
}

func (d *desksMail) count(query string, args ...any) (n int) {
	d.t.Helper()
	if err := d.db.QueryRow(query, args...).Scan(&n); err != nil {
		d.t.Fatal(err)
	}
	return n
}

// TestForward follows a forwarded message to the supplier's server, their answers back over
// SMTP, and the reply to the customer, who learns nothing of it.
func TestForward(t *testing.T) {
	t.Parallel()
	policy := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(policy, []byte(forwardPolicy), 0o600); err != nil {
		t.Fatal(err)
	}
	d := startMail(t, func(cfg *config.Config) { cfg.Policy = policy })
	const jo, rep, boss = "jo@acme.example", "rep@supplier.example", "boss@supplier.example"
	file := "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nThe lamp LX-4 is broken.\n--b\nContent-Type: text/plain; name=log.txt\nContent-Disposition: attachment; filename=log.txt\n\nE17 E17\n--b--\n"
	d.post(jo, "support@desk.example", strings.Replace(letter(jo, "support@desk.example", "Lamp LX-4", "q.1@acme.example", "", "MIME-Version: 1.0"), "\n\n", "\n"+file, 1))
	c := d.only("from:" + jo)
	conversation := "/conversations/" + c.ID
	before := d.facts(c.ID)
	theirs := d.messages(c.ID)[0]

	sent := d.send(conversation+"/forward", map[string]any{"to": []string{"Rep <" + rep + ">"}, "text": "Is this a known **fault**?", "messages": []string{theirs.ID}}, http.StatusCreated)
	if !sent.ThirdParty || sent.Subject != "Fwd: Lamp LX-4" || sent.Thread.Method != "forward" {
		t.Errorf("forwarded: %+v", sent)
	}
	out := d.arrived(rep, 1).Content
	for _, part := range []string{"Subject: Fwd: Lamp LX-4\r\n", "Is this a known", "Forwarded message", "From: jo@acme.example", "The lamp LX-4 is broken.", "filename=log.txt"} {
		if !strings.Contains(out, part) {
			t.Errorf("the forwarded mail lacks %q:\n%s", part, out)
		}
	}
	if strings.Contains(out, "q.1@acme.example") {
		t.Error("the forwarded mail cites the customer's")
	}
	if now := d.facts(c.ID); now != before {
		t.Errorf("forwarding changed the conversation\nfrom %s\nto   %s", before, now)
	}

	// The answer comes to the reply address of the mail, with a colleague and the customer in copy.
	token := replyAddress(t, out)
	d.post(rep, token, letter("Rep <"+rep+">", token, "Re: Fwd: Lamp LX-4", "a.1@supplier.example", "SECRET: we know of it.", "In-Reply-To: <"+sent.MessageID+">", "References: <"+sent.MessageID+">", "Cc: Boss <"+boss+">"))
	// The colleague joins in, and a stranger who knows both identifiers tries to.
	d.eventually("the third party's answer", func() bool { return len(d.messages(c.ID)) == 3 })
	d.post(boss, token, letter("Boss <"+boss+">", token, "Re: Fwd: Lamp LX-4", "a.2@supplier.example", "SECRET: replace it.", "References: <"+sent.MessageID+"> <a.1@supplier.example>"))
	d.eventually("the colleague's answer", func() bool { return len(d.messages(c.ID)) == 4 })
	d.post("eve@evil.example", "support@desk.example", letter("Eve <eve@evil.example>", "support@desk.example", "Re: Lamp LX-4", "e.1@evil.example", "Send it to me.", "References: <q.1@acme.example> <"+sent.MessageID+"> <a.1@supplier.example>"))
	d.post("eve@evil.example", "support@desk.example", letter("Rep <"+rep+">", "support@desk.example", "Re: Lamp LX-4", "e.2@evil.example", "Send it to me.", "References: <q.1@acme.example> <a.1@supplier.example>"))
	d.eventually("the stranger's mail", func() bool {
		return d.count("select count(*) from messages where message_id in ('e.1@evil.example', 'e.2@evil.example')") == 2
	})
	if n := len(d.messages(c.ID)); n != 4 {
		t.Errorf("%d messages in the conversation, want 4", n)
	}
	if n := d.count("select count(*) from messages where third_party and message_id in ('a.1@supplier.example', 'a.2@supplier.example', $1)", sent.MessageID); n != 3 {
		t.Errorf("%d of 3 messages are marked as third party's", n)
	}
	if n := d.count("select count(*) from contacts c join identities i on i.contact_id = c.id where i.address like '%@supplier.example'"); n != 1 { // e.2, which opened a conversation
		t.Errorf("%d contacts of the supplier", n)
	}
	if now := d.facts(c.ID); now != before {
		t.Errorf("answers changed the conversation\nfrom %s\nto   %s", before, now)
	}
	var notices struct{ Data []struct{ Kind, Text string } }
	d.call("GET", "/notices", nil, &notices)
	if len(notices.Data) != 2 || notices.Data[1].Kind != "third-party" || notices.Data[1].Text != rep+": SECRET: we know of it." {
		t.Errorf("notices %+v", notices.Data)
	}

	// The customer gets the reply, and nothing of the rest.
	var everyone struct{ To, CC []struct{ Email string } }
	d.call("GET", conversation+"/recipients", nil, &everyone)
	if len(everyone.To) != 1 || everyone.To[0].Email != jo || len(everyone.CC) != 0 {
		t.Errorf("a reply goes to %+v", everyone)
	}
	for _, body := range []map[string]any{{"text": "x", "to": []string{jo}, "cc": []string{rep}}, {"text": "x", "to": []string{rep}}} {
		if p := d.send(conversation+"/replies", body, http.StatusUnprocessableEntity); !strings.Contains(p.Detail, "third party") {
			t.Errorf("refusal %q", p.Detail)
		}
	}
	d.send(conversation+"/replies", map[string]any{"text": "We replace it.", "bcc": []string{"audit@law.example"}}, http.StatusCreated)
	answer := d.arrived(jo, 1).Content
	if strings.Contains(answer, "SECRET") || strings.Contains(answer, "supplier.example") || strings.Contains(answer, "law.example") || !strings.Contains(answer, "LX-4 is broken") ||
		!strings.Contains(answer, "In-Reply-To: <q.1@acme.example>") {
		t.Errorf("the customer gets\n%s", answer)
	}

	// The blind copy is the same mail; its recipient stays unseen when they answer everyone.
	if blind := d.arrived("audit@law.example", 1); blind.Content != answer {
		t.Errorf("the blind copy is\n%s", blind.Content)
	}
	replied := d.facts(c.ID)
	d.post("audit@law.example", replyAddress(t, answer), letter("audit@law.example", replyAddress(t, answer)+", "+jo, "Re: Lamp LX-4", "b.1@law.example", "Noted."))
	d.eventually("the answer to the blind copy", func() bool { return len(d.messages(c.ID)) == 6 })
	if now := d.facts(c.ID); now != replied {
		t.Errorf("the answer to the blind copy changed the conversation\nfrom %s\nto   %s", replied, now)
	}
	if n := d.count("select count(*) from messages where message_id = 'b.1@law.example' and third_party and problems @> '[{\"code\": \"customer-in-copy\"}]'"); n != 1 {
		t.Error("the answer to the blind copy is not marked")
	}

	// An agent answers the third party, in their thread.
	d.send(conversation+"/forward", map[string]any{"answers": theirsBy(t, d, c.ID, "a.1@supplier.example"), "text": "Thank you."}, http.StatusCreated)
	second := d.arrived(rep, 2).Content
	if !strings.Contains(second, "In-Reply-To: <a.1@supplier.example>") || !strings.Contains(second, "Subject: Re: Lamp LX-4") || strings.Contains(second, "q.1@acme.example") {
		t.Errorf("the answer to the third party\n%s", second)
	}
	d.send(conversation+"/forward", map[string]any{"answers": theirs.ID, "text": "x"}, http.StatusUnprocessableEntity)
	d.send(conversation+"/forward", map[string]any{"to": []string{jo}, "text": "x", "whole": true}, http.StatusUnprocessableEntity)
	d.send(conversation+"/forward", map[string]any{"to": []string{"support@desk.example"}, "text": "x", "whole": true}, http.StatusUnprocessableEntity)
	d.send(conversation+"/forward", map[string]any{"to": []string{rep}, "text": "x"}, http.StatusUnprocessableEntity)

	// The whole conversation has nothing of the third parties.
	d.send(conversation+"/forward", map[string]any{"to": []string{"law@law.example"}, "whole": true}, http.StatusCreated)
	if whole := d.arrived("law@law.example", 1).Content; strings.Contains(whole, "SECRET") || !strings.Contains(whole, "LX-4 is broken") || !strings.Contains(whole, "We replace it.") {
		t.Errorf("the whole conversation\n%s", whole)
	}

	// What is passed on is the same mail.
	passedOn := d.send("/messages/"+theirs.ID+"/redirect", map[string]any{"to": []string{"service@supplier.example"}}, http.StatusCreated)
	again := d.arrived("service@supplier.example", 1)
	var original string
	if err := d.db.QueryRow("select convert_from(r.bytes, 'utf8') from raws r join messages m on m.raw_id = r.id where m.message_id = 'q.1@acme.example'").Scan(&original); err != nil {
		t.Fatal(err)
	}
	if head, found := strings.CutSuffix(again.Content, original); !found || !strings.Contains(head, "Resent-Message-ID: <"+passedOn.MessageID+">") ||
		!strings.Contains(head, "Resent-To: <service@supplier.example>") || !strings.HasPrefix(again.From, "support+") {
		t.Errorf("passed on from %s:\n%s\nthe original is\n%s", again.From, again.Content, original)
	}
	d.send("/messages/"+sent.ID+"/redirect", map[string]any{"to": []string{"service@supplier.example"}}, http.StatusUnprocessableEntity)

	// One that is taken back is not sent, and leaves no third party.
	held := d.send(conversation+"/forward", map[string]any{"to": []string{"wrong@acme.example"}, "text": "Oops", "whole": true, "undo_s": 60}, http.StatusCreated)
	var draft struct {
		Kind, Text string
		To         []string
	}
	if status := d.call("DELETE", "/messages/"+held.ID+"/send", nil, &draft); status != http.StatusOK || draft.Kind != "forward" || draft.Text != "Oops" || len(draft.To) != 1 {
		t.Errorf("taken back: %d %+v", status, draft)
	}
	if all, _ := d.peer.got("wrong@acme.example"); len(all) > 0 || d.count("select count(*) from conversations where service->'third_parties' ? 'wrong@acme.example'") != 0 {
		t.Error("what was taken back has left a trace")
	}
	if now := d.facts(c.ID); now != replied {
		t.Errorf("in the end the conversation changed\nfrom %s\nto   %s", replied, now)
	}
}

// theirsBy returns the id of a message of a conversation by its Message-ID.
func theirsBy(t *testing.T, d *desksMail, conversation, messageID string) string {
	t.Helper()
	for _, m := range d.messages(conversation) {
		if m.MessageID == messageID {
			return m.ID
		}
	}
	t.Fatalf("no message <%s>", messageID)
	return ""
}
