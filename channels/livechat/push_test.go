package livechat_test

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"switchboard/channels/livechat"
	"switchboard/channels/livechat/chat"
	"switchboard/desk"
	"switchboard/live"
)

// room is one visitor's conversation: a server over sessions in memory, and a
// backend that commits lines and reports them as the gateway does.
type room struct {
	*browser
	t        *testing.T
	hub      *live.Hub
	sessions *sessions
	session  desk.SessionID
	c        desk.ConversationID
	seq      int64
}

func openRoom(t *testing.T) *room {
	t.Helper()
	r := &room{t: t, hub: live.New(), sessions: newSessions(), c: desk.NewID[desk.ConversationID]()}
	// No poll during the test: lines arrive by a push or because an event caused a read.
	cfg := livechat.Config{Widgets: map[string]livechat.Widget{"shop": {Key: "shop"}}, PollEvery: time.Hour}
	server := livechat.New(cfg, r.sessions, r.hub, slog.New(slog.DiscardHandler))
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	t.Cleanup(serving(t, web.URL, server))
	r.browser = dial(t, strings.TrimPrefix(web.URL, "http://"), "shop", nil)
	r.say(map[string]any{"type": "hello"})
	session, err := desk.ParseID[desk.SessionID](strings.TrimPrefix(r.want("welcome").Session, "secret-"))
	if err != nil {
		t.Fatal(err)
	}
	r.session = session
	r.settled(1) // events before the test
	return r
}

// settled waits until the socket has made n reads in all.
func (r *room) settled(n int) {
	r.t.Helper()
	for late := time.Now().Add(patience); r.sessions.count() < n; <-time.After(time.Millisecond) {
		if time.Now().After(late) {
			r.t.Fatalf("%d reads of the database, want %d", r.sessions.count(), n)
		}
	}
}

// commit adds a line to the database and returns its message.
func (r *room) commit(from, id, text string) *desk.Message {
	r.seq++
	m := &desk.Message{ID: desk.NewID[desk.MessageID](), ConversationID: r.c, Seq: r.seq, TextBody: text, ReceivedAt: time.Unix(1_700_000_000, r.seq*1000).UTC()}
	if from == chat.FromAgent {
		m.From, id = []desk.Address{{Name: "Ana"}}, m.ID.String()
	}
	line := chat.Line{Conversation: r.c, Seq: m.Seq, ID: id, From: from, Text: text, At: m.ReceivedAt}
	if from == chat.FromAgent {
		line.Name = "Ana"
	}
	r.sessions.add(line)
	return m
}

// received is what happens on this node when a visitor's line was stored: the
// push, then the tail's event.
func (r *room) received(id, text string) {
	var events []desk.Event
	if r.seq == 0 {
		events = append(events, r.event(desk.EventConversationOpened))
	}
	m := r.commit(chat.FromVisitor, id, text)
	events = append(events, desk.Event{ConversationID: r.c, Seq: m.Seq, Kind: desk.EventMessageReceived})
	raw := &desk.Raw{Channel: desk.ChannelChat, SourceKey: r.session.String() + "/" + id}
	livechat.Publisher{Hub: r.hub}.Received(raw, m, events)
	r.hub.PublishEvents(events)
}

// replied is what happens when an agent's reply was stored.
func (r *room) replied(text string, state desk.DeliveryState) {
	m := r.commit(chat.FromAgent, "", text)
	d := desk.Delivery{MessageID: m.ID, Channel: desk.ChannelChat, Recipient: r.session.String(), State: state}
	livechat.Publisher{Hub: r.hub}.Sent(m, []desk.Delivery{d})
	r.hub.PublishEvents([]desk.Event{{ConversationID: r.c, Seq: m.Seq, Kind: desk.EventMessageSent}})
}

// event adds an event that is not a line.
func (r *room) event(kind desk.EventKind) desk.Event {
	r.seq++
	return desk.Event{ConversationID: r.c, Seq: r.seq, Kind: kind, Data: []byte(`{"message_id":"ms_other"}`)}
}

func (r *room) wantLine(from, text string) {
	r.t.Helper()
	if f := r.want("message"); f.From != from || f.Text != text || f.Seq == 0 {
		r.t.Fatalf("got %+v, want %q from the %s", f, text, from)
	}
}

