package ingest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
)

// sent is a mail found in the Sent folder, n minutes after noon.
func sent(t *testing.T, n int, who, to, id string, more ...string) parsed {
	t.Helper()
	p := item(t, n, append([]string{"From: " + who, "To: " + to, "Subject: Re: Lamp", "Message-ID: <" + id + ">"}, more...)...)
	p.Raw.Outgoing = true
	return p
}

var ana = desk.NewID[desk.AgentID]()

// waiting returns the stored conversation with the customer waiting since noon.
func waiting(t *testing.T, r *Rules, status desk.Status) (*Snapshot, *desk.Conversation) {
	t.Helper()
	snap, c := stored(t, r, status)
	snap.SentAs = map[string]desk.MessageID{"out.1@desk.example": desk.NewID[desk.MessageID]()}
	snap.Agents = map[string]desk.Agent{"ana@desk.example": {ID: ana, Name: "Ana"}}
	stint := snap.Stints[c.ID]
	stint.WaitingOn = desk.WaitingUs
	snap.Stints[c.ID], c.WaitingOn, c.WaitingSince = stint, desk.WaitingUs, noon
	return snap, c
}

func TestOutgoing(t *testing.T) {
	r := rules(t)
	for name, c := range map[string]struct {
		before   desk.Status
		mail     parsed
		messages int
		opened   int
		after    desk.Status
		author   desk.AgentID
	}{
		"from the desk's address":               {desk.StatusOpen, sent(t, 5, "support@desk.example", "jo@acme.example", "s1@mua", refers("1@a")), 1, 0, desk.StatusPending, desk.AgentID{}},
		"from an agent's address":               {desk.StatusOpen, sent(t, 5, "Ana <ana@desk.example>", "jo@acme.example", "s1@mua", refers("1@a")), 1, 0, desk.StatusPending, ana},
		"only In-Reply-To":                      {desk.StatusSnoozed, sent(t, 5, "support@desk.example", "jo@acme.example", "s1@mua", "In-Reply-To: <1@a>"), 1, 0, desk.StatusPending, desk.AgentID{}},
		"to a third party about it":             {desk.StatusOpen, sent(t, 5, "support@desk.example", "lab@partner.example", "s1@mua", refers("1@a")), 1, 0, desk.StatusPending, desk.AgentID{}},
		"in a resolved conversation":            {desk.StatusResolved, sent(t, 5, "support@desk.example", "jo@acme.example", "s1@mua", refers("1@a")), 1, 0, desk.StatusResolved, desk.AgentID{}},
		"in a closed conversation":              {desk.StatusClosed, sent(t, 5, "support@desk.example", "jo@acme.example", "s1@mua", refers("1@a")), 1, 0, desk.StatusClosed, desk.AgentID{}},
		"an automatic reply of the desk":        {desk.StatusOpen, sent(t, 5, "support@desk.example", "jo@acme.example", "s1@mua", refers("1@a"), "Auto-Submitted: auto-replied"), 1, 0, desk.StatusOpen, desk.AgentID{}},
		"what the desk sent itself":             {desk.StatusOpen, sent(t, 5, "support@desk.example", "jo@acme.example", "out.1@desk.example", refers("1@a")), 0, 0, desk.StatusOpen, desk.AgentID{}},
		"written before the customer's message": {desk.StatusOpen, sent(t, -5, "support@desk.example", "jo@acme.example", "s1@mua", refers("1@a")), 1, 0, desk.StatusOpen, desk.AgentID{}},
		"unasked, to a contact":                 {desk.StatusOpen, sent(t, 5, "support@desk.example", "jo@acme.example", "s1@mua"), 1, 1, desk.StatusOpen, desk.AgentID{}},
		"unasked, to a stranger":                {desk.StatusOpen, sent(t, 5, "support@desk.example", "mum@home.example", "s1@mua"), 0, 0, desk.StatusOpen, desk.AgentID{}},
		"a notice to a contact":                 {desk.StatusOpen, sent(t, 5, "support@desk.example", "jo@acme.example", "s1@mua", "Auto-Submitted: auto-generated"), 0, 0, desk.StatusOpen, desk.AgentID{}},
		"to ourselves":                          {desk.StatusOpen, sent(t, 5, "support@desk.example", "billing@desk.example", "s1@mua"), 0, 0, desk.StatusOpen, desk.AgentID{}},
		"citing an unknown id":                  {desk.StatusOpen, sent(t, 5, "support@desk.example", "mum@home.example", "s1@mua", refers("x@home.example")), 0, 0, desk.StatusOpen, desk.AgentID{}},
	} {
		t.Run(name, func(t *testing.T) {
			snap, conversation := waiting(t, r, c.before)
			out := decide([]parsed{c.mail}, snap, r, noon.Add(time.Hour))
			if len(out.Messages) != c.messages || len(out.Opened) != c.opened || len(out.Processed) != 1 {
				t.Fatalf("%d messages, %d opened, %d done; want %d, %d, 1", len(out.Messages), len(out.Opened), len(out.Processed), c.messages, c.opened)
			}
			if conversation.Status != c.after {
				t.Errorf("status %s, want %s", conversation.Status, c.after)
			}
			if answered := c.after == desk.StatusPending; conversation.WaitingSince.IsZero() != (answered || c.before == desk.StatusResolved || c.before == desk.StatusClosed) {
				t.Errorf("waiting since %s", conversation.WaitingSince)
			}
			for _, m := range out.Messages {
				if m.Direction != desk.Outbound || m.AuthorID != c.author {
					t.Errorf("direction %s, author %s", m.Direction, m.AuthorID)
				}
			}
			if len(out.Contacts)+len(out.Accounts)+len(out.Identities) > 0 {
				t.Error("a recipient became a contact")
			}
			for _, e := range out.Events {
				if e.Kind == desk.EventMessageReceived || e.Actor == desk.ActorCustomer {
					t.Errorf("event %s by %s", e.Kind, e.Actor)
				}
			}
		})
	}
}

