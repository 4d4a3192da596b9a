package ingest

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/router"
	"switchboard/threading"
)

// Rules is everything that decisions depend on besides the message and the
// database: one immutable value, replaced as a whole when it changes.
type Rules struct {
	Policy  *router.Policy
	Version int64                 // the policy's
	Inboxes map[string]desk.Inbox // by key
	Tokens  *threading.Tokens
	// Own reports whether an address is one of ours, subaddresses included.
	Own func(address string) bool
	// Base returns the support address that an address of ours stands for: without
	// subaddress, and the default one for "".
	Base func(address string) string
}

// batch is the working state while a batch is decided, message by message: what
// one message opens, the next one finds.
type batch struct {
	rules *Rules
	snap  *Snapshot
	index *threading.Memory
	out   *Changes
	now   time.Time
	dirty map[desk.ConversationID]bool
	fresh map[desk.ConversationID]bool
}

// decide is the pure heart: what becomes of these messages, given what was known.
func decide(items []parsed, snap *Snapshot, rules *Rules, now time.Time) *Changes {
	b := &batch{rules: rules, snap: snap, index: threading.NewMemory(), out: &Changes{}, now: now,
		dirty: map[desk.ConversationID]bool{}, fresh: map[desk.ConversationID]bool{}}
	for _, c := range snap.Conversations {
		b.index.AddConversation(b.known(c))
	}
	for _, k := range snap.Known {
		b.know(k.Conversation, k.MessageID, k.Own)
	}
	for id, s := range snap.Sessions {
		if !s.Conversation.IsZero() {
			b.index.AddSession(id, s.Conversation)
		}
	}
	for i := range items {
		b.one(&items[i])
	}
	for id, c := range snap.Conversations {
		if b.dirty[id] && !b.fresh[id] {
			b.out.Updated = append(b.out.Updated, c)
		}
	}
	slices.SortFunc(b.out.Updated, func(x, y *desk.Conversation) int { return strings.Compare(x.ID.String(), y.ID.String()) })
	return b.out
}

// one takes a message through the steps.
func (b *batch) one(p *parsed) {
	if p.Raw.Outgoing {
		b.outgoing(p)
		return
	}
	m := p.message
	m.RawID, m.Direction, m.Channel = p.Raw.ID, desk.Inbound, p.Raw.Channel
	m.Authentication = vouched(&p.Raw, &m)
	suspect(&m)
	sessionID := session(&p.Raw)
	s := senderOf(&p.Raw, &m, b.snap.Sessions[sessionID], sessionID)
	if b.returned(p, &m, s) {
		return
	}
	b.ownName(&m, s)
	who := b.resolve(s)

	key := ContentKey{who.account.ID, m.MessageID, content(&m)}
	if first, ok := b.snap.Stored[key]; ok {
		b.duplicate(p, first)
		return
	}

	d := threading.Decide(threading.Incoming{Message: &m, Account: who.account.ID, Contact: who.contact.ID,
		Recipients: recipients(&p.Raw, &m), Session: sessionID, SenderTrust: s.trust}, b.rules.Tokens, b.index)
	m.ThreadMethod, m.ThreadEvidence = d.Method, d.Evidence
	if d.Unverified && !d.ConversationID.IsZero() {
		m.AddProblem(desk.ProblemUnverified, "the sender did not show that he belongs to this conversation; answers do not go to him")
	}

	c := b.snap.Conversations[d.ConversationID]
	if c == nil {
		c = b.open(p, &m, s, who, d)
	}
	b.join(c, &m, s, d, p.Raw.ReceivedAt)
	b.store(c, &m, d, key)
	b.bounced(c, &m)
	if !sessionID.IsZero() {
		b.out.Sessions = append(b.out.Sessions, SessionLink{sessionID, who.contact.ID, c.ID})
		b.snap.Sessions[sessionID] = Session{Contact: who.contact.ID, Account: who.account.ID, Conversation: c.ID, Name: s.name, Email: s.email}
		b.index.AddSession(sessionID, c.ID)
	}
	b.out.Done = append(b.out.Done, Done{p.Raw.ID, p.Fence, m.ID, false})
}

