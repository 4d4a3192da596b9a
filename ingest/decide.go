package ingest

import (
	"crypto/sha256"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/lifecycle"
	"switchboard/router"
	"switchboard/threading"
)

// Rules is everything that decisions depend on besides the message and the
// database: one immutable value, replaced as a whole when it changes.
type Rules struct {
	Policy  *router.Policy
	Version int64                 // the policy's
	Pilot   *router.Pilot         // nil: none is running
	Inboxes map[string]desk.Inbox // by key
	Tokens  *threading.Tokens
	// Own reports whether an address is one of the desk's own, subaddresses included.
	Own func(address string) bool
	// OwnDomain reports whether a domain is the desk's own: its people are no customer's.
	OwnDomain func(domain string) bool
	// Base returns the support address behind one of the desk's own addresses,
	// without its subaddress; for "", the default one.
	Base func(address string) string
	// PolicyAt returns an older version of the policy document; nil: there is none.
	PolicyAt func(version int64) *router.Policy
	// Agent returns an agent; nil: they are not known.
	Agent func(desk.AgentID) (desk.Agent, bool)
}

// Lifecycle returns the part of the rules that package lifecycle needs.
func (r *Rules) Lifecycle() lifecycle.Policy {
	p := lifecycle.Policy{Own: r.Own, Rules: r.Policy, Pilot: r.Pilot, Version: r.PolicyAt, Agent: r.Agent, Inboxes: make([]desk.Inbox, 0, len(r.Inboxes))}
	for _, in := range r.Inboxes {
		p.Inboxes = append(p.Inboxes, in)
	}
	return p
}

// policies returns the policies that may decide about a message.
func (r *Rules) policies() (list []*router.Policy) {
	if r.Policy != nil {
		list = append(list, r.Policy)
	}
	if r.Pilot != nil {
		list = append(list, r.Pilot.Policy)
	}
	return list
}

// batch is the working state while a batch is decided, message by message, so that a
// message finds the conversation that an earlier one opened.
type batch struct {
	rules *Rules
	snap  *Snapshot
	index *threading.Memory
	out   *desk.Changes
	now   time.Time
	life  lifecycle.Policy
	// opened are the conversations that this batch opened.
	opened map[desk.ConversationID]bool
	// answers are the articles with which the policy answers them.
	answers map[desk.ConversationID]string
}

// decide returns what to write for a batch of messages, given what the database
// contained. It is pure, except that it keeps snap up to date from message to
// message.
func decide(items []parsed, snap *Snapshot, rules *Rules, now time.Time) *desk.Changes {
	b := &batch{rules: rules, snap: snap, index: threading.NewMemory(), out: &desk.Changes{}, now: now, life: rules.Lifecycle(), opened: map[desk.ConversationID]bool{},
		answers: map[desk.ConversationID]string{}}
	for _, c := range snap.Conversations {
		b.index.AddConversation(b.candidate(c))
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
		b.decideOne(&items[i])
	}
	return b.out
}