// A conversation that the desk begins waits on the customer, and their reply joins it.
func TestOutgoingOpens(t *testing.T) {
	r := rules(t)
	snap, _ := waiting(t, r, desk.StatusOpen)
	out := decide([]parsed{
		sent(t, 5, "billing@desk.example", "Jo <jo@acme.example>", "s1@mua"),
		sent(t, 6, "billing@desk.example", "Jo <jo@acme.example>", "s1@mua"), // the same message from another folder
		item(t, 9, "From: jo@acme.example", "To: billing@desk.example", "Subject: Re: Lamp", "Message-ID: <7@a>", refers("s1@mua")),
	}, snap, r, noon.Add(time.Hour))
	if len(out.Opened) != 1 || len(out.Messages) != 2 || out.Messages[1].ConversationID != out.Opened[0].ID {
		t.Fatalf("%d opened, %d messages", len(out.Opened), len(out.Messages))
	}
	c := out.Opened[0]
	if c.ReplyTo != "jo@acme.example" || c.ReplyFrom != "billing@desk.example" || c.Status != desk.StatusOpen || c.LastReplyAt.IsZero() {
		t.Errorf("conversation %+v", c)
	}
	checkLedger(t, out)
	var waits []string
	for _, s := range out.Begun {
		waits = append(waits, string(s.WaitingOn))
	}
	if got := strings.Join(waits, " "); got != "us customer us" {
		t.Errorf("waited on %s", got)
	}
}

// After a reply that is read later than the customer's next message it is still our
// turn, and the customer has been waiting since that message.
func TestOutgoingLate(t *testing.T) {
	r := rules(t)
	snap, c := waiting(t, r, desk.StatusOpen)
	decide([]parsed{
		item(t, 30, from("jo@acme.example", "2@a", refers("1@a"))...),
		sent(t, 10, "ana@desk.example", "jo@acme.example", "s1@mua", refers("1@a")),
	}, snap, r, noon.Add(time.Hour))
	if c.Status != desk.StatusOpen || !c.WaitingSince.Equal(noon.Add(30*time.Minute)) || !c.LastReplyAt.Equal(noon.Add(10*time.Minute)) {
		t.Errorf("status %s, waiting since %s, last reply %s", c.Status, c.WaitingSince, c.LastReplyAt)
	}
}

// The recipients' accounts are locked, and nothing is queried about the desk itself.
func TestOutgoingQuery(t *testing.T) {
	r := rules(t)
	batch := []parsed{sent(t, 1, "ana@desk.example", "Jo@Acme.example, support@desk.example, kim@partner.example", "s1@mua", "Bcc: lee@acme.example")}
	var locked []string
	for _, s := range scopes(batch, r) {
		locked = append(locked, s.Address+" "+s.Domain)
	}
	if want := []string{"jo@acme.example acme.example", "kim@partner.example partner.example", "lee@acme.example acme.example"}; !slices.Equal(locked, want) {
		t.Errorf("locked %v", locked)
	}
	if q := query(batch, r); len(q.Identities) != 3 || !slices.Equal(q.Authors, []string{"ana@desk.example"}) || len(q.Recent) != 0 {
		t.Errorf("query %+v", q)
	}
}
