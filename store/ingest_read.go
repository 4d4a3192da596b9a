package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/ingest"
	"switchboard/threading"
)

// Lock implements ingest.Tx: Snapshot takes the locks, in the same call.
func (t *ingestTx) Lock(_ context.Context, scopes []ingest.Scope) error {
	t.scopes = scopes
	return nil
}

// Snapshot implements ingest.Tx with one call of the SQL function read_snapshot.
func (t *ingestTx) Snapshot(ctx context.Context, q ingest.Query) (*ingest.Snapshot, error) {
	var text []byte
	if err := t.tx.StmtxContext(ctx, t.s.q.ingest.Snapshot).QueryRowContext(ctx, t.snapshotArguments(q)...).Scan(&text); err != nil {
		return nil, wrap("read what a batch needs", err)
	}
	var read snapshotJSON
	if err := json.Unmarshal(text, &read); err != nil {
		return nil, desk.Errorf(desk.KindInternal, "read_snapshot returned invalid JSON: %w", err)
	}
	t.now = read.Now
	snap := read.snapshot()
	if q.History {
		if err := t.readHistory(ctx, snap); err != nil {
			return nil, err
		}
	}
	if q.Facts {
		return snap, t.readFacts(ctx, snap)
	}
	return snap, nil
}

// readHistory adds what became of the conversations of the accounts and contacts.
func (t *ingestTx) readHistory(ctx context.Context, snap *ingest.Snapshot) error {
	var accounts, contacts column
	for id := range snap.Accounts {
		accounts.uuid(id)
	}
	for _, c := range snap.Contacts {
		contacts.uuid(c.ID)
	}
	var rows []struct {
		AccountID desk.AccountID
		ContactID desk.ContactID
		Total     int
		LastTier  int
		Reopened  int
	}
	if err := t.tx.StmtxContext(ctx, t.s.q.ingest.History).SelectContext(ctx, &rows, &accounts, &contacts); err != nil {
		return wrap("read earlier conversations", err)
	}
	snap.Total, snap.Past = map[desk.AccountID]int{}, map[desk.ContactID]ingest.Past{}
	for _, r := range rows {
		if !r.AccountID.IsZero() {
			snap.Total[r.AccountID] = r.Total
		} else {
			snap.Past[r.ContactID] = ingest.Past{LastTier: r.LastTier, Reopened: r.Reopened}
		}
	}
	return nil
}

// readFacts adds the facts that the conversations opened with.
func (t *ingestTx) readFacts(ctx context.Context, snap *ingest.Snapshot) error {
	ids := make([]desk.ConversationID, 0, len(snap.Conversations))
	for id := range snap.Conversations {
		ids = append(ids, id)
	}
	facts, err := t.s.facts(ctx, t.tx, ids)
	for id, c := range snap.Conversations {
		c.Facts = facts[id]
	}
	return err
}

func (t *ingestTx) snapshotArguments(q ingest.Query) []any {
	var args [17]column // the last three follow q.Opens
	for _, s := range t.scopes {
		args[0].text(s.Address)
		args[1].text(s.Domain)
	}
	for _, k := range q.Identities {
		args[2].text(string(k.Channel))
		args[3].text(k.Address)
	}
	for _, id := range q.Sessions {
		args[5].uuid(id)
	}
	for _, id := range q.Tokens {
		args[6].uuid(id)
	}
	for at, list := range map[int][]string{4: q.Domains, 7: q.MessageIDs, 8: q.OwnIDs, 9: q.Reported, 10: q.Authors} {
		for _, s := range list {
			args[at].text(s)
		}
	}
	for _, k := range q.Recent {
		args[11].text(string(k.Channel))
		args[12].text(k.Address)
		args[13].text(strings.Join(k.Cites, "\n"))
	}
	for _, s := range q.Failed.Addresses {
		args[14].text(s)
	}
	for _, id := range q.Failed.Envelopes {
		args[15].uuid(id)
	}
	for _, id := range q.Failed.Conversations {
		args[16].uuid(id)
	}
	out := make([]any, 0, len(args)+1)
	for i := range args {
		if i == 14 {
			out = append(out, q.Opens)
		}
		out = append(out, &args[i])
	}
	return out
}

