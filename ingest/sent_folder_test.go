package ingest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/desk"
	"switchboard/threading"
)

func TestPartners(t *testing.T) {
	t.Parallel()
	r := rules(t)
	emails := func(m *desk.Message) (out []string) {
		for _, s := range partners(m, r) {
			out = append(out, s.email)
		}
		return out
	}
	m := &desk.Message{To: addresses("Jo@acme.example", "support@desk.example", "undisclosed"), CC: addresses("jo@Acme.example", "kim@b.example"), BCC: addresses("kim@b.example", "lee@c.example")}
	if got := emails(m); !slices.Equal(got, []string{"jo@acme.example", "kim@b.example", "lee@c.example"}) {
		t.Errorf("partners %v", got)
	}
	for n := range maxPartners + 5 {
		m.CC = append(m.CC, desk.Address{Email: fmt.Sprintf("p%d@b.example", n)})
	}
	if got := emails(m); len(got) != 50 {
		t.Errorf("%d partners, want 50", len(got))
	}
}

// A mail belongs to a conversation if a recipient is of its account or takes part in it.
func TestBelongs(t *testing.T) {
	t.Parallel()
	b := newBatch(rules(t), nothing())
	c := &desk.Conversation{AccountID: desk.NewID[desk.AccountID](), Participants: []string{"lab@partner.example"}}
	to := func(email string, account desk.AccountID) sender {
		s := sender{key: IdentityKey{desk.ChannelEmail, email}, email: email}
		if !account.IsZero() {
			b.snap.Contacts[s.key] = desk.Contact{AccountID: account}
		}
		return s
	}
	colleague, participant, other, stranger := to("jo@acme.example", c.AccountID), to("lab@partner.example", desk.AccountID{}), to("kim@b.example", desk.NewID[desk.AccountID]()), to("x@y.example", desk.AccountID{})
	for name, x := range map[string]struct {
		to   []sender
		want bool
	}{
		"a contact of the account": {[]sender{stranger, colleague}, true},
		"a participant":            {[]sender{participant}, true},
		"another account":          {[]sender{other}, false},
		"a stranger":               {[]sender{stranger}, false},
		"no recipients":            {nil, false},
	} {
		if got := b.belongs(c, x.to); got != x.want {
			t.Errorf("%s: %t, want %t", name, got, x.want)
		}
	}
	if b.belongs(&desk.Conversation{}, []sender{stranger}) {
		t.Error("a stranger belongs to a conversation without an account")
	}
}

// The nearest citation counts; a conversation's own Message-IDs come before those that
// it only mentions, which need a recipient who belongs to it.
func TestAnswered(t *testing.T) {
	t.Parallel()
	b := newBatch(rules(t), nothing())
	one, two, gone := &desk.Conversation{ID: desk.NewID[desk.ConversationID](), Participants: []string{"jo@acme.example"}}, &desk.Conversation{ID: desk.NewID[desk.ConversationID]()}, desk.NewID[desk.ConversationID]()
	b.snap.Conversations[one.ID], b.snap.Conversations[two.ID] = one, two
	for _, c := range []*desk.Conversation{one, two} {
		b.index.AddConversation(b.candidate(c))
	}
	b.know(one.ID, "1@a", true)
	b.know(one.ID, "mentioned@a", false)
	b.know(two.ID, "2@a", true)
	b.know(gone, "gone@a", true)
	jo := []sender{{email: "jo@acme.example"}}
	for name, x := range map[string]struct {
		message  desk.Message
		to       []sender
		want     *desk.Conversation
		evidence string
	}{
		"cites nothing known":                 {desk.Message{MessageID: "s@mua", References: []string{"x@a"}}, jo, nil, ""},
		"In-Reply-To":                         {desk.Message{MessageID: "s@mua", InReplyTo: []string{"1@a"}}, nil, one, "cites <1@a>"},
		"the last reference is the nearest":   {desk.Message{MessageID: "s@mua", References: []string{"1@a", "2@a"}}, nil, two, "cites <2@a>"},
		"References before In-Reply-To":       {desk.Message{MessageID: "s@mua", References: []string{"1@a"}, InReplyTo: []string{"2@a"}}, nil, one, "cites <1@a>"},
		"an unknown conversation is skipped":  {desk.Message{MessageID: "s@mua", References: []string{"1@a", "gone@a"}}, nil, one, "cites <1@a>"},
		"mentioned, to a participant":         {desk.Message{MessageID: "s@mua", References: []string{"mentioned@a"}}, jo, one, "cites <mentioned@a>"},
		"mentioned, to a stranger":            {desk.Message{MessageID: "s@mua", References: []string{"mentioned@a"}}, nil, nil, ""},
		"mentioned is weaker":                 {desk.Message{MessageID: "s@mua", References: []string{"2@a", "mentioned@a"}}, jo, two, "cites <2@a>"},
		"cited by a message of a participant": {desk.Message{MessageID: "mentioned@a"}, jo, one, "is cited as <mentioned@a>"},
	} {
		references := slices.Clone(x.message.References)
		got := b.answered(&x.message, x.to, true)
		if got != x.want || x.message.ThreadEvidence != x.evidence || (x.message.ThreadMethod == threading.MethodReferences) != (x.want != nil) {
			t.Errorf("%s: %v, %q; want %v, %q", name, got, x.message.ThreadEvidence, x.want, x.evidence)
		}
		if !slices.Equal(x.message.References, references) {
			t.Errorf("%s: the references were reversed to %v", name, x.message.References)
		}
	}
}

