package store

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/internal/dbtest"
)

// notStored are fields that write ignores, with the reason.
var notStored = map[string]string{
	"Accounts.Domains":                    "Changes.Domains has them",
	"Accounts.ExternalID":                 "mail opens accounts without it; Store.EditAccount writes it",
	"Accounts.OwnerID":                    "mail opens accounts without it; Store.EditAccount writes it",
	"Accounts.UpdatedAt":                  "set by the database",
	"Contacts.Identities":                 "Changes.Identities has them",
	"Deliveries.OnHold":                   "Changes.Operations sets it",
	"Deliveries.PeriodAt":                 "Changes.Operations sets it",
	"Deliveries.WarnedAt":                 "Changes.Results sets it",
	"Deliveries.Destination":              "write_changes sets it",
	"Results.Unreached":                   "it is recorded with the destination",
	"Deliveries.PeriodAttempts":           "Changes.Operations sets it",
	"Messages.Report.Returned":            "used to find the delivery, and not kept",
	"Messages.Report.Returned.MailSystem": "used to find the delivery, and not kept",
	"Messages.Report.Returned.Action":     "used to find the delivery, and not kept",
	"Messages.Report.Returned.Cites":      "used to find the delivery, and not kept",
	"Messages.Report.Returned.ReplyTo":    "used to find the delivery, and not kept",
	"Messages.Report.Returned.Subjects":   "used to find the delivery, and not kept",
	"Messages.Origin":                     "only the decisions that ingest bases on it are stored",
	"Messages.Refuses":                    "only the decisions that ingest bases on it are stored",
	"Messages.Unsubscribe":                "made when the message is sent",
	"Messages.NullPath":                   "only the decisions that ingest bases on it are stored",
	"Messages.Signed":                     "only the result of its verification is stored",
	"Messages.ConversationID":             "the placement has it",
	"Messages.Seq":                        "the placement has it",
	"Messages.ThreadMethod":               "the placement has it",
	"Messages.ThreadEvidence":             "the placement has it",
	"Events.Cursor":                       "set by the database",
	"Opened.Number":                       "set by the database",
	"Opened.Facts":                        "Changes.Facts has them",
	"Updated.Facts":                       "Changes.Facts has them",
	"Notices.InboxID":                     "only chooses whom the notice is for",
	"Notices.To":                          "only chooses whom the notice is for",
}

// fixture is a database with what changes refer to.
type fixture struct {
	*Store
	inbox                                 desk.InboxID
	agent                                 desk.AgentID
	account                               desk.AccountID
	contact                               desk.ContactID
	updated                               desk.ConversationID
	raws                                  []desk.RawID // claimed under fence 7
	session                               desk.SessionID
	sent, claimed, confirmed, ended, seen desk.DeliveryID
	message                               desk.MessageID
	stint                                 desk.StintID
	task                                  desk.TaskID
	helper                                desk.AgentID // helps with the conversation updated
	scheduled, undone                     desk.MessageID
}