// snapshotJSON is the result of read_snapshot: the rows found, by kind.
type snapshotJSON struct {
	Now           time.Time          `json:"now"`
	Sessions      []snapshotSession  `json:"sessions"`
	Contacts      []snapshotContact  `json:"contacts"`
	Domains       []domainJSON       `json:"domains"`
	Known         []refJSON          `json:"known"`
	Sent          []snapshotMessage  `json:"sent"`
	Stored        []snapshotMessage  `json:"stored"`
	Agents        []agentJSON        `json:"agents"`
	Last          []snapshotLast     `json:"last"`
	Conversations []conversationJSON `json:"conversations"`
	Stints        []stintJSON        `json:"stints"`
	Deliveries    []snapshotDelivery `json:"deliveries"`
	Accounts      []snapshotAccount  `json:"accounts"`
}

func (read *snapshotJSON) snapshot() *ingest.Snapshot {
	snap := &ingest.Snapshot{Contacts: map[ingest.IdentityKey]desk.Contact{}, Domains: map[string]desk.AccountID{},
		Accounts: map[desk.AccountID]desk.Account{}, Conversations: map[desk.ConversationID]*desk.Conversation{},
		Stints: map[desk.ConversationID]desk.Stint{}, Sessions: map[desk.SessionID]ingest.Session{},
		Stored: map[ingest.ContentKey]ingest.Stored{}, Sent: map[string]desk.ConversationID{}, SentAs: map[string]desk.MessageID{}, SentText: map[string]string{}, Forwarded: map[string]bool{},
		Agents: map[string]desk.Agent{}, Deliveries: map[desk.MessageID][]ingest.SentDelivery{}, Open: map[desk.AccountID]int{},
		Last: map[desk.ConversationID][]threading.Written{}}
	for _, r := range read.Sessions {
		snap.Sessions[desk.SessionID(r.ID)] = r.session()
	}
	for _, r := range read.Contacts {
		c := r.contact()
		snap.Contacts[ingest.IdentityKey{Channel: c.Identities[0].Channel, Address: r.Address}] = c
	}
	for _, r := range read.Domains {
		snap.Domains[r.Domain] = desk.AccountID(r.AccountID)
	}
	for _, r := range read.Known {
		snap.Known = append(snap.Known, threading.Known{MessageID: r.MessageID, Conversation: desk.ConversationID(r.ConversationID), Own: r.Own})
	}
	for _, r := range read.Sent {
		snap.Sent[r.MessageID], snap.SentAs[r.MessageID] = desk.ConversationID(r.ConversationID), desk.MessageID(r.ID)
		if r.ThirdParty {
			snap.Forwarded[r.MessageID] = true
		}
		if r.TextBody != "" {
			snap.SentText[r.MessageID] = r.TextBody
		}
	}
	for _, r := range read.Stored {
		if id, stored, ok := r.stored(); ok {
			snap.Stored[id] = stored
		}
	}
	for _, r := range read.Agents {
		snap.Agents[r.Email] = r.agent()
	}
	for _, r := range read.Last {
		id := desk.ConversationID(r.ConversationID)
		snap.Last[id] = append(snap.Last[id], threading.Written{MessageID: r.MessageID, From: desk.Address{Name: r.FromName, Email: r.FromAddress},
			SentAt: r.SentAt, NewText: r.NewText, TextBody: r.TextBody})
	}
	for i := range read.Conversations {
		c := read.Conversations[i].conversation()
		snap.Conversations[c.ID] = &c
	}
	for _, r := range read.Stints {
		snap.Stints[desk.ConversationID(r.ConversationID)] = r.stint()
	}
	for _, r := range read.Deliveries {
		d := ingest.SentDelivery{Delivery: r.delivery(), Personal: r.Personal, ThirdParty: r.ThirdParty, Subject: r.Subject, Cites: append(r.InReplyTo, r.Refs...),
			Placed: desk.ConversationID(r.Placed)}
		snap.Deliveries[d.MessageID] = append(snap.Deliveries[d.MessageID], d)
	}
	for _, r := range read.Accounts {
		a := r.account()
		a.Domains = r.Domains
		snap.Accounts[a.ID], snap.Open[a.ID] = a, r.Open
	}
	return snap
}

