package store_test

import (
	"fmt"
	"strings"
	"testing"

	"switchboard/channels/livechat"
	"switchboard/channels/livechat/chat"
	"switchboard/desk"
	"switchboard/store"
)

var _ livechat.Sessions = store.Visitors{}

// talk is a chat session in a conversation, with messages written as SQL.
type talk struct {
	fixture
	t       testing.TB
	session chat.Session
	c       desk.ConversationID
	seq     int64
	sent    map[string]int64 // text to number
}

func openTalk(t testing.TB) *talk {
	f := open(t)
	session, err := f.Visitors().Open(t.Context(), "shop", "", chat.Visitor{Name: "Jo"})
	if err != nil {
		t.Fatal(err)
	}
	k := &talk{fixture: f, t: t, session: session, c: f.conversation(t), sent: map[string]int64{}}
	k.enter(k.c)
	return k
}

// enter moves the session into a conversation, as ingest does.
func (k *talk) enter(c desk.ConversationID) {
	k.exec(k.t, "update chat_sessions set conversation_id = $2 where id = $1", k.session.ID, c)
	k.c, k.seq = c, 0
}

func (k *talk) message(direction, channel, text, sourceKey string) desk.MessageID {
	k.t.Helper()
	id, raw := desk.NewID[desk.MessageID](), desk.RawID{}
	if sourceKey != "" {
		raw = desk.NewID[desk.RawID]()
		k.exec(k.t, `insert into raws (id, channel, endpoint, source_key, received_at, size, bytes) values ($1, $2, 'shop', $3, now(), 0, '')`, raw, channel, sourceKey)
	}
	k.seq++
	k.sent[text] = k.seq
	k.exec(k.t, `insert into messages (id, account_id, direction, channel, raw_id, message_id, sent_at, received_at, text_body)
		select $1, account_id, $3, $4, $5, $1::uuid::text, now(), now(), $6 from conversations where id = $2`,
		id, k.c, direction, channel, raw, text)
	k.exec(k.t, "insert into placements (message_id, conversation_id, seq, since) values ($1, $2, $3, now())", id, k.c, k.seq)
	k.exec(k.t, "update conversations set last_seq = $2 where id = $1", k.c, k.seq)
	return id
}

// answer writes an outbound message with a delivery to the recipient.
func (k *talk) answer(text, recipient string, state desk.DeliveryState) {
	k.t.Helper()
	channel := "chat"
	if strings.Contains(recipient, "@") {
		channel = "email"
	}
	k.exec(k.t, `insert into deliveries (id, message_id, conversation_id, channel, recipient, state, next_attempt_at, created_at, updated_at)
		values (gen_random_uuid(), $1, $2, $3, $4, $5, now(), now(), now())`, k.message("outbound", channel, text, ""), k.c, channel, recipient, state)
}

func (k *talk) sees(after chat.Position) string {
	k.t.Helper()
	lines, err := k.Visitors().History(k.t.Context(), k.session.ID, after, 100)
	if err != nil {
		k.t.Fatal(err)
	}
	var texts []string
	for _, l := range lines {
		if l.Conversation != k.c || l.Seq != k.sent[l.Text] {
			k.t.Errorf("line %+v is number %d of %s", l, k.sent[l.Text], k.c)
		}
		texts = append(texts, l.Text)
	}
	return strings.Join(texts, " ")
}

// A visitor sees their own lines and what was sent to their session, nothing else
// that is in the conversation.
func TestWhatAVisitorSees(t *testing.T) {
	k := openTalk(t)
	me, other := k.session.ID.String(), desk.NewID[desk.SessionID]().String()
	k.message("inbound", "chat", "mine", me+"/1")
	k.message("note", "note", "note", "")
	k.message("inbound", "chat", "another's", other+"/1")
	k.message("inbound", "email", "mail", "INBOX/1/1")
	k.message("inbound", "email", "disguised", me+"/mail")
	k.answer("answer", me, desk.DeliverySent)
	k.answer("queued", me, desk.DeliveryQueued)
	k.answer("to-another", other, desk.DeliverySent)
	k.answer("by-mail", "boss@acme.example", desk.DeliverySent)
	k.answer("undone", me, desk.DeliveryCancelled)
	k.answer("failed", me, desk.DeliveryFailed)
	if got := k.sees(chat.Position{}); got != "mine answer queued failed" {
		t.Errorf("the visitor sees %q", got)
	}
	if got := k.sees(chat.Position{Conversation: k.c, Seq: k.sent["answer"]}); got != "queued failed" {
		t.Errorf("after the answer: %q", got)
	}
	session, err := k.Visitors().Open(t.Context(), "shop", k.session.Secret, chat.Visitor{Email: "jo@acme.example"})
	if err != nil || !session.Resumed || session.Conversation != k.c || session.Seq != k.sent["failed"] ||
		session.Visitor != (chat.Visitor{Name: "Jo", Email: "jo@acme.example"}) {
		t.Errorf("%+v, %v", session, err)
	}
}