// decideOne takes a message through the steps: authentication, customer, contact and
// account, duplicate, thread, route, join.
func (b *batch) decideOne(p *parsed) {
	if p.Raw.Outgoing {
		b.outgoing(p)
		return
	}
	m := p.message
	m.RawID, m.Direction, m.Channel = p.Raw.ID, desk.Inbound, p.Raw.Channel
	m.Authentication = authentication(&p.Raw, &m)
	markForged(&m)
	sessionID := session(&p.Raw)
	author := senderOf(&p.Raw, &m, b.snap.Sessions[sessionID], sessionID, b.rules)
	if b.returned(p, &m, author) || b.fromAgent(p, &m, author) {
		return
	}
	about, found := b.findReturned(p, &m)
	if author.system && b.repeated(p, &m) {
		return
	}
	s, comment := author, (*desk.Message)(nil)
	var who person
	var seen bool
	if !author.system {
		if s, comment = b.forwarded(p, &m, author); s.via == "" {
			s = b.customer(p, &m, author)
		}
		b.markAddress(p, &m, author, s)
		seen = b.seen(s)
		_, s.known = b.snap.Contacts[s.key]
		who = b.peek(s)
	}

	in := threading.Incoming{Message: &m, Imported: p.Raw.History, Sender: s.address(), Account: who.account.ID, Contact: who.contact.ID,
		Recipients: recipients(&p.Raw, &m), Session: sessionID, SenderTrust: s.trust, Seen: seen}
	if found {
		in.Returned, in.ReturnedEvidence = about.conversation, about.evidence
	}
	d := threading.Decide(in, b.rules.Tokens, b.index)
	switch {
	case d.ThirdParty: // nobody's customer: what they write belongs to the conversation's account
		who.account = b.snap.Accounts[b.snap.Conversations[d.ConversationID].AccountID]
		who.account.ID = b.snap.Conversations[d.ConversationID].AccountID
	case !author.system:
		who = b.resolve(s)
	}
	key := ContentKey{who.account.ID, m.MessageID, content(&m)}
	if first, ok := b.snap.Stored[key]; ok {
		b.duplicate(p, first)
		return
	}
	m.ThirdParty = d.ThirdParty
	m.ThreadMethod, m.ThreadEvidence = d.Method, d.Evidence
	markUnverified(&m, s, d)

	c := b.snap.Conversations[d.ConversationID]
	opens := c == nil
	if opens {
		if s.system {
			who = b.resolve(s)
		}
		c = b.open(p, &m, s, who, d)
	}
	if s.system {
		key.Account = c.AccountID
	}
	for _, other := range d.Absorbs {
		b.absorb(c, b.snap.Conversations[other.ID], other.Reason)
	}
	if d.ThirdParty {
		b.thirdParty(c, p, &m, s, d, key)
	} else {
		b.join(c, p, &m, s, d, key)
	}
	if opens {
		b.answerLater(c, p, &m, author, s)
	}
	if comment != nil {
		b.comment(c, p, comment)
	}
	b.reported(c, p, &m, about)
	if !sessionID.IsZero() {
		if known := b.snap.Sessions[sessionID]; known.Contact != who.contact.ID || known.Conversation != c.ID {
			b.out.Sessions = append(b.out.Sessions, desk.SessionLink{Session: sessionID, Contact: who.contact.ID, Conversation: c.ID})
		}
		b.snap.Sessions[sessionID] = Session{Contact: who.contact.ID, Account: who.account.ID, Conversation: c.ID, Name: s.name, Email: s.email}
		b.index.AddSession(sessionID, c.ID)
	}
	b.processed(p, m.ID, false)
}

// open opens a conversation in the inbox that the policy chooses.
func (b *batch) open(p *parsed, m *desk.Message, s sender, who person, d threading.Decision) *desk.Conversation {
	c := desk.Conversation{
		ID: desk.NewID[desk.ConversationID](), AccountID: who.account.ID, ContactID: who.contact.ID,
		Subject: firstOf(m.Subject, m.Preview), Channel: p.Raw.Channel, PolicyVersion: b.rules.Version,
		ReplyChannel: desk.ChannelEmail, ReplyFrom: b.replyFrom(&p.Raw, m),
	}
	facts := b.facts(b.rules.Policy, p, m, s, who, d)
	policy := b.life.Begin(&c, facts).Rules
	if policy != b.rules.Policy {
		facts = b.facts(policy, p, m, s, who, d)
	}
	a := policy.Route(facts)
	a.Path = append(c.Path, a.Path...)
	inbox := b.rules.Inboxes[a.Inbox]
	c.Priority, c.InboxID, c.Tier, c.Tags, c.Restricted, c.Path = a.Priority, inbox.ID, a.Tier, tags(a.Tags, m), a.Restricted, a.Path
	if p.Raw.Channel == desk.ChannelChat {
		c.ReplyChannel, c.ReplyTo = desk.ChannelChat, session(&p.Raw).String()
	}
	out := lifecycle.Open(c, lifecycle.Opening{SLA: a.SLA, Page: a.Page, Facts: facts, Data: desk.ConversationOpened{Inbox: a.Inbox, Tier: a.Tier, Path: a.Path,
		PolicyVersion: c.PolicyVersion, Segment: a.Segment, FollowUpOf: d.FollowUpOf, Evidence: d.Evidence}}, b.life, earliest(p.Raw.ReceivedAt, b.now))
	out.AddOpenedTo(b.out)
	b.snap.Conversations[c.ID], b.snap.Stints[c.ID] = &out.State.Conversation, out.State.Stint
	b.opened[c.ID] = true
	if a.Answer != "" {
		b.answers[c.ID] = a.Answer
	}
	b.snap.Open[c.AccountID]++
	if b.snap.Total != nil {
		b.snap.Total[c.AccountID]++
	}
	return b.snap.Conversations[c.ID]
}

