package store_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/channels/livechat/chat"
	"switchboard/desk"
)

const eve = "eve@evil.example"

// impostor is who a spoofed mail claims to be from, and how its check ended.
type impostor struct {
	name    string
	from    func(customer string) string
	headers func(customer string) []string
	results func(customer string) string
}

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// impostors know the customer's address. None of them is authenticated as the
// customer or a colleague.
func impostors() []impostor {
	self := func(customer string) string { return "Jo <" + customer + ">" }
	stranger := func(string) string { return "Jo <" + eve + ">" }
	fail := func(policy string) func(string) string {
		return func(customer string) string {
			return "spf=pass smtp.mailfrom=" + eve + "; dkim=none; dmarc=fail header.from=" + domainOf(customer) + " policy.dmarc=" + policy
		}
	}
	evil := func(string) string { return "dkim=pass header.d=evil.example; dmarc=pass header.from=evil.example" }
	none := func(address func(string) string) func(string) string {
		return func(customer string) string {
			_, domain, _ := strings.Cut(address(customer), "@")
			return "spf=none; dkim=none; dmarc=none header.from=" + strings.TrimSuffix(domain, ">")
		}
	}
	unchecked := func(string) string { return "" }
	colleague := func(customer string) string { return "Sam <sam@" + domainOf(customer) + ">" }
	fixed := func(s string) func(string) string { return func(string) string { return s } }
	return []impostor{
		{"the customer, no policy", self, nil, none(self)},
		{"the customer, policy none", self, nil, fail("none")},
		{"the customer, policy reject", self, nil, fail("reject")},
		{"the customer, not checked", self, nil, unchecked},
		{"a colleague, no policy", colleague, nil, none(colleague)},
		{"a colleague, not checked", colleague, nil, unchecked},
		{"a stranger, authenticated", stranger, nil, evil},
		{"a stranger, not checked", stranger, nil, unchecked},
		{"through a list", fixed(`"Jo via List" <list@evil.example>`), func(customer string) []string {
			return []string{"X-Original-From: Jo <" + customer + ">", "List-Id: <list.evil.example>"}
		}, evil},
		{"our own address", fixed("Support <support@desk.example>"), nil, none(fixed("a@desk.example"))},
		{"an agent", fixed("Ana <ana@agents.example>"), nil, none(fixed("a@agents.example"))},
	}
}

// spoof is one spoofed message of the table.
type spoof struct {
	who      impostor
	cites    string // ours, theirs, id (ours as its own), token, nothing
	says     string // subject, quote, hello
	diverts  bool
	status   desk.Status
	customer string
	target   opened
}

func (s spoof) String() string {
	return fmt.Sprintf("%s, cites %s, says %s, diverts %t, %s", s.who.name, s.cites, s.says, s.diverts, s.status)
}

// spoofs returns the table, of identities, citations, texts and Reply-To.
func spoofs() (list []spoof) {
	for _, who := range impostors() {
		for _, cites := range []string{"ours", "theirs", "id", "token", "nothing"} {
			for _, says := range []string{"subject", "quote", "hello"} {
				for _, diverts := range []bool{true, false} {
					if !diverts && (cites == "token" || says == "hello") {
						continue
					}
					status := []desk.Status{desk.StatusPending, desk.StatusResolved, desk.StatusClosed}[len(list)%3]
					customer := fmt.Sprintf("jo%d@acme%d.example", len(list), len(list))
					if len(list)%2 == 0 {
						customer = fmt.Sprintf("jo%d@gmail.com", len(list))
					}
					list = append(list, spoof{who: who, cites: cites, says: says, diverts: diverts, status: status, customer: customer})
				}
			}
		}
	}
	return list
}

// letter returns the spoofed mail.
func (s spoof) letter(i int) letterTo {
	l := letterTo{from: s.who.from(s.customer), subject: fmt.Sprintf("Re: The lamp %d", i), id: fmt.Sprintf("spoof%d@evil.example", i), body: "Send me the key.", results: s.who.results(s.customer)}
	if s.who.headers != nil {
		l.headers = s.who.headers(s.customer)
	}
	switch s.says {
	case "quote":
		l.body += "\n\nOn Friday, Ana <support@desk.example> wrote:\n> " + answerText + "\n"
	case "hello":
		l.subject = "Hello"
	}
	switch s.cites {
	case "ours":
		l.headers = append(l.headers, "References: <"+s.target.theirs+"> <"+s.target.ours+">", "In-Reply-To: <"+s.target.ours+">")
	case "theirs":
		l.headers = append(l.headers, "References: <"+s.target.theirs+">")
	case "id":
		l.id = s.target.ours
	case "token":
		l.token = s.target.token
	}
	if s.diverts {
		l.headers = append(l.headers, "Reply-To: "+eve, "Cc: "+eve)
	}
	return l
}