func openFixture(t testing.TB) *fixture {
	t.Helper()
	s, err := Open(t.Context(), Options{DSN: dbtest.New(t), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	f := &fixture{Store: s, inbox: desk.NewID[desk.InboxID](), agent: desk.NewID[desk.AgentID](), account: desk.NewID[desk.AccountID](),
		contact: desk.NewID[desk.ContactID](), updated: desk.NewID[desk.ConversationID](), session: desk.NewID[desk.SessionID](),
		message: desk.NewID[desk.MessageID](), stint: desk.NewID[desk.StintID](), task: desk.NewID[desk.TaskID](), helper: desk.NewID[desk.AgentID](),
		scheduled: desk.NewID[desk.MessageID](), undone: desk.NewID[desk.MessageID]()}
	f.exec(t, "insert into tiers (tier, name) values (1, 'Frontline'), (2, 'Specialists')")
	f.exec(t, "insert into inboxes (id, key, name, tier) values ($1, 'frontline', 'Frontline', 1)", f.inbox)
	f.exec(t, "insert into agents (id, name, email, admin) values ($1, 'Ana', 'ana@desk.example', true)", f.agent)
	f.exec(t, "insert into accounts (id, name) values ($1, 'Old')", f.account)
	f.exec(t, "insert into contacts (id, account_id) values ($1, $2)", f.contact, f.account)
	f.exec(t, "insert into conversations (id, account_id, contact_id, channel, inbox_id, tier, reply_channel, created_at, updated_at) values ($1, $2, $3, 'form', $4, 1, 'email', now(), now())",
		f.updated, f.account, f.contact, f.inbox)
	f.exec(t, "insert into stints (id, conversation_id, inbox_id, tier, waiting_on, started_at, reason) values ($1, $2, $3, 1, 'us', now(), 'routed')", f.stint, f.updated, f.inbox)
	f.exec(t, "insert into agents (id, name, email) values ($1, 'Ben', 'ben@desk.example')", f.helper)
	f.exec(t, "insert into helpers (conversation_id, agent_id, invited_by, since) values ($1, $2, $3, now())", f.updated, f.helper, f.agent)
	f.exec(t, `insert into tasks (id, conversation_id, inbox_id, title, note, state, opened_by, due_in_us, result, opened_at, updated_at)
		values ($1, $2, $3, 'Late', '', 'open', $4, 0, '', now(), now())`, f.task, f.updated, f.inbox, f.agent)
	f.exec(t, "insert into chat_sessions (id, secret_hash, widget) values ($1, 'x', 'wk')", f.session)
	f.exec(t, "insert into messages (id, account_id, direction, channel, message_id, sent_at, received_at) values ($1, $2, 'outbound', 'email', 'old@desk.example', now(), now())", f.message, f.account)
	f.exec(t, "insert into placements (conversation_id, seq, message_id, since) values ($1, 1, $2, '2026-01-01Z')", f.updated, f.message)
	for id, state := range map[desk.MessageID]string{f.scheduled: "scheduled", f.undone: "held"} {
		f.exec(t, `insert into messages (id, account_id, direction, channel, message_id, addresses, new_text, author_id, sent_at, received_at)
			values ($1, $2, 'outbound', 'email', $1::uuid::text, '{"to": [{"name": "Jo", "email": "jo@acme.example"}]}', $4, $3, now(), now())`, id, f.account, f.agent, state)
		f.exec(t, `insert into deliveries (id, message_id, conversation_id, channel, recipient, state, next_attempt_at, created_at, updated_at)
			values ($1, $2, $3, 'email', 'jo@acme.example', $4, '2027-01-01Z', now(), now())`, desk.NewID[desk.DeliveryID](), id, f.updated, state)
	}
	f.exec(t, `insert into address_health (address, suppressed_at, reason, failures, first_failed_at, last_failed_at) values ('back@acme.example', now(), 'repeated', 3, now(), now())`)
	for range 2 {
		id := desk.NewID[desk.RawID]()
		f.raws = append(f.raws, id)
		f.exec(t, "insert into raws (id, channel, endpoint, source_key, received_at, size, bytes, fence, lease_until) values ($1, 'email', 'smtp', $1::uuid::text, now(), 3, 'abc', 7, now() + interval '1 minute')", id)
	}
	for i, d := range []struct {
		id    *desk.DeliveryID
		state string
	}{{&f.claimed, "sending"}, {&f.sent, "sent"}, {&f.confirmed, "sent"}, {&f.ended, "cancelled"}, {&f.seen, "failed"}} {
		*d.id = desk.NewID[desk.DeliveryID]()
		f.exec(t, `insert into deliveries (id, message_id, conversation_id, channel, recipient, state, attempts, next_attempt_at, code, enhanced_code, detail, fence, settled, created_at, updated_at)
			values ($1, $2, $3, 'email', $4, $5, 3, '2026-01-01Z', 250, '2.0.0', 'queued', 9, $6, now(), now())`, *d.id, f.message, f.updated, fmt.Sprint(i), d.state, d.state != "sending")
	}
	return f
}

func (f *fixture) exec(t testing.TB, query string, args ...any) {
	t.Helper()
	if _, err := f.db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func (f *fixture) write(t testing.TB, c *desk.Changes) error {
	t.Helper()
	return f.tx(t.Context(), func(tx *sqlx.Tx) error { return f.Store.write(t.Context(), tx, c) })
}

// full returns changes with every field of every type set, in one element of its
// list at least.
func (f *fixture) full() *desk.Changes {
	at := func(minutes int) time.Time {
		return time.Date(2026, 11, 28, 10, minutes, 0, 123456000, time.UTC)
	}
	account, contact := desk.NewID[desk.AccountID](), desk.NewID[desk.ContactID]()
	conversation := func(id desk.ConversationID, number int64) *desk.Conversation {
		return &desk.Conversation{ID: id, Number: number, AccountID: account, ContactID: contact, Subject: "Ärger \"quoted\" \\ \x00", Channel: desk.ChannelChat,
			Status: desk.StatusSnoozed, Priority: desk.PriorityUrgent, InboxID: f.inbox, Tier: 2, AssigneeID: f.agent, Tags: []string{"a", "b,c"},
			Restricted: true, Path: []string{"default", "{x}"}, PolicyVersion: 3, ReplyChannel: desk.ChannelChat, ReplyTo: "jo@acme.example",
			ReplyFrom: "help@desk.example", Participants: []string{"jo@acme.example", "al@acme.example"}, WaitingOn: desk.WaitingThirdParty,
			Preview: "preview", LastInboundAt: at(1), LastReplyAt: at(2), WaitingSince: at(3), SnoozedUntil: at(4), ResolvedAt: at(5),
			MergedInto: f.updated, LastSeq: 7, CreatedAt: at(6), UpdatedAt: at(8), SLA: "t2", Segment: "gold", Gap: "owner", DueAt: at(14), CheckAt: at(15),
			Service: json.RawMessage(`{"inbound": 2}`)}
	}
	opened := conversation(desk.NewID[desk.ConversationID](), 0)
	updated := conversation(f.updated, 1)
	updated.Status, updated.Subject, updated.WaitingOn, updated.MergedInto = desk.StatusPending, "Moved", desk.WaitingCustomer, opened.ID
	address := func(name string) []desk.Address {
		return []desk.Address{{Name: name, Email: strings.ToUpper(name) + "@acme.example"}}
	}
	signed := at(20)
	message := desk.Message{ID: desk.NewID[desk.MessageID](), ConversationID: opened.ID, Seq: 2, Direction: desk.Inbound, Channel: desk.ChannelEmail,
		RawID: f.raws[0], MessageID: "m@acme.example", InReplyTo: []string{"p@desk.example"}, References: []string{"r@desk.example", "p@desk.example"},
		Sender: address("sender"), From: address("from"), ReplyTo: address("reply"), To: address("to"), CC: address("cc"), BCC: address("bcc"),
		Subject: "Sub\xffject", SentAt: at(10), ReceivedAt: at(11), Preview: "pre", TextBody: "text \x00 'body'", HTMLBody: "<p>html</p>", NewText: "new\ntext",
		Attachments: []desk.Part{{PartID: "1.2", BlobID: strings.Repeat("ab", 32), Size: 5, Name: "a.pdf", Type: "application/pdf", Charset: "utf-8", Enclosed: true,
			Disposition: "attachment", CID: "cid", Location: "https://acme.example/a.pdf", Picture: desk.PictureNone, Data: []byte("\x00\xffabc")}},
		AutoSubmitted: desk.AutoBounce, ListID: "list.acme.example",
		Report: &desk.Report{Kind: "delivery-status", OriginalMessageID: "o@desk.example", OriginalSubject: "O", EnvelopeID: "E", ReportingMTA: "mx",
			Recipients:   []desk.ReportRecipient{{Recipient: "a@b.example", Original: "c@d.example", Action: "failed", Status: "5.1.1", Diagnostic: "550", RemoteMTA: "r"}},
			FeedbackType: "abuse"},
		Problems: []desk.Problem{{Code: "no-date", Detail: "none", Address: "al@acme.example"}},
		Authentication: &desk.Authentication{By: "mx", SPF: "pass", DKIM: "pass", DMARC: "pass", Domain: "acme.example", Policy: "reject",
			Trust: desk.TrustAligned, Reason: "why", Spam: "no action", Virus: "none", Results: "mx; spf=pass"},
		Signature: &desk.Signature{Kind: desk.SignatureSMIME, Status: desk.SignatureValid, Reason: "fits", Email: "e", Name: "n", Key: "k", Issuer: "i",
			SignedAt: &signed, Footer: "footer"},
		AuthorID: f.agent, ThirdParty: true, ThreadMethod: "references", ThreadEvidence: "cites <p>"}
	stint := func(id desk.StintID, c desk.ConversationID, ended time.Time) desk.Stint {
		return desk.Stint{ID: id, ConversationID: c, InboxID: f.inbox, Tier: 2, AssigneeID: f.agent, WaitingOn: desk.WaitingThirdParty,
			StartedAt: at(30), EndedAt: ended, Reason: "moved"}
	}
	event := desk.NewConversationEvent(at(40), opened, 2, desk.ActorPolicy, desk.NoteAdded{MessageSummary: message.Summary()})
	c := &desk.Changes{
		Accounts: []desk.Account{{ID: account, Name: "Acme", Segment: "gold", Timezone: "Europe/Berlin", Attributes: map[string]any{"seats": 5.0},
			Tags: []string{"vip"}, CreatedAt: at(0)}},
		Domains:    []desk.AccountDomain{{Domain: "acme.example", Account: account}},
		Contacts:   []desk.Contact{{ID: contact, AccountID: account, Name: "Jo", CreatedAt: at(0)}},
		Identities: []desk.ContactIdentity{{Contact: contact, Identity: desk.Identity{Channel: desk.ChannelEmail, Address: "jo@acme.example", Trust: desk.TrustVerified, VerifiedAt: at(9)}}},
		Opened:     []*desk.Conversation{opened}, Updated: []*desk.Conversation{updated},
		Refs:  []desk.ThreadRef{{MessageID: "m@acme.example", Conversation: opened.ID, Account: account, Own: true}, {MessageID: "p@desk.example", Conversation: opened.ID, Account: account}},
		Ended: []desk.Stint{{ID: f.stint, ConversationID: f.updated, InboxID: f.inbox, Tier: 1, AssigneeID: f.agent, WaitingOn: desk.WaitingUs, StartedAt: at(1), EndedAt: at(30), Reason: "routed"}},
		Begun: []desk.Stint{stint(desk.NewID[desk.StintID](), f.updated, at(31)), stint(desk.NewID[desk.StintID](), f.updated, time.Time{})},
		Events: []desk.Event{event,
			desk.NewEvent(at(41), desk.AgentSubject(f.agent), desk.AgentActor(f.agent), desk.AgentChanged{Fields: []string{"name"}})},
		Deliveries: []desk.Delivery{{ID: desk.NewID[desk.DeliveryID](), MessageID: message.ID, ConversationID: opened.ID, Channel: desk.ChannelEmail,
			Recipient: "jo@acme.example", ReturnPath: "help@desk.example", EnvelopeID: "env", State: desk.DeliveryDelayed, Attempts: 2, NextAttemptAt: at(50),
			Code: 451, EnhancedCode: "4.2.1", Detail: "later", LeaseUntil: at(51), Fence: 12, CreatedAt: at(52), UpdatedAt: at(53)}},
		Results: []desk.DeliveryResult{{Delivery: f.claimed, Fence: 9, Source: desk.SourceAttempt, At: at(55), NextAttemptAt: at(56),
			Result: desk.Result{State: desk.DeliveryDelayed, Server: "mx.example:25", Code: 450, EnhancedCode: "4.7.1", Detail: "greylisted", Late: true}}},
		Operations: []desk.DeliveryOperation{{Delivery: f.seen, Action: desk.DeliveryRetry, From: desk.DeliveryFailed, State: desk.DeliveryQueued, OnHold: true,
			NextAttemptAt: at(59), Reason: "again", By: f.agent, At: at(60)}},
		Unreached: []desk.AddressFailure{{Address: "gone@acme.example", Permanent: true, Code: 550, EnhancedCode: "5.1.1", Detail: "no such user", At: at(61)}},
		Reached:   []desk.AddressLift{{Address: "back@acme.example", By: f.agent, At: at(62)}},
		Released:  []desk.ReleasedMessage{{Message: f.scheduled, At: at(57)}},
		Cancelled: []desk.CancelledMessage{{Message: f.undone, Conversation: f.updated, At: at(58)}},
		Facts:     []desk.ConversationFacts{{Conversation: opened.ID, Facts: json.RawMessage(`{"channel": "email"}`)}},
		Clocks: []desk.Clock{{ID: desk.NewID[desk.ClockID](), ConversationID: f.updated, Metric: desk.Resolution, Policy: "t2", PolicyVersion: 3, Tier: 2,
			State: desk.ClockMet, StartedAt: at(1), DueAt: at(2), MetAt: at(3), BreachedAt: at(2), EndedAt: at(3), Target: time.Hour, Used: 2 * time.Hour,
			CountedAt: at(3), Paused: true, Warnings: []desk.ClockWarning{{Percent: 80, At: at(1)}}}},
		Notices: []desk.Notice{{ID: desk.NewID[desk.NoticeID](), ConversationID: f.updated, InboxID: f.inbox, To: "assignee", AgentID: f.agent,
			Kind: desk.NoticePage, Rule: "late", Text: "Look", At: at(4)}},
		Overdue: []desk.OverdueTask{{Task: f.task, At: at(16)}},
		Tasks: []desk.Task{{ID: desk.NewID[desk.TaskID](), ConversationID: f.updated, InboxID: f.inbox, Title: "Trace the parcel", Note: "Number 7",
			State: desk.TaskDone, AssigneeID: f.agent, OpenedBy: f.agent, DueIn: time.Hour, DueAt: at(17), OverdueAt: at(17), Result: "Found", ResultID: f.message,
			OpenedAt: at(1), UpdatedAt: at(18), ClosedAt: at(18), ClosedBy: f.agent}},
		Invited: []desk.Helper{{ConversationID: f.updated, AgentID: f.agent, By: f.helper, Since: at(19)}},
		Left:    []desk.Helper{{ConversationID: f.updated, AgentID: f.helper, By: f.agent, Since: at(1)}},
		Automatic: []desk.AutomaticDue{{ConversationID: f.updated, MessageID: f.message, Kind: desk.AutomaticAcknowledgement, At: at(59), Facts: desk.AutomaticFacts{Answer: "reset-it", Language: "en", Words: []string{"reset"},
			Channel: desk.ChannelEmail, Address: "jo@acme.example", Received: at(58), Trust: desk.TrustAligned, Auto: desk.AutoNo, Refused: "X-Loop",
			NullPath: true, Named: true, Own: true, Via: true, Spam: true, Reply: true, MessageID: "m@acme.example", References: []string{"r@acme.example"},
			Subject: "Hello", Fingerprint: "f", Assignee: f.agent}}},
		Sessions:  []desk.SessionLink{{Session: f.session, Contact: contact, Conversation: opened.ID}},
		Processed: []desk.ProcessedRaw{{Raw: f.raws[0], Fence: 7, Message: message.ID}, {Raw: f.raws[1], Fence: 7, Message: message.ID, Duplicate: true}},
	}
	c.AddMessage(&message, account, [32]byte{1, 2, 3}, at(12))
	c.Placements = append(c.Placements, desk.Placement{MessageID: f.message, ConversationID: f.updated, Seq: 1, Until: at(13)})
	c.Merges = []desk.Merge{{Absorbed: f.updated, Surviving: opened.ID, First: 1, Last: 2, At: at(13), Undone: true}}
	return c
}

// apart are the rows of an undone merge.
func apart(m desk.Merge) []map[string]key {
	x, y := key(m.Absorbed), key(m.Surviving)
	if bytes.Compare(x[:], y[:]) > 0 {
		x, y = y, x
	}
	return []map[string]key{{"conversation_id": x, "other_id": y}, {"conversation_id": y, "other_id": x}}
}

// TestWriteStoresEveryField fails for a field that a type of desk.Changes gains
// and write does not store.
func TestWriteStoresEveryField(t *testing.T) {
	t.Parallel()
	f := openFixture(t)
	c := f.full()
	for _, path := range zeroFields(reflect.ValueOf(*c)) {
		if notStored[path] == "" {
			t.Errorf("desk.Changes.%s is not set in this test: set it, and see that it is stored", path)
		}
	}
	if err := f.write(t, c); err != nil {
		t.Fatal(err)
	}
	opened := c.Opened[0]
	if opened.Number == 0 {
		t.Error("the new conversation has no number")
	}
	text := func(s *string) { *s = clean(*s) }
	text(&opened.Subject)
	m := c.Messages[0]
	for _, s := range []*string{&m.Subject, &m.TextBody} {
		text(s)
	}
	compare(t, "accounts", read(t, f, "select * from accounts where name = 'Acme'", func(r *accountJSON) desk.Account { return r.account() }), c.Accounts)
	compare(t, "domains", read(t, f, "select * from account_domains", func(r *domainJSON) desk.AccountDomain {
		return desk.AccountDomain{Domain: r.Domain, Account: desk.AccountID(r.AccountID)}
	}), c.Domains)
	compare(t, "contacts", read(t, f, "select * from contacts where name = 'Jo'", func(r *contactJSON) desk.Contact {
		return desk.Contact{ID: desk.ContactID(r.ID), AccountID: desk.AccountID(r.AccountID), Name: r.Name, CreatedAt: r.CreatedAt.Time}
	}), c.Contacts)
	compare(t, "identities", read(t, f, "select * from identities", func(r *identityJSON) desk.ContactIdentity {
		return desk.ContactIdentity{Contact: desk.ContactID(r.ContactID), Identity: desk.Identity{Channel: desk.Channel(r.Channel), Address: r.Address,
			Trust: desk.Trust(r.Trust), VerifiedAt: r.VerifiedAt.Time}}
	}), c.Identities)
	compare(t, "automatic", read(t, f, "select * from automatic_due", func(r *automaticJSON) desk.AutomaticDue {
		return desk.AutomaticDue{ConversationID: desk.ConversationID(r.ConversationID), MessageID: desk.MessageID(r.MessageID), Kind: desk.AutomaticKind(r.Kind),
			At: r.At.Time, Facts: r.Facts}
	}), c.Automatic)
	compare(t, "separations", read(t, f, "select conversation_id, other_id from separations order by conversation_id", func(r *map[string]key) map[string]key { return *r }),
		apart(c.Merges[0]))
	updated := *c.Updated[0]
	conversations := read(t, f, "select * from conversations order by number", func(r *conversationJSON) desk.Conversation { return r.conversation() })
	updated.CreatedAt = conversations[0].CreatedAt // never changes
	compare(t, "conversations", conversations, []desk.Conversation{updated, *opened})
	for _, p := range c.Facts {
		compare(t, "facts", read(t, f, "select * from conversation_facts", func(r *factsJSON) desk.ConversationFacts {
			return desk.ConversationFacts{Conversation: desk.ConversationID(r.ConversationID), Facts: r.Facts}
		}), []desk.ConversationFacts{p})
	}
	compare(t, "tasks", read(t, f, "select * from tasks where title <> 'Late'", func(r *taskJSON) desk.Task {
		return desk.Task{ID: desk.TaskID(r.ID), ConversationID: desk.ConversationID(r.ConversationID), InboxID: desk.InboxID(r.InboxID), Title: r.Title, Note: r.Note,
			State: desk.TaskState(r.State), AssigneeID: desk.AgentID(r.AssigneeID), OpenedBy: desk.AgentID(r.OpenedBy), DueIn: time.Duration(r.DueInUS) * time.Microsecond,
			DueAt: r.DueAt.Time, OverdueAt: r.OverdueAt.Time, Result: r.Result, ResultID: desk.MessageID(r.ResultID), OpenedAt: r.OpenedAt.Time,
			UpdatedAt: r.UpdatedAt.Time, ClosedAt: r.ClosedAt.Time, ClosedBy: desk.AgentID(r.ClosedBy)}
	}), c.Tasks)
	compare(t, "overdue tasks", read(t, f, "select id, overdue_at as at from tasks where title = 'Late'", func(r *overdueJSON) desk.OverdueTask {
		return desk.OverdueTask{Task: desk.TaskID(r.ID), At: r.At.Time}
	}), c.Overdue)
	compare(t, "helpers", read(t, f, "select * from helpers", func(r *helperJSON) desk.Helper { // without the one who left
		return desk.Helper{ConversationID: desk.ConversationID(r.ConversationID), AgentID: desk.AgentID(r.AgentID), By: desk.AgentID(r.InvitedBy), Since: r.Since.Time}
	}), c.Invited)
	compare(t, "clocks", read(t, f, "select * from clocks", storedClock), c.Clocks)
	notice := c.Notices[0]
	notice.InboxID, notice.To = desk.InboxID{}, ""
	compare(t, "notices", read(t, f, "select * from notices", func(r *noticeJSON) desk.Notice {
		return desk.Notice{ID: desk.NoticeID(r.ID), ConversationID: desk.ConversationID(r.ConversationID), AgentID: desk.AgentID(r.AgentID),
			Kind: desk.NoticeKind(r.Kind), Rule: r.Rule, Text: r.Text, At: r.At.Time}
	}), []desk.Notice{notice})
	compare(t, "messages", read(t, f, "select * from messages where channel = 'email' and direction = 'inbound'", storedMessage), []desk.NewMessage{bare(m)})
	compare(t, "blobs", read(t, f, "select sha256, encode(bytes, 'hex') as hex, size from blobs", func(r *map[string]any) map[string]any { return *r }),
		[]map[string]any{{"sha256": m.Attachments[0].BlobID, "hex": hex.EncodeToString(m.Attachments[0].Data), "size": 5.0}})
	placements := read(t, f, "select * from placements order by until nulls first", func(r *placementJSON) desk.Placement {
		return desk.Placement{MessageID: desk.MessageID(r.MessageID), ConversationID: desk.ConversationID(r.ConversationID), Seq: r.Seq, Method: r.Method,
			Evidence: r.Evidence, Since: r.Since.Time, Until: r.Until.Time}
	})
	c.Placements[1].Since = placements[1].Since // the one that was there
	compare(t, "placements", placements, c.Placements)
	compare(t, "references", read(t, f, "select * from thread_refs order by message_id", func(r *refJSON) desk.ThreadRef {
		return desk.ThreadRef{MessageID: r.MessageID, Conversation: desk.ConversationID(r.ConversationID), Account: desk.AccountID(r.AccountID), Own: r.Own}
	}), c.Refs)
	compare(t, "stints", read(t, f, "select * from stints where reason = 'moved' order by ended_at nulls last", func(r *stintJSON) desk.Stint { return r.stint() }), c.Begun)
	ended := read(t, f, "select * from stints where reason = 'routed'", func(r *stintJSON) desk.Stint { return r.stint() })
	if !ended[0].EndedAt.Equal(c.Ended[0].EndedAt) {
		t.Errorf("the old stint ended at %s, want %s", ended[0].EndedAt, c.Ended[0].EndedAt)
	}
	compare(t, "deliveries", read(t, f, "select * from deliveries where envelope_id = 'env'", func(r *deliveryJSON) desk.Delivery { return r.delivery() }), c.Deliveries)
	compare(t, "results", read(t, f, `select a.delivery_id, d.fence, a.source, a.at, a.state, a.server, a.code, a.enhanced_code, a.detail, d.next_attempt_at, d.warned_at is not distinct from a.at as late
		from delivery_attempts a join deliveries d on d.id = a.delivery_id and d.state = a.state and d.code = a.code and d.detail = a.detail and a.attempt = d.attempts`, func(r *resultJSON) desk.DeliveryResult {
		return desk.DeliveryResult{Delivery: desk.DeliveryID(r.DeliveryID), Fence: r.Fence, Source: desk.AttemptSource(r.Source), At: r.At.Time,
			Result: desk.Result{State: desk.DeliveryState(r.State), Server: r.Server, Code: r.Code, EnhancedCode: r.EnhancedCode, Detail: r.Detail, Late: r.Late}, NextAttemptAt: r.NextAttemptAt.Time}
	}), c.Results)
	compare(t, "operations", read(t, f, `select d.id as delivery_id, a.action, 'failed' as was, d.state, d.on_hold, d.next_attempt_at, a.detail as reason, a.agent_id as by_id, d.period_at as at
		from delivery_attempts a join deliveries d on d.id = a.delivery_id where a.source = 'person' and a.at = d.updated_at and a.state = d.state and d.period_attempts = 3 and not d.settled`,
		func(r *operationJSON) desk.DeliveryOperation {
			return desk.DeliveryOperation{Delivery: desk.DeliveryID(r.DeliveryID), Action: desk.DeliveryAction(r.Action), From: desk.DeliveryState(r.Was),
				State: desk.DeliveryState(r.State), OnHold: r.OnHold, NextAttemptAt: r.NextAttemptAt.Time, Reason: r.Reason, By: desk.AgentID(r.ByID), At: r.At.Time}
		}), c.Operations)
	compare(t, "unreached", read(t, f, `select address, reason = 'no-mailbox' as permanent, code, enhanced_code, detail, suppressed_at as at from address_health
		where suppressed_at = first_failed_at and last_failed_at = suppressed_at and failures = 1`, func(r *addressFailureJSON) desk.AddressFailure {
		return desk.AddressFailure{Address: r.Address, Permanent: r.Permanent, Code: r.Code, EnhancedCode: r.EnhancedCode, Detail: r.Detail, At: r.At.Time}
	}), c.Unreached)
	compare(t, "reached", read(t, f, "select address, lifted_by as by_id, lifted_at as at from address_health where failures = 0 and suppressed_at is null and reason = ''", func(r *addressLiftJSON) desk.AddressLift {
		return desk.AddressLift{Address: r.Address, By: desk.AgentID(r.ByID), At: r.At.Time}
	}), c.Reached)
	compare(t, "released", read(t, f, "select d.message_id, m.sent_at as at from deliveries d join messages m on m.id = d.message_id where d.state = 'queued' and d.next_attempt_at = m.sent_at and m.received_at = m.sent_at",
		func(r *releasedJSON) desk.ReleasedMessage {
			return desk.ReleasedMessage{Message: desk.MessageID(r.MessageID), At: r.At.Time}
		}), c.Released)
	compare(t, "cancelled", read(t, f, `select d.message_id, o.conversation_id, d.updated_at as at from deliveries d join drafts o on o.text = 'held' and o.recipients = '{"to": ["\"Jo\" <jo@acme.example>"], "cc": []}'
		where d.message_id = '`+uuid.UUID(f.undone).String()+`' and d.state = 'cancelled' and d.settled`, func(r *releasedJSON) desk.CancelledMessage {
		return desk.CancelledMessage{Message: desk.MessageID(r.MessageID), Conversation: desk.ConversationID(r.ConversationID), At: r.At.Time}
	}), c.Cancelled)
	created := desk.NewEvent(c.Accounts[0].CreatedAt, desk.AccountSubject(c.Accounts[0].ID), desk.ActorSystem, desk.AccountCreated{Name: "Acme", Domains: []string{"acme.example"}})
	compare(t, "events", read(t, f, "select * from events where kind <> 'notice.created' order by id", storedEvent), slices.Insert(c.Events, 0, created))
	compare(t, "sessions", read(t, f, "select * from chat_sessions", func(r *sessionJSON) desk.SessionLink {
		return desk.SessionLink{Session: desk.SessionID(r.ID), Contact: desk.ContactID(r.ContactID), Conversation: desk.ConversationID(r.ConversationID)}
	}), c.Sessions)
	compare(t, "raws", read(t, f, "select id, fence, message_id, same_as is not null as again from raws where state = 'processed' and lease_until is null order by same_as nulls first", func(r *struct {
		processedJSON
		Again bool `json:"again"`
	}) desk.ProcessedRaw {
		return desk.ProcessedRaw{Raw: desk.RawID(r.ID), Fence: r.Fence, Message: desk.MessageID(r.MessageID), Duplicate: r.Again}
	}), c.Processed)
}

// zeroFields lists the fields, as paths of names, that no element of their list sets.
func zeroFields(changes reflect.Value) (paths []string) {
	for i := range changes.NumField() {
		set := map[string]bool{}
		visit(changes.Type().Field(i).Name, changes.Field(i), set)
		for path, nonzero := range set {
			if !nonzero {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

func visit(path string, v reflect.Value, set map[string]bool) {
	set[path] = set[path] || !v.IsZero()
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			visit(path, v.Elem(), set)
		}
	case reflect.Slice:
		for i := range v.Len() {
			if k := v.Type().Elem().Kind(); k == reflect.Struct || k == reflect.Pointer {
				visit(path, v.Index(i), set)
			}
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			name := path + "." + v.Type().Field(i).Name
			if v.Type().Field(i).Anonymous {
				name = path
			}
			visit(name, v.Field(i), set)
		}
	}
}

// read returns a query's rows, each by way of JSON.
func read[Row, T any](t *testing.T, f *fixture, query string, convert func(*Row) T) (out []T) {
	t.Helper()
	var rows []string
	if err := f.db.SelectContext(t.Context(), &rows, "select row_to_json(t)::text from ("+query+") t"); err != nil {
		t.Fatal(err)
	}
	for _, text := range rows {
		var row Row
		if err := json.Unmarshal([]byte(text), &row); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		out = append(out, convert(&row))
	}
	return out
}

func compare[T any](t *testing.T, what string, got, want []T) {
	t.Helper()
	ignored := cmpopts.IgnoreFields(desk.Part{}, "Data")
	payload := cmp.FilterValues(func(a, b json.RawMessage) bool { return len(a)+len(b) > 0 }, cmp.Comparer(func(a, b json.RawMessage) bool {
		var x, y any
		return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
	}))
	if diff := cmp.Diff(want, got, ignored, payload, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s, stored (+) and written (-):\n%s", what, diff)
	}
}

// bare is what the table messages has of a message.
func bare(m desk.NewMessage) desk.NewMessage {
	m.ConversationID, m.Seq, m.ThreadMethod, m.ThreadEvidence = desk.ConversationID{}, 0, "", ""
	return m
}

func storedMessage(r *struct {
	messageJSON
	TextBody string `json:"text_body"`
	HTMLBody string `json:"html_body"`
	NewText  string `json:"new_text"`
}) desk.NewMessage {
	m := desk.NewMessage{Account: desk.AccountID(r.AccountID), Message: desk.Message{ID: desk.MessageID(r.ID), Direction: desk.Direction(r.Direction),
		Channel: desk.Channel(r.Channel), RawID: desk.RawID(r.RawID), MessageID: r.MessageID, InReplyTo: r.InReplyTo, References: r.Refs,
		Sender: r.Addresses.Sender, From: r.Addresses.From, ReplyTo: r.Addresses.ReplyTo, To: r.Addresses.To, CC: r.Addresses.CC, BCC: r.Addresses.BCC,
		Subject: r.Subject, SentAt: r.SentAt.Time, ReceivedAt: r.ReceivedAt.Time, Preview: r.Preview, TextBody: r.TextBody, HTMLBody: r.HTMLBody,
		NewText: r.NewText, Attachments: r.Attachments, AutoSubmitted: desk.AutoSubmitted(r.AutoSubmitted), ListID: r.ListID, Report: r.Report,
		Problems: r.Problems, Authentication: r.Authentication, Signature: r.Signature, AuthorID: desk.AgentID(r.AuthorID), ThirdParty: r.ThirdParty}}
	content, err := hex.DecodeString(strings.TrimPrefix(r.Content, `\x`))
	if err == nil && len(content) == 32 && r.FromAddress == "from@acme.example" {
		m.Content = [32]byte(content)
	}
	return m
}

func storedClock(r *clockJSON) desk.Clock {
	return desk.Clock{ID: desk.ClockID(r.ID), ConversationID: desk.ConversationID(r.ConversationID), Metric: desk.Metric(r.Metric), Policy: r.Policy,
		PolicyVersion: r.PolicyVersion, Tier: desk.Tier(r.Tier), State: desk.ClockState(r.State), StartedAt: r.StartedAt.Time, DueAt: r.DueAt.Time,
		MetAt: r.MetAt.Time, BreachedAt: r.BreachedAt.Time, EndedAt: r.EndedAt.Time, Target: time.Duration(r.TargetUS) * time.Microsecond,
		Used: time.Duration(r.UsedUS) * time.Microsecond, CountedAt: r.CountedAt.Time, Paused: r.Paused, Warnings: r.Warnings}
}

func storedEvent(r *eventJSON) desk.Event {
	e := desk.Event{At: r.At.Time, Subject: desk.Subject{Kind: desk.SubjectKind(r.SubjectKind), ID: r.SubjectID}, ConversationID: desk.ConversationID(r.ConversationID),
		AccountID: desk.AccountID(r.AccountID), Seq: r.Seq, Kind: desk.EventKind(r.Kind), Version: r.Version, Actor: desk.Actor(r.Actor), Data: r.Data}
	if e.Subject.Kind == desk.SubjectConversation {
		e.Subject.ID = e.ConversationID.String()
	}
	return e
}