// apply applies an event to a conversation of the snapshot and returns the number of
// the entry that announces it.
func (b *batch) apply(c *desk.Conversation, e lifecycle.Event, at time.Time) (seq int64) {
	state, err := lifecycle.Load(*c, b.snap.Stints[c.ID])
	if err != nil {
		panic(err)
	}
	out, err := lifecycle.Apply(state, e, b.life, at)
	if err != nil {
		panic(err) // only agents' operations can be refused
	}
	*c, b.snap.Stints[c.ID] = out.State.Conversation, out.State.Stint
	out.AddTo(b.out)
	return out.Announced
}

// join adds a message to a conversation and updates the conversation.
func (b *batch) join(c *desk.Conversation, p *parsed, m *desk.Message, s sender, d threading.Decision, key ContentKey) {
	m.ID, m.ConversationID = desk.NewID[desk.MessageID](), c.ID
	at := earliest(p.Raw.ReceivedAt, b.now)
	e := lifecycle.Message{Automatic: automatic(m), History: p.Raw.History, Data: desk.MessageReceived{MessageSummary: m.Summary(), Method: m.ThreadMethod,
		AutoSubmitted: m.AutoSubmitted, AlsoCites: d.AlsoCites, Unverified: d.Unverified || d.Unconfirmed, Trust: s.trust}}
	// A message from an unverified sender is shown, but must not redirect our
	// replies, unless it opens the conversation.
	opening := c.LastInboundAt.IsZero() && c.LastSeq == 1
	if opening || !d.Unverified {
		e.ReplyTo, e.Participants = b.replyPath(c, m, s, d, opening)
	}
	if d.Unverified || !s.authenticated() {
		b.markReplyTo(c, m, s, e.ReplyTo)
	}
	m.Seq = b.apply(c, e, at)
	if m.Channel == desk.ChannelEmail && !e.Automatic && !p.Raw.History && s.trust != desk.TrustForged && s.address() != "" {
		b.out.Reached = append(b.out.Reached, desk.AddressLift{Address: imf.NormalizeAddr(s.address()), At: at})
	}
	b.out.AddMessage(m, key.Account, key.Content, at)
	b.snap.Stored[key] = Stored{m.ID, c.ID}
	b.cite(c, m)
}

// processed marks a raw row as done.
func (b *batch) processed(p *parsed, m desk.MessageID, duplicate bool) {
	b.out.Processed = append(b.out.Processed, desk.ProcessedRaw{Raw: p.Raw.ID, Fence: p.Fence, Message: m, Duplicate: duplicate})
}

// repeated links a mail system's report that arrived again to the stored one. Its
// sender has no account: it is stored in that of the conversation.
func (b *batch) repeated(p *parsed, m *desk.Message) bool {
	sum := content(m)
	for key, first := range b.snap.Stored {
		if key.MessageID == m.MessageID && key.Content == sum {
			b.duplicate(p, first)
			return true
		}
	}
	return false
}

// duplicate links a mail that arrived again to the stored message.
func (b *batch) duplicate(p *parsed, first Stored) {
	b.processed(p, first.Message, true)
	if c := b.final(first.Conversation); c != nil {
		b.apply(c, lifecycle.Duplicate{Data: desk.DuplicateLinked{MessageID: first.Message, RawID: p.Raw.ID, Endpoint: p.Raw.Endpoint}}, b.now)
	}
}

// automatic reports whether a program sent a mail by itself (RFC 3834 §2). What
// people write to a mailing list is not automatic.
func automatic(m *desk.Message) bool { return m.Automatic() && m.AutoSubmitted != desk.AutoList }

// content returns a hash of what the author wrote, without what relays and lists add.
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

// session returns the chat session of a raw chat line; zero for everything else.
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

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