// open begins a conversation where the policy wants it.
func (b *batch) open(p *parsed, m *desk.Message, s sender, who person, d threading.Decision) *desk.Conversation {
	a := b.rules.Policy.Route(b.facts(p, m, s, who, d))
	inbox := b.rules.Inboxes[a.Inbox]
	at := earliest(p.Raw.ReceivedAt, b.now)
	c := &desk.Conversation{
		ID: desk.NewID[desk.ConversationID](), AccountID: who.account.ID, ContactID: who.contact.ID,
		Subject: firstOf(m.Subject, m.Preview), Channel: p.Raw.Channel, Status: desk.StatusOpen, Priority: a.Priority,
		InboxID: inbox.ID, Tier: a.Tier, Tags: tags(a.Tags, m), Restricted: a.Restricted, Path: a.Path, PolicyVersion: b.rules.Version,
		ReplyChannel: desk.ChannelEmail, ReplyFrom: b.replyFrom(&p.Raw, m), CreatedAt: at, UpdatedAt: at,
	}
	if p.Raw.Channel == desk.ChannelChat {
		c.ReplyChannel, c.ReplyTo = desk.ChannelChat, session(&p.Raw).String()
	}
	b.snap.Conversations[c.ID], b.fresh[c.ID] = c, true
	b.out.Opened = append(b.out.Opened, c)
	stint := desk.Stint{ID: desk.NewID[desk.StintID](), ConversationID: c.ID, InboxID: c.InboxID, Tier: c.Tier,
		WaitingOn: desk.WaitingUs, StartedAt: at, Reason: "routed"}
	b.out.Stints = append(b.out.Stints, stint)
	b.snap.Stints[c.ID] = stint
	b.event(c, desk.EventConversationOpened, desk.ActorPolicy, map[string]any{
		"inbox": a.Inbox, "tier": a.Tier, "path": a.Path, "policy_version": b.rules.Version,
		"segment": a.Segment, "follow_up_of": d.FollowUpOf, "evidence": d.Evidence,
	})
	b.snap.Open[c.AccountID]++
	return c
}

// join brings the conversation up to date with a message that entered it.
func (b *batch) join(c *desk.Conversation, m *desk.Message, s sender, d threading.Decision, received time.Time) {
	at := earliest(received, b.now)
	c.UpdatedAt = latest(c.UpdatedAt, at)
	b.dirty[c.ID] = true
	opened := c.LastInboundAt.IsZero() && b.fresh[c.ID]
	if machine(m) && !opened {
		return // it is filed; it neither reopens nor changes who is answered
	}
	c.Preview, c.LastInboundAt = m.Preview, latest(c.LastInboundAt, at)
	// A message whose sender could not show that he belongs here is shown, but
	// nothing of ours may go to where it points. A new conversation is its own.
	if opened || !d.Unverified {
		b.answerTo(c, m, s, opened && s.trust != desk.TrustForged || b.insider(c, m, d))
	}
	if c.WaitingSince.IsZero() {
		c.WaitingSince = at
	}
	if c.Status != desk.StatusOpen {
		from := c.Status
		c.Status, c.SnoozedUntil, c.ResolvedAt = desk.StatusOpen, time.Time{}, time.Time{}
		b.event(c, desk.EventStatusChanged, desk.ActorCustomer, map[string]any{"from": from, "to": c.Status, "reason": "the customer wrote"})
	}
	b.waitOn(c, desk.WaitingUs, at, "customer replied")
}

// answerTo makes the author the one who is answered, and everyone an insider wrote
// to a participant. A mail in another account's conversation does not move its
// answers, and only an insider's leads them to an address that is new to it.
func (b *batch) answerTo(c *desk.Conversation, m *desk.Message, s sender, insider bool) {
	to := b.replyTo(m, s)
	if !insider && to != s.email && to != c.ReplyTo && !slices.Contains(c.Participants, to) && imf.Domain(to) != s.domain {
		to = s.email
	}
	circle := [][]desk.Address{m.From}
	if s.trust == desk.TrustForged {
		circle = [][]desk.Address{{{Email: s.email}}}
	}
	if insider {
		circle = append(circle, m.To, m.CC)
	}
	for _, list := range circle {
		for _, a := range list {
			b.participate(c, a.Email)
		}
	}
	if c.ReplyChannel != desk.ChannelEmail || (c.ReplyTo != "" && b.snap.Contacts[s.key].AccountID != c.AccountID) {
		return
	}
	if to != nobody && !b.rules.Own(to) {
		c.ReplyTo = to
	}
}

