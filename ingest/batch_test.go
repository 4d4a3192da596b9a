package ingest

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"switchboard/desk"
	"switchboard/router"
	"switchboard/threading"
)

func newBatch(r *Rules, snap *Snapshot) *batch {
	return &batch{rules: r, snap: snap, index: threading.NewMemory(), out: &desk.Changes{}, now: noon.Add(time.Hour), opened: map[desk.ConversationID]bool{}, answers: map[desk.ConversationID]string{}}
}

// data returns the data of an event.
func data[T any](t *testing.T, e desk.Event) (out T) {
	t.Helper()
	if err := json.Unmarshal(e.Data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// chatLine returns a line of a chat session.
func chatLine(key string, id desk.SessionID) parsed {
	raw := desk.Raw{ID: desk.NewID[desk.RawID](), Channel: desk.ChannelChat, Endpoint: "widget", SourceKey: id.String() + "/" + key, ReceivedAt: noon}
	return parsed{Claimed: Claimed{Raw: raw, Fence: 1}, message: desk.Message{MessageID: key + "@chat", TextBody: "Line " + key, NewText: "Line " + key, Preview: "Line " + key}}
}

// The lines of a session are in one conversation, whether it is known from the
// database or was opened by an earlier line of the batch.
func TestDecideSession(t *testing.T) {
	t.Parallel()
	id, r := desk.NewID[desk.SessionID](), rules(t)
	snap := nothing()
	snap.Sessions[id] = Session{Name: "Vi", Email: "vi@acme.example"}
	out := decide([]parsed{chatLine("1", id), chatLine("2", id)}, snap, r, noon.Add(time.Hour))
	if len(out.Opened) != 1 || len(out.Messages) != 2 {
		t.Fatalf("%d conversations, %d messages", len(out.Opened), len(out.Messages))
	}
	c := out.Opened[0]
	if c.ReplyChannel != desk.ChannelChat || c.ReplyTo != id.String() || c.Channel != desk.ChannelChat || c.Subject != "Line 1" {
		t.Errorf("conversation %+v", c)
	}
	contact := out.Contacts[0]
	link := desk.SessionLink{Session: id, Contact: contact.ID, Conversation: c.ID}
	if !slices.Equal(out.Sessions, []desk.SessionLink{link}) || contact.Name != "Vi" || len(out.Contacts) != 1 {
		t.Errorf("sessions %+v, contacts %+v", out.Sessions, out.Contacts)
	}
	want := Session{Contact: contact.ID, Account: contact.AccountID, Conversation: c.ID, Name: "Vi", Email: "vi@acme.example"}
	if snap.Sessions[id] != want {
		t.Errorf("session %+v, want %+v", snap.Sessions[id], want)
	}
	if len(out.Refs) != 0 {
		t.Errorf("the identifiers of chat lines can be cited: %+v", out.Refs)
	}

	later := nothing()
	later.Sessions[id], later.Conversations[c.ID], later.Stints[c.ID] = want, c, out.Begun[len(out.Begun)-1]
	later.Contacts[IdentityKey{desk.ChannelChat, id.String()}] = contact
	later.Accounts[contact.AccountID] = out.Accounts[0]
	if out := decide([]parsed{chatLine("3", id)}, later, r, noon.Add(time.Hour)); len(out.Opened) != 0 || len(out.Sessions) != 0 || out.Messages[0].ConversationID != c.ID {
		t.Errorf("a later line opened %d conversations", len(out.Opened))
	}
	for name, known := range map[string]Session{"the conversation": {Contact: contact.ID}, "the contact": {Conversation: c.ID}} {
		later.Sessions[id] = known
		if out := decide([]parsed{chatLine("4"+name, id)}, later, r, noon.Add(time.Hour)); len(out.Sessions) != 1 {
			t.Errorf("a session that only knows %s: linked %v", name, out.Sessions)
		}
	}
}

func TestSession(t *testing.T) {
	t.Parallel()
	id := desk.NewID[desk.SessionID]()
	for name, c := range map[string]struct {
		channel desk.Channel
		key     string
		want    desk.SessionID
	}{
		"a chat line": {desk.ChannelChat, id.String() + "/7", id},
		"a mail":      {desk.ChannelEmail, id.String() + "/7", desk.SessionID{}},
		"nonsense":    {desk.ChannelChat, "x/7", desk.SessionID{}},
	} {
		if got := session(&desk.Raw{Channel: c.channel, SourceKey: c.key}); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// A mail that is in the database, or earlier in the batch, is linked to the first copy.
func TestDecideDuplicate(t *testing.T) {
	t.Parallel()
	r := rules(t)
	first, copied := item(t, 1, from("jo@acme.example", "1@a")...), item(t, 1, from("jo@acme.example", "1@a")...)
	copied.Fence, copied.Raw.Endpoint = 2, "inbox"
	out := decide([]parsed{first, copied}, nothing(), r, noon.Add(time.Hour))
	m := out.Messages[0]
	want := []desk.ProcessedRaw{{Raw: first.Raw.ID, Fence: 1, Message: m.ID}, {Raw: copied.Raw.ID, Fence: 2, Message: m.ID, Duplicate: true}}
	if diff := cmp.Diff(want, out.Processed); diff != "" || len(out.Messages) != 1 {
		t.Errorf("%d messages; -want +got\n%s", len(out.Messages), diff)
	}
	e := out.Events[len(out.Events)-1]
	if linked := data[desk.DuplicateLinked](t, e); linked != (desk.DuplicateLinked{MessageID: m.ID, RawID: copied.Raw.ID, Endpoint: "inbox"}) || !e.At.Equal(noon.Add(time.Hour)) {
		t.Errorf("event %+v", e)
	}
	snap := nothing()
	snap.Accounts[m.Account] = out.Accounts[0]
	snap.Domains["acme.example"] = m.Account
	snap.Stored[ContentKey{m.Account, "1@a", content(&m.Message)}] = Stored{m.ID, m.ConversationID} // of a conversation that is not in the snapshot
	if out := decide([]parsed{copied}, snap, r, noon.Add(time.Hour)); len(out.Events) != 0 || len(out.Processed) != 1 || !out.Processed[0].Duplicate {
		t.Errorf("the conversation is not in the snapshot: %+v", out)
	}
}

func TestContent(t *testing.T) {
	t.Parallel()
	base := desk.Message{Subject: "s", TextBody: "t", HTMLBody: "h", Attachments: []desk.Part{{BlobID: "b"}}}
	same := base
	same.MessageID, same.Problems, same.ListID = "1@a", []desk.Problem{{Code: "x"}}, "all.acme.example"
	if content(&base) != content(&same) {
		t.Error("what relays and lists add changes the content")
	}
	for name, change := range map[string]func(*desk.Message){
		"subject":                         func(m *desk.Message) { m.Subject = "x" },
		"text":                            func(m *desk.Message) { m.TextBody = "x" },
		"HTML":                            func(m *desk.Message) { m.HTMLBody = "x" },
		"attachment":                      func(m *desk.Message) { m.Attachments = []desk.Part{{BlobID: "x"}} },
		"number of attachments":           func(m *desk.Message) { m.Attachments = nil },
		"border between subject and text": func(m *desk.Message) { m.Subject, m.TextBody = "st", "" },
		"border between text and HTML":    func(m *desk.Message) { m.TextBody, m.HTMLBody = "th", "" },
	} {
		other := base
		if change(&other); content(&base) == content(&other) {
			t.Errorf("another %s, but the same content", name)
		}
	}
}

func TestEarliest(t *testing.T) {
	t.Parallel()
	later := noon.Add(1)
	if !earliest(noon, later).Equal(noon) || !earliest(later, noon).Equal(noon) {
		t.Error("earliest returns the later time")
	}
}

func TestAutomatic(t *testing.T) {
	t.Parallel()
	for kind, want := range map[desk.AutoSubmitted]bool{desk.AutoNo: false, desk.AutoList: false, desk.AutoBounce: true, desk.AutoGenerated: true} {
		if got := automatic(&desk.Message{AutoSubmitted: kind}); got != want {
			t.Errorf("%s: %t, want %t", kind, got, want)
		}
	}
}

// The first message's fields, and the events that announce it and its conversation.
func TestDecideOpens(t *testing.T) {
	t.Parallel()
	r := rules(t)
	r.Version = 7
	p := item(t, 1, from("Jo <jo@acme.example>", "1@a", refers("0@a"))...)
	p.Raw.EnvelopeTo = []string{"billing+x@desk.example"}
	out := decide([]parsed{p}, nothing(), r, noon.Add(time.Hour))
	m, c, at := out.Messages[0], out.Opened[0], p.Raw.ReceivedAt
	if m.RawID != p.Raw.ID || m.Direction != desk.Inbound || m.Channel != desk.ChannelEmail || m.ThreadMethod != threading.MethodNew || m.ConversationID != c.ID || m.Seq != 2 || m.Account != c.AccountID || m.Content != content(&m.Message) {
		t.Errorf("message %+v", m)
	}
	if c.PolicyVersion != 7 || c.ContactID != out.Contacts[0].ID || c.AccountID != out.Accounts[0].ID || c.ReplyFrom != "billing@desk.example" || c.ReplyTo != "jo@acme.example" || c.ReplyChannel != desk.ChannelEmail ||
		c.InboxID.IsZero() || c.Tier == 0 || c.Subject != "Lamp" || c.Priority != desk.PriorityNormal || len(c.Path) == 0 || !c.CreatedAt.Equal(at) || !c.LastInboundAt.Equal(at) || c.Channel != desk.ChannelEmail {
		t.Errorf("conversation %+v", c)
	}
	opened := data[desk.ConversationOpened](t, out.Events[0])
	if opened.PolicyVersion != 7 || r.Inboxes[opened.Inbox].ID != c.InboxID || opened.Tier != c.Tier || !slices.Equal(opened.Path, c.Path) {
		t.Errorf("event %+v", out.Events[0])
	}
	received := data[desk.MessageReceived](t, out.Events[1])
	if received.MessageID != m.ID || received.Method != threading.MethodNew || received.Trust != desk.TrustClaimed || received.AutoSubmitted != m.AutoSubmitted || received.Unverified {
		t.Errorf("event %+v", out.Events[1])
	}
	want := []desk.ThreadRef{{MessageID: "1@a", Conversation: c.ID, Account: c.AccountID, Own: true}, {MessageID: "0@a", Conversation: c.ID, Account: c.AccountID}}
	if diff := cmp.Diff(want, out.Refs); diff != "" {
		t.Errorf("references: -want +got\n%s", diff)
	}
	if diff := cmp.Diff([]desk.ProcessedRaw{{Raw: p.Raw.ID, Fence: 1, Message: m.ID}}, out.Processed); diff != "" {
		t.Errorf("processed: %s", diff)
	}
}

// Mail that arrives "after" the transaction began is not dated into the future.
func TestDecideBoundsTheTime(t *testing.T) {
	t.Parallel()
	p := item(t, 90, from("jo@acme.example", "1@a")...)
	out := decide([]parsed{p}, nothing(), rules(t), noon)
	if c := out.Opened[0]; !c.CreatedAt.Equal(noon) || !c.LastInboundAt.Equal(noon) {
		t.Errorf("created %s, last message %s; want %s", c.CreatedAt, c.LastInboundAt, noon)
	}
}

// A conversation that an earlier message of the batch opened counts as open.
func TestOpenConversationsAreCounted(t *testing.T) {
	t.Parallel()
	snap := nothing()
	out := decide([]parsed{item(t, 1, from("jo@acme.example", "1@a")...), item(t, 2, from("jo@acme.example", "2@a")...)}, snap, rules(t), noon)
	if got := snap.Open[out.Accounts[0].ID]; got != 2 {
		t.Errorf("%d open conversations, want 2", got)
	}
}

// The newest message of a conversation comes first, and replies without headers find it.
func TestCite(t *testing.T) {
	t.Parallel()
	b := newBatch(rules(t), nothing())
	c := &desk.Conversation{ID: desk.NewID[desk.ConversationID](), AccountID: desk.NewID[desk.AccountID](), ContactID: desk.NewID[desk.ContactID](),
		Number: 5, Subject: "Lamp", Status: desk.StatusPending, Participants: []string{"jo@acme.example"}, UpdatedAt: noon}
	b.cite(c, &desk.Message{MessageID: "1@a", Channel: desk.ChannelEmail})
	b.cite(c, &desk.Message{MessageID: "2@a", Channel: desk.ChannelEmail, InReplyTo: []string{"1@a", ""}, References: []string{"0@a"}})
	b.cite(c, &desk.Message{MessageID: "3@chat", Channel: desk.ChannelChat})
	got, ok := b.index.Conversation(c.ID)
	want := threading.Conversation{ID: c.ID, Number: 5, Account: c.AccountID, Contact: c.ContactID, Status: c.Status, Subject: "Lamp", Participants: c.Participants, UpdatedAt: noon,
		Last: []threading.Written{{MessageID: "3@chat"}, {MessageID: "2@a"}, {MessageID: "1@a"}}}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(threading.Conversation{})); !ok || diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	ref := func(id string, own bool) desk.ThreadRef {
		return desk.ThreadRef{MessageID: id, Conversation: c.ID, Account: c.AccountID, Own: own}
	}
	if diff := cmp.Diff([]desk.ThreadRef{ref("1@a", true), ref("2@a", true), ref("1@a", false), ref("0@a", false)}, b.out.Refs); diff != "" {
		t.Errorf("references: -want +got\n%s", diff)
	}
	for id, own := range map[string]bool{"2@a": true, "0@a": false} {
		if known := b.index.ByMessageID([]string{id}); len(known) != 1 || known[0].Own != own || known[0].Conversation != c.ID {
			t.Errorf("%s: %+v", id, known)
		}
	}
	if known := b.index.ByMessageID([]string{"3@chat"}); len(known) != 0 {
		t.Errorf("a chat line can be cited: %+v", known)
	}
}

func TestFinal(t *testing.T) {
	t.Parallel()
	b := newBatch(rules(t), nothing())
	into := &desk.Conversation{ID: desk.NewID[desk.ConversationID]()}
	merged := &desk.Conversation{ID: desk.NewID[desk.ConversationID](), MergedInto: into.ID}
	lost := &desk.Conversation{ID: desk.NewID[desk.ConversationID](), MergedInto: desk.NewID[desk.ConversationID]()}
	for _, c := range []*desk.Conversation{into, merged, lost} {
		b.snap.Conversations[c.ID] = c
	}
	if b.final(merged.ID) != into || b.final(into.ID) != into || b.final(lost.ID) != nil || b.final(desk.ConversationID{}) != nil {
		t.Error("a merged conversation does not lead to the one that it was merged into")
	}
}

// Everything that a policy may look at.
func TestFacts(t *testing.T) {
	t.Parallel()
	snap := nothing()
	b := newBatch(rules(t), snap)
	account := desk.Account{ID: desk.NewID[desk.AccountID](), Name: "Acme", Domains: []string{"acme.example"}, Attributes: map[string]any{"plan": "gold"}, Tags: []string{"vip"}}
	snap.Open[account.ID] = 3
	s := sender{key: IdentityKey{desk.ChannelEmail, "jo@acme.example"}, name: "Jo", email: "jo@acme.example", trust: desk.TrustAligned}
	p := &parsed{Claimed: Claimed{Raw: desk.Raw{Channel: desk.ChannelEmail, Endpoint: "smtp", EnvelopeTo: []string{"billing+x@desk.example", "Kim@partner.example"}}}}
	m := &desk.Message{Subject: "Lamp", NewText: "Broken", To: []desk.Address{{Email: "Support@desk.example"}, {Email: "kim@Partner.example"}}, CC: []desk.Address{{Email: "a@b.example"}, {Email: "A@b.example"}},
		Attachments: []desk.Part{{Name: "log", Type: "text/plain", Size: 9}}, AutoSubmitted: desk.AutoList, ListID: "all.acme.example"}
	want := router.Facts{Channel: "email", Endpoint: "smtp",
		Message: router.MessageFacts{Subject: "Lamp", NewText: "Broken", From: "jo@acme.example", To: "support@desk.example, kim@partner.example, billing@desk.example", CC: "a@b.example", Desk: "support@desk.example, billing@desk.example",
			Attachments: []router.AttachmentFact{{Name: "log", Type: "text/plain", Size: 9}}, AutoSubmitted: "list", Trust: "aligned", List: "all.acme.example"},
		Contact:      router.ContactFacts{Name: "Jo", Address: "jo@acme.example", Domain: "acme.example"},
		Account:      router.AccountFacts{Name: "Acme", Domains: account.Domains, Plan: "gold", Attributes: account.Attributes, Tags: account.Tags},
		History:      router.HistoryFacts{Open: 3, LastTier: -1},
		Conversation: router.ConversationFacts{Subject: "Lamp", Status: "open", Priority: "normal"},
		Messages:     router.CountFacts{Inbound: 1}, Calendar: map[string]bool{}}
	for _, c := range b.rules.Policy.Calendars() {
		want.Calendar[c.Name] = c.Open(b.now)
	}
	got := b.facts(b.rules.Policy, p, m, s, person{account: account}, threading.Decision{})
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(router.Facts{})); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	s.known = true
	got = b.facts(b.rules.Policy, p, m, s, person{desk.Contact{Name: "Jo Doe"}, account}, threading.Decision{FollowUpOf: desk.NewID[desk.ConversationID]()})
	if !got.Contact.Known || got.Contact.Name != "Jo Doe" || !got.Conversation.FollowUp {
		t.Errorf("a known contact and a follow-up: %+v, %+v", got.Contact, got.Conversation)
	}
}