type snapshotSession struct {
	sessionJSON
	AccountID key    `json:"account_id"`
	Name      string `json:"name"`
	Email     string `json:"email"`
}

func (r *snapshotSession) session() ingest.Session {
	return ingest.Session{Contact: desk.ContactID(r.ContactID), Account: desk.AccountID(r.AccountID),
		Conversation: desk.ConversationID(r.ConversationID), Name: r.Name, Email: r.Email}
}

type snapshotContact struct {
	contactJSON
	Channel    string  `json:"channel"`
	Address    string  `json:"address"`
	Trust      string  `json:"trust"`
	VerifiedAt instant `json:"verified_at"`
}

// contact returns the contact with only the identity that was asked for.
func (r *snapshotContact) contact() desk.Contact {
	identity := desk.Identity{Channel: desk.Channel(r.Channel), Address: r.Address, Trust: desk.Trust(r.Trust), VerifiedAt: r.VerifiedAt.Time}
	return desk.Contact{ID: desk.ContactID(r.ID), AccountID: desk.AccountID(r.AccountID), Name: r.Name, CreatedAt: r.CreatedAt.Time, Identities: []desk.Identity{identity}}
}

// snapshotMessage is a message in its conversation.
type snapshotMessage struct {
	ID             key    `json:"id"`
	ConversationID key    `json:"conversation_id"`
	AccountID      key    `json:"account_id"`
	MessageID      string `json:"message_id"`
	Content        string `json:"content"`   // hex
	TextBody       string `json:"text_body"` // of a message that we sent
	ThirdParty     bool   `json:"third_party"`
}

// stored returns false for a message that was written before messages were
// recognized by their content.
func (r *snapshotMessage) stored() (ingest.ContentKey, ingest.Stored, bool) {
	content, err := hex.DecodeString(r.Content)
	if err != nil || len(content) != 32 {
		return ingest.ContentKey{}, ingest.Stored{}, false
	}
	return ingest.ContentKey{Account: desk.AccountID(r.AccountID), MessageID: r.MessageID, Content: [32]byte(content)},
		ingest.Stored{Message: desk.MessageID(r.ID), Conversation: desk.ConversationID(r.ConversationID)}, true
}

type snapshotLast struct {
	ConversationID key       `json:"conversation_id"`
	MessageID      string    `json:"message_id"`
	FromAddress    string    `json:"from_address"`
	FromName       string    `json:"from_name"`
	SentAt         time.Time `json:"sent_at"`
	NewText        string    `json:"new_text"`
	TextBody       string    `json:"text_body"`
}

type snapshotAccount struct {
	accountJSON
	Domains []string `json:"domains"`
	Open    int      `json:"open"`
}

type snapshotDelivery struct {
	deliveryJSON
	Personal   bool     `json:"personal"`
	ThirdParty bool     `json:"third_party"`
	Subject    string   `json:"subject"`
	InReplyTo  []string `json:"in_reply_to"`
	Refs       []string `json:"refs"`
	Placed     key      `json:"placed"`
}

type agentJSON struct {
	ID    key         `json:"id"`
	Name  string      `json:"name"`
	Email string      `json:"email"`
	Tiers []desk.Tier `json:"tiers"`
	Admin bool        `json:"admin"`
	Sees  []key       `json:"sees"` // nil: not limited
}

func (r *agentJSON) agent() desk.Agent {
	a := desk.Agent{ID: desk.AgentID(r.ID), Name: r.Name, Email: r.Email, Tiers: r.Tiers, Admin: r.Admin, InboxesOnly: r.Sees != nil}
	for _, id := range r.Sees {
		a.Sees = append(a.Sees, desk.InboxID(id))
	}
	return a
}