// insider reports a message whose sender holds what only we gave out: a reply
// address, or the identifier of a mail of ours. From, a subject and the
// identifiers of other people's mail can be forged or guessed.
func (b *batch) insider(c *desk.Conversation, m *desk.Message, d threading.Decision) bool {
	sent := func(id string) bool { return b.snap.Sent[id] == c.ID }
	return d.Method == threading.MethodToken || slices.ContainsFunc(m.InReplyTo, sent) || slices.ContainsFunc(m.References, sent)
}

// machine reports mail that a program sent by itself (RFC 3834 §2). What people
// write to a list is not.
func machine(m *desk.Message) bool { return m.Automatic() && m.AutoSubmitted != desk.AutoList }

// waitOn closes the running stint and opens the next when the move passes to
// another side. The two touch: stints tile a conversation's life.
func (b *batch) waitOn(c *desk.Conversation, on desk.WaitingOn, at time.Time, reason string) {
	running, ok := b.snap.Stints[c.ID]
	if !ok || running.WaitingOn == on {
		return
	}
	at = latest(at, running.StartedAt)
	running.EndedAt = at
	b.out.EndStints = append(b.out.EndStints, running)
	next := desk.Stint{ID: desk.NewID[desk.StintID](), ConversationID: c.ID, InboxID: c.InboxID, Tier: c.Tier,
		AssigneeID: c.AssigneeID, WaitingOn: on, StartedAt: at, Reason: reason}
	b.out.Stints = append(b.out.Stints, next)
	b.snap.Stints[c.ID] = next
}

// store numbers the message, and makes it findable by every id it knows.
func (b *batch) store(c *desk.Conversation, m *desk.Message, d threading.Decision, key ContentKey) {
	m.ID, m.ConversationID = desk.NewID[desk.MessageID](), c.ID
	m.Seq = b.event(c, desk.EventMessageReceived, desk.ActorCustomer, map[string]any{
		"message_id": m.ID, "from": m.From, "preview": m.Preview, "channel": m.Channel, "method": m.ThreadMethod,
		"auto_submitted": m.AutoSubmitted, "also_cites": d.AlsoCites, "unverified": d.Unverified, "trust": trust(m),
	})
	b.out.Messages = append(b.out.Messages, NewMessage{Message: *m, Account: key.Account, Content: key.Content})
	b.snap.Stored[key] = Stored{m.ID, c.ID}
	b.cite(c, m)
}

// cite makes the conversation findable by every id that the message knows.
func (b *batch) cite(c *desk.Conversation, m *desk.Message) {
	b.ref(c, m.MessageID, true)
	for _, id := range m.InReplyTo {
		b.ref(c, id, false)
	}
	for _, id := range m.References {
		b.ref(c, id, false)
	}
	b.snap.Last[c.ID] = slices.Insert(b.snap.Last[c.ID], 0, threading.WrittenBy(m))
	b.index.AddConversation(b.known(c))
}

func (b *batch) ref(c *desk.Conversation, id string, own bool) {
	if id == "" {
		return
	}
	b.out.Refs = append(b.out.Refs, Ref{id, c.ID, c.AccountID, own})
	b.know(c.ID, id, own)
}

// know tells the index that a conversation is known by a Message-ID.
func (b *batch) know(c desk.ConversationID, id string, own bool) {
	if own {
		b.index.AddMessage(c, id, nil)
	} else {
		b.index.AddMessage(c, "", []string{id})
	}
}

// duplicate links a mail that came again to the message it already is.
func (b *batch) duplicate(p *parsed, first Stored) {
	b.out.Done = append(b.out.Done, Done{p.Raw.ID, p.Fence, first.Message, true})
	if c := b.snap.Conversations[first.Conversation]; c != nil {
		b.dirty[c.ID] = true
		b.event(c, desk.EventDuplicateLinked, desk.ActorSystem, map[string]any{
			"message_id": first.Message, "raw_id": p.Raw.ID, "endpoint": p.Raw.Endpoint})
	}
}