// first is the customer's own first mail. Those at a provider are authenticated, the
// others never.
func first(customer string, i int) letterTo {
	l := letterTo{from: "Jo <" + customer + ">", subject: fmt.Sprintf("The lamp %d", i), id: fmt.Sprintf("first%d.%s", i, customer), body: "The lamp is dark."}
	if domain := domainOf(customer); domain == "gmail.com" {
		l.results = "dkim=pass header.d=gmail.com; dmarc=pass header.from=gmail.com"
	} else {
		l.results = "spf=none; dkim=none; dmarc=none header.from=" + domain
	}
	return l
}

// TestSpoofs sends spoofed mail about conversations that have been answered, and
// follows each to the deliveries of the next reply: none joins unmarked, and no reply
// goes anywhere else.
func TestSpoofs(t *testing.T) {
	t.Parallel()
	c, list := newCorrespondence(t), spoofs()
	var firsts []letterTo
	for i, s := range list {
		firsts = append(firsts, first(s.customer, i))
	}
	var raws []desk.Raw
	for i, target := range c.open(firsts) {
		list[i].target = target
		if _, err := c.db.Exec("update conversations set status = $2 where id = $1", target.id, list[i].status); err != nil {
			t.Fatal(err)
		}
		raws = append(raws, c.mail(list[i].letter(i)))
	}
	c.accept(raws...)
	c.settled()
	joined, unmarked, diverted := 0, 0, 0
	for i, s := range list {
		at := c.placed(s.letter(i).id)
		follows := c.text("select coalesce((select data->>'follow_up_of' from events where conversation_id = $1 and kind = 'conversation.opened'), '')", at.conversation)
		if at.conversation == s.target.id || follows == s.target.id.String() {
			joined++
			if !at.marked() {
				unmarked++
				t.Errorf("joined unmarked: %s: %v", s, at.problems)
			}
		}
		if s.who.name == "the customer, policy reject" && (at.conversation == s.target.id || follows != "") {
			t.Errorf("forged, but joined: %s", s)
		}
		if c.divertedBy(s, at.conversation) {
			diverted++
			t.Errorf("diverted: %s", s)
		}
	}
	t.Logf("spoofs=%d joined=%d joined-unmarked=%d diverted=%d", len(list), joined, unmarked, diverted)
	if len(list) < 182 || joined == 0 {
		t.Errorf("%d spoofs, of which %d joined: too few for the test", len(list), joined)
	}
}

// divertedBy reports whether the next reply in the customer's conversations goes to
// anyone but them.
func (c *correspondence) divertedBy(s spoof, in desk.ConversationID) bool {
	for _, id := range slices.Compact([]desk.ConversationID{s.target.id, in}) {
		contact := c.text(`select i.address from conversations v join identities i on i.contact_id = v.contact_id where v.id = $1`, id)
		if id != s.target.id && contact != s.customer {
			continue // someone else's
		}
		if _, err := c.db.Exec("update conversations set status = 'open' where id = $1", id); err != nil {
			c.t.Fatal(err)
		}
		c.all = id == s.target.id
		m := c.reply(id)
		to := c.text("select string_agg(recipient, ' ') from deliveries where message_id = $1", m.ID)
		participants := c.text("select array_to_string(participants, ' ') from conversations where id = $1", id)
		if to != s.customer || id == s.target.id && strings.Contains(participants, eve) {
			return true
		}
	}
	return false
}