// What may still be undone hides itself and everything after it: a visitor who
// had read past it would never see it.
func TestAHeldAnswerKeepsTheOrder(t *testing.T) {
	k := openTalk(t)
	me := k.session.ID.String()
	k.message("inbound", "chat", "one", me+"/1")
	k.answer("two", me, desk.DeliveryHeld)
	k.message("inbound", "chat", "three", me+"/2")
	if got := k.sees(chat.Position{}); got != "one" {
		t.Errorf("while it is held: %q", got)
	}
	k.exec(t, "update deliveries set state = 'queued'")
	if got := k.sees(chat.Position{Conversation: k.c, Seq: k.sent["one"]}); got != "two three" {
		t.Errorf("released: %q", got)
	}
	k.exec(t, "update deliveries set state = 'cancelled'")
	if got := k.sees(chat.Position{Conversation: k.c, Seq: k.sent["one"]}); got != "three" {
		t.Errorf("undone: %q", got)
	}
}

// In a follow-up conversation numbers begin anew.
func TestAFollowUpIsReadFromItsBeginning(t *testing.T) {
	k := openTalk(t)
	me := k.session.ID.String()
	for i := range 9 {
		k.message("inbound", "chat", fmt.Sprintf("old%d", i), fmt.Sprintf("%s/%d", me, i))
	}
	at := chat.Position{Conversation: k.c, Seq: 9}
	k.enter(k.conversation(t))
	k.message("inbound", "chat", "new", me+"/new")
	if got := k.sees(at); got != "new" {
		t.Errorf("the visitor sees %q", got)
	}
	marks, err := k.Visitors().Marks(t.Context(), []desk.SessionID{k.session.ID, desk.NewID[desk.SessionID]()})
	if err != nil || len(marks) != 1 || marks[0] != (chat.Mark{Session: k.session.ID, Conversation: k.c, Seq: 1}) {
		t.Errorf("%+v, %v", marks, err)
	}
}

func TestReceived(t *testing.T) {
	k := openTalk(t)
	me := k.session.ID.String()
	k.answer("a", me, desk.DeliverySent)
	k.answer("b", me, desk.DeliverySending)
	k.answer("c", me, desk.DeliveryFailed)
	k.answer("d", "jo@acme.example", desk.DeliverySent)
	k.answer("e", me, desk.DeliverySent)
	for range 2 { // the second time changes nothing
		if err := k.Visitors().Received(t.Context(), k.session.ID, k.sent["d"]); err != nil {
			t.Fatal(err)
		}
	}
	events, err := k.EventsAfter(t.Context(), "", 10)
	if err != nil || len(events) != 2 {
		t.Fatalf("%d events, %v; want one for each delivery", len(events), err)
	}
	for i, e := range events {
		if e.Kind != desk.EventDeliveryChanged || e.Actor != desk.ActorCustomer || e.ConversationID != k.c || e.Seq != 6+int64(i) || !strings.Contains(string(e.Data), "delivered") {
			t.Errorf("%+v %s", e, e.Data)
		}
	}
	rows, err := k.db.Query("select m.text_body, d.state, d.settled from deliveries d join messages m on m.id = d.message_id join placements p on p.message_id = m.id order by p.seq")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	got := ""
	for rows.Next() {
		var text, state string
		var settled bool
		if err := rows.Scan(&text, &state, &settled); err != nil {
			t.Fatal(err)
		}
		got += fmt.Sprintf("%s %s %v, ", text, state, settled)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if want := "a delivered true, b delivered true, c failed false, d sent false, e sent false, "; got != want {
		t.Errorf("deliveries\n%s, want\n%s", got, want)
	}
}

// A dump of the database opens no visitor's session.
func TestSecretsAreNotStored(t *testing.T) {
	k := openTalk(t)
	var found int
	err := k.db.QueryRow("select count(*) from chat_sessions s where position($1 in s::text) > 0 or s.secret_hash = $1::bytea", k.session.Secret).Scan(&found)
	if err != nil || found != 0 {
		t.Errorf("the secret is in %d rows, %v", found, err)
	}
	if len(k.session.Secret) != 43 { // 256 bits in base64
		t.Errorf("the secret has %d characters", len(k.session.Secret))
	}
}