// bounced matches a delivery status to what we sent. Only a report on a message
// of this very conversation counts; a failure is work for the desk again.
func (b *batch) bounced(c *desk.Conversation, m *desk.Message) {
	if m.Report == nil || m.Report.Kind != "delivery-status" || b.snap.Sent[m.Report.OriginalMessageID] != c.ID {
		return
	}
	for _, r := range m.Report.Recipients {
		b.out.Reports = append(b.out.Reports, DeliveryReport{m.Report.OriginalMessageID, c.ID, r})
		if r.Action == "failed" && (c.Status == desk.StatusPending || c.Status == desk.StatusResolved) {
			b.event(c, desk.EventStatusChanged, desk.ActorSystem, map[string]any{
				"from": c.Status, "to": desk.StatusOpen, "reason": "our answer to " + r.Recipient + " bounced"})
			c.Status = desk.StatusOpen
			b.waitOn(c, desk.WaitingUs, b.now, "answer bounced")
		}
	}
}

// event appends to the conversation's history and returns its number.
func (b *batch) event(c *desk.Conversation, kind desk.EventKind, actor desk.Actor, data map[string]any) int64 {
	c.LastSeq++
	text, err := json.Marshal(data)
	if err != nil {
		text = []byte("{}") // cannot happen: every value above marshals
	}
	b.out.Events = append(b.out.Events, desk.Event{At: b.now, ConversationID: c.ID, AccountID: c.AccountID,
		Seq: c.LastSeq, Kind: kind, Actor: actor, Data: text})
	return c.LastSeq
}

// maxParticipants bounds what a mail with a thousand recipients may add.
const maxParticipants = 200

func (b *batch) participate(c *desk.Conversation, address string) {
	address = imf.NormalizeAddr(address)
	if address == "" || b.rules.Own(address) || len(c.Participants) >= maxParticipants || slices.Contains(c.Participants, address) {
		return
	}
	c.Participants = append(c.Participants, address)
}

// replyFrom is the support address the customer wrote to.
func (b *batch) replyFrom(raw *desk.Raw, m *desk.Message) string {
	for _, address := range recipients(raw, m) {
		if b.rules.Own(address) {
			return b.rules.Base(address)
		}
	}
	return b.rules.Base("")
}

// replyTo is where the author wants answers (RFC 5322 §3.6.2): not at our own
// address, which some programs fill in.
func (b *batch) replyTo(m *desk.Message, s sender) string {
	for _, a := range m.ReplyTo {
		if imf.ValidAddr(a.Email) && !b.rules.Own(a.Email) {
			return imf.NormalizeAddr(a.Email)
		}
	}
	return s.email
}

// recipients lists every address of ours that may carry a token: the forward-paths
// first, because only they are proven to be ours.
func recipients(raw *desk.Raw, m *desk.Message) []string {
	out := slices.Clone(raw.EnvelopeTo)
	for _, list := range [][]desk.Address{m.To, m.CC, m.BCC} {
		for _, a := range list {
			out = append(out, a.Email)
		}
	}
	return out
}

// content hashes what the author wrote, without what relays and lists add.
func content(m *desk.Message) [32]byte {
	h := sha256.New()
	for _, part := range []string{m.Subject, m.TextBody, m.HTMLBody} {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	for _, a := range m.Attachments {
		h.Write([]byte(a.BlobID))
	}
	return [32]byte(h.Sum(nil))
}

// session is the chat session of a raw chat line; zero for everything else.
func session(raw *desk.Raw) desk.SessionID {
	if raw.Channel != desk.ChannelChat {
		return desk.SessionID{}
	}
	text, _, _ := strings.Cut(raw.SourceKey, "/")
	id, err := desk.ParseID[desk.SessionID](text)
	if err != nil {
		return desk.SessionID{}
	}
	return id
}

// known is what threading may know of a conversation.
func (b *batch) known(c *desk.Conversation) threading.Conversation {
	return threading.Conversation{Last: b.snap.Last[c.ID], ID: c.ID, Number: c.Number, Account: c.AccountID, Contact: c.ContactID, Status: c.Status,
		Subject: c.Subject, Participants: c.Participants, MergedInto: c.MergedInto, UpdatedAt: c.UpdatedAt}
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