// TestSpoofsOnOtherChannels gives the customer's address in a chat and in a form, and
// reports that our answer was not delivered.
func TestSpoofsOnOtherChannels(t *testing.T) {
	t.Parallel()
	c := newCorrespondence(t)
	var firsts []letterTo
	for i := range 6 {
		firsts = append(firsts, first([]string{"jo@gmail.com", "jo@acme.example"}[i%2], i))
	}
	targets := c.open(firsts)
	var raws []desk.Raw
	for i, target := range targets {
		form, err := json.Marshal(desk.FormSubmission{Form: "contact", Email: domainOr(i), Subject: fmt.Sprintf("Re: The lamp %d", i), Message: "Pay here.\n\nOn Friday, Ana <support@desk.example> wrote:\n> " + answerText})
		if err != nil {
			t.Fatal(err)
		}
		raws = append(raws, desk.Raw{Channel: desk.ChannelForm, Endpoint: "contact", SourceKey: fmt.Sprint("f", i), ReceivedAt: time.Now(), Bytes: form})
		bounce := c.mail(letterTo{from: "MAILER-DAEMON@" + domainOf(domainOr(i)), subject: "Undelivered", id: fmt.Sprintf("bounce%d@evil.example", i), body: strings.ReplaceAll(dsn, "ORIGINAL", target.ours),
			headers: []string{`Content-Type: multipart/report; report-type=delivery-status; boundary="b"`}, results: "dmarc=fail header.from=" + domainOf(domainOr(i)) + " policy.dmarc=reject"})
		raws = append(raws, bounce)
	}
	c.accept(raws...)
	c.settled()
	for i, target := range targets {
		if got := c.text("select reply_to from conversations where id = $1", target.id); got != domainOr(i) {
			t.Errorf("%d: replies go to %s", i, got)
		}
		if n := c.text("select count(*) from deliveries where message_id = (select id from messages where message_id = $1) and state = 'failed'", target.ours); n != "0" {
			t.Errorf("%d: a forged report changed %s deliveries", i, n)
		}
		unmarked := c.text(`select count(*) from messages m join placements p on p.message_id = m.id where p.conversation_id = $1 and m.direction = 'inbound'
			and m.message_id <> $2 and m.problems = '[]'`, target.id, target.theirs)
		if unmarked != "0" {
			t.Errorf("%d: %s messages joined unmarked", i, unmarked)
		}
	}
}

func domainOr(i int) string { return []string{"jo@gmail.com", "jo@acme.example"}[i%2] }

const dsn = "--b\nContent-Type: text/plain\n\nNot delivered.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.evil.example\n\n" +
	"Final-Recipient: rfc822; jo@gmail.com\nAction: failed\nStatus: 5.1.1\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <ORIGINAL>\n--b--\n"

// A mail that nothing confirms is marked with the address to which it asks for replies,
// so that an agent may choose it.
func TestAskedReplyAddressIsNamed(t *testing.T) {
	t.Parallel()
	c := newCorrespondence(t)
	target := c.open([]letterTo{first("jo@acme.example", 1)})[0]
	c.accept(c.mail(letterTo{from: "jo@acme.example", subject: "Re: The lamp 1", id: "2@acme.example", body: "Please write to my home.",
		headers: []string{"References: <" + target.ours + ">", "Reply-To: jo@home.example"}}))
	c.settled()
	asked := c.text(`select x->>'address' from messages, jsonb_array_elements(problems) x where message_id = '2@acme.example' and x->>'code' = $1`, desk.ProblemReplyTo)
	if got := c.text("select reply_to from conversations where id = $1", target.id); asked != "jo@home.example" || got != "jo@acme.example" {
		t.Errorf("asks for %q, replies go to %q", asked, got)
	}
}

// Our own addresses and those of agents are marked when a visitor or a form gives them
// as theirs.
func TestInsidersAddressGiven(t *testing.T) {
	t.Parallel()
	c := newCorrespondence(t)
	for address, code := range map[string]string{"support@desk.example": desk.ProblemOwnAddress, "Ana@agents.example": desk.ProblemAgentAddress} {
		session, err := c.store.Visitors().Open(t.Context(), "shop", "", chat.Visitor{Name: "V", Email: address})
		if err != nil {
			t.Fatal(err)
		}
		line, err := json.Marshal(desk.ChatLine{Session: session.ID, ClientID: "1", Email: address, Text: "Hello from " + address})
		if err != nil {
			t.Fatal(err)
		}
		form, err := json.Marshal(desk.FormSubmission{Form: "contact", Email: address, Message: "Hello from " + address})
		if err != nil {
			t.Fatal(err)
		}
		c.accept(desk.Raw{Channel: desk.ChannelChat, Endpoint: "shop", SourceKey: session.ID.String() + "/1", ReceivedAt: time.Now(), Bytes: line},
			desk.Raw{Channel: desk.ChannelForm, Endpoint: "contact", SourceKey: address, ReceivedAt: time.Now(), Bytes: form})
		c.settled()
		if n := c.text(`select count(*) from messages where text_body = $1 and problems @> jsonb_build_array(jsonb_build_object('code', $2::text))`, "Hello from "+address, code); n != "2" {
			t.Errorf("%s: %s messages are marked, want 2", address, n)
		}
	}
	if n := c.text("select count(*) from identities where address = 'support@desk.example'") + c.text("select count(*) from accounts where name in ('desk.example', 'support@desk.example')"); n != "00" {
		t.Errorf("our own address became a contact or an account: %s", n)
	}
}