// The author is the agent in From or Sender.
func TestSentAuthor(t *testing.T) {
	t.Parallel()
	b := newBatch(rules(t), nothing())
	b.snap.Agents = map[string]desk.Agent{"ana@desk.example": {ID: ana}}
	for name, x := range map[string]struct {
		message desk.Message
		want    desk.AgentID
	}{
		"From":    {desk.Message{From: addresses("Ana@desk.example")}, ana},
		"Sender":  {desk.Message{From: addresses("support@desk.example"), Sender: addresses("ana@desk.example")}, ana},
		"neither": {desk.Message{From: addresses("support@desk.example"), To: addresses("ana@desk.example")}, desk.AgentID{}},
	} {
		if got := b.author(&x.message); got.ID != x.want {
			t.Errorf("%s: %s, want %s", name, got.ID, x.want)
		}
	}
}

// What a mail from the Sent folder changes: the message, its event, the references and
// the participants.
func TestSentReply(t *testing.T) {
	t.Parallel()
	r := rules(t)
	snap, c := waiting(t, r, desk.StatusOpen)
	p := sent(t, 5, "ana@desk.example", "jo@acme.example", "s1@mua", "Cc: lab@partner.example", refers("1@a"))
	out := decide([]parsed{p}, snap, r, noon.Add(time.Hour))
	m := out.Messages[0]
	if m.RawID != p.Raw.ID || m.Channel != desk.ChannelEmail || m.ConversationID != c.ID || m.Account != c.AccountID || m.Content != content(&m.Message) || m.Seq != out.Events[0].Seq || !out.Placements[0].Since.Equal(p.Raw.ReceivedAt) {
		t.Errorf("message %+v, placed %+v", m, out.Placements)
	}
	event := data[desk.MessageSent](t, out.Events[0])
	if event.MessageID != m.ID || event.Method != threading.MethodReferences || len(event.To) != 1 || len(event.CC) != 1 || out.Events[0].Actor != desk.AgentActor(ana) {
		t.Errorf("event %+v by %s", event, out.Events[0].Actor)
	}
	if !slices.Contains(c.Participants, "lab@partner.example") || !slices.Contains(c.Participants, "jo@acme.example") {
		t.Errorf("participants %v", c.Participants)
	}
	if snap.Sent["s1@mua"] != c.ID || snap.SentAs["s1@mua"] != m.ID {
		t.Errorf("later messages do not find it: %v", snap.Sent)
	}
	want := []desk.ThreadRef{{MessageID: "s1@mua", Conversation: c.ID, Account: c.AccountID, Own: true}, {MessageID: "1@a", Conversation: c.ID, Account: c.AccountID}}
	if diff := cmp.Diff(want, out.Refs); diff != "" {
		t.Errorf("references: -want +got\n%s", diff)
	}
	if diff := cmp.Diff([]desk.ProcessedRaw{{Raw: p.Raw.ID, Fence: 1, Message: m.ID}}, out.Processed); diff != "" {
		t.Errorf("processed: %s", diff)
	}
}

// Without a contact among the recipients, or a conversation, a mail is only marked as done.
func TestSentMailWithoutConversation(t *testing.T) {
	t.Parallel()
	r := rules(t)
	snap, c := waiting(t, r, desk.StatusOpen)
	private, ours := sent(t, 5, "ana@desk.example", "mum@home.example", "s1@mua"), sent(t, 6, "ana@desk.example", "jo@acme.example", "out.1@desk.example")
	out := decide([]parsed{private, ours}, snap, r, noon.Add(time.Hour))
	want := []desk.ProcessedRaw{{Raw: private.Raw.ID, Fence: 1}, {Raw: ours.Raw.ID, Fence: 1, Message: snap.SentAs["out.1@desk.example"], Duplicate: true}}
	if diff := cmp.Diff(want, out.Processed); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if len(out.Events) != 0 || c.Status != desk.StatusOpen {
		t.Errorf("events %v, status %s", out.Events, c.Status)
	}
}

// A conversation that a sent mail opens answers from the address that the agent used.
func TestSentMailOpens(t *testing.T) {
	t.Parallel()
	r := rules(t)
	for who, want := range map[string]string{"billing+x@desk.example": "billing@desk.example", "ana@home.example": "support@desk.example"} {
		snap, _ := waiting(t, r, desk.StatusOpen)
		out := decide([]parsed{sent(t, 5, who, "x@y.example, Jo@acme.example", "s1@mua")}, snap, r, noon.Add(time.Hour))
		if len(out.Opened) != 1 || out.Opened[0].ReplyFrom != want || out.Opened[0].ReplyTo != "jo@acme.example" || out.Opened[0].ContactID != snap.Contacts[IdentityKey{desk.ChannelEmail, "jo@acme.example"}].ID || out.Messages[0].ThreadMethod != threading.MethodNew {
			t.Errorf("from %s: %+v", who, out.Opened)
		}
	}
}