// Lines that follow each other on one node are not read from the database, whether
// the visitor or an agent wrote them, and whatever else happens in between.
func TestPushedLinesNeedNoRead(t *testing.T) {
	r := openRoom(t)
	before := r.sessions.count()
	const rounds = 10
	for i := range rounds {
		question, answer := fmt.Sprintf("question %d", i), fmt.Sprintf("answer %d", i)
		r.received(fmt.Sprintf("m-%d", i), question)
		r.wantLine(chat.FromVisitor, question)
		r.hub.PublishEvents([]desk.Event{r.event(desk.EventStatusChanged)})
		r.replied(answer, desk.DeliverySent)
		r.wantLine(chat.FromAgent, answer)
		r.hub.PublishEvents([]desk.Event{r.event(desk.EventConversationAssigned), r.event(desk.EventDeliveryChanged)})
	}
	if reads := r.sessions.count() - before; reads != 0 {
		t.Errorf("%d reads of the database for %d lines, want none", reads, 2*rounds)
	}
}

// An event that this node has not seen makes the next line be read, once.
func TestLineAfterAGapIsRead(t *testing.T) {
	r := openRoom(t)
	r.received("m-1", "hello?")
	r.wantLine(chat.FromVisitor, "hello?")
	before := r.sessions.count()
	r.commit(chat.FromAgent, "", "on another node")
	r.replied("on this node", desk.DeliverySent)
	r.wantLine(chat.FromAgent, "on another node")
	r.wantLine(chat.FromAgent, "on this node")
	r.replied("and again", desk.DeliverySent)
	r.wantLine(chat.FromAgent, "and again")
	if reads := r.sessions.count() - before; reads != 1 {
		t.Errorf("%d reads of the database, want 1", reads)
	}
}

// A held reply is never pushed, and neither is anything behind it until it is
// released.
func TestHeldRepliesAreNotPushed(t *testing.T) {
	r := openRoom(t)
	r.received("m-1", "hello?")
	r.wantLine(chat.FromVisitor, "hello?")
	reads := r.sessions.count()

	r.sessions.hide(r.seq + 1)
	r.replied("held", desk.DeliveryHeld)
	r.settled(reads + 1)
	r.replied("behind it", desk.DeliverySent)
	r.settled(reads + 2)

	r.sessions.hide(0)
	r.hub.PublishEvents([]desk.Event{r.event(desk.EventDeliveryChanged)})
	r.wantLine(chat.FromAgent, "held")
	r.wantLine(chat.FromAgent, "behind it")
}

// A push for another session's line does not reach this one.
func TestPushOfAnotherSession(t *testing.T) {
	r := openRoom(t)
	r.received("m-1", "hello?")
	r.wantLine(chat.FromVisitor, "hello?")
	m := &desk.Message{ID: desk.NewID[desk.MessageID](), ConversationID: r.c, Seq: r.seq + 1, TextBody: "for another visitor"}
	other := desk.Delivery{MessageID: m.ID, Channel: desk.ChannelChat, Recipient: desk.NewID[desk.SessionID]().String(), State: desk.DeliverySent}
	livechat.Publisher{Hub: r.hub}.Sent(m, []desk.Delivery{other})
	r.seq++
	r.hub.PublishEvents([]desk.Event{{ConversationID: r.c, Seq: r.seq, Kind: desk.EventMessageSent}})
	r.replied("for you", desk.DeliverySent)
	r.wantLine(chat.FromAgent, "for you")
}

// Pushed lines are the same as those that a later connection reads from the database.
func TestPushedAndReadLinesAreEqual(t *testing.T) {
	o := startGateway(t)
	b := o.visit(t)
	b.say(map[string]any{"type": "hello", "name": "Jo"})
	welcome := b.want("welcome")
	var pushed []frame
	for i, text := range []string{"one \u00e9\r\ntwo\ttabs ", "three"} {
		pushed = append(pushed, b.tell(fmt.Sprintf("m-%d", i), text))
		o.reply(t, pushed[0].Epoch, " answer to\n"+text)
		pushed = append(pushed, b.want("message"))
	}
	again := o.visit(t)
	again.say(map[string]any{"type": "hello", "session": welcome.Session})
	again.want("welcome")
	for _, want := range pushed {
		if got := again.want("message"); got != want {
			t.Errorf("read %+v, pushed %+v", got, want)
		}
	}
}
