package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
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
	rows, err := t.tx.StmtxContext(ctx, t.s.q.ingest.Snapshot).QueryContext(ctx, t.snapshotArguments(q)...)
	if err != nil {
		return nil, wrap("read what a batch needs", err)
	}
	defer rows.Close()
	t.snap = &ingest.Snapshot{Contacts: map[ingest.IdentityKey]desk.Contact{}, Domains: map[string]desk.AccountID{},
		Accounts: map[desk.AccountID]desk.Account{}, Conversations: map[desk.ConversationID]*desk.Conversation{},
		Stints: map[desk.ConversationID]desk.Stint{}, Sessions: map[desk.SessionID]ingest.Session{},
		Stored: map[ingest.ContentKey]ingest.Stored{}, Sent: map[string]desk.ConversationID{}, SentAs: map[string]desk.MessageID{},
		Agents: map[string]desk.Agent{}, Deliveries: map[desk.MessageID][]ingest.SentDelivery{}, Open: map[desk.AccountID]int{}, Last: map[desk.ConversationID][]threading.Written{}}
	for rows.Next() {
		var part string
		var item []byte
		if err := rows.Scan(&part, &item); err != nil {
			return nil, wrap("read what a batch needs", err)
		}
		if err := t.add(part, item); err != nil {
			return nil, desk.Errorf(desk.KindInternal, "read_snapshot returned a %s that cannot be read: %w", part, err)
		}
	}
	return t.snap, wrap("read what a batch needs", rows.Err())
}

func (t *ingestTx) snapshotArguments(q ingest.Query) []any {
	var args [13]column
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
	}
	out := make([]any, len(args))
	for i := range args {
		out[i] = &args[i]
	}
	return out
}

// add puts one row of read_snapshot into the snapshot.
func (t *ingestTx) add(part string, item []byte) error {
	switch part {
	case "now":
		return json.Unmarshal(item, &t.now)
	case "session":
		return decode(item, t.addSession)
	case "contact":
		return decode(item, t.addContact)
	case "domain":
		return decode(item, func(r *domainJSON) { t.snap.Domains[r.Domain] = desk.AccountID(r.AccountID) })
	case "known":
		return decode(item, func(r *refJSON) {
			t.snap.Known = append(t.snap.Known, threading.Known{MessageID: r.MessageID, Conversation: desk.ConversationID(r.ConversationID), Own: r.Own})
		})
	case "sent":
		return decode(item, func(r *snapshotMessage) {
			t.snap.Sent[r.MessageID], t.snap.SentAs[r.MessageID] = desk.ConversationID(r.ConversationID), desk.MessageID(r.ID)
		})
	case "stored":
		return decode(item, t.addStored)
	case "agent":
		return decode(item, func(r *agentJSON) { t.snap.Agents[r.Email] = r.agent() })
	case "last":
		return decode(item, t.addLast)
	case "conversation":
		return decode(item, func(r *conversationJSON) {
			c := r.conversation()
			t.snap.Conversations[c.ID] = &c
		})
	case "stint":
		return decode(item, func(r *stintJSON) { t.snap.Stints[desk.ConversationID(r.ConversationID)] = r.stint() })
	case "delivery":
		return decode(item, func(r *snapshotDelivery) {
			d := ingest.SentDelivery{Delivery: r.delivery(), Personal: r.Personal}
			t.snap.Deliveries[d.MessageID] = append(t.snap.Deliveries[d.MessageID], d)
		})
	case "account":
		return decode(item, func(r *snapshotAccount) {
			a := r.account()
			a.Domains = r.Domains
			t.snap.Accounts[a.ID], t.snap.Open[a.ID] = a, r.Open
		})
	}
	return nil
}

func decode[Row any](item []byte, add func(*Row)) error {
	var row Row
	if err := json.Unmarshal(item, &row); err != nil {
		return err
	}
	add(&row)
	return nil
}

type snapshotSession struct {
	sessionJSON
	AccountID key    `json:"account_id"`
	Name      string `json:"name"`
	Email     string `json:"email"`
}

func (t *ingestTx) addSession(r *snapshotSession) {
	t.snap.Sessions[desk.SessionID(r.ID)] = ingest.Session{Contact: desk.ContactID(r.ContactID), Account: desk.AccountID(r.AccountID),
		Conversation: desk.ConversationID(r.ConversationID), Name: r.Name, Email: r.Email}
}

type snapshotContact struct {
	contactJSON
	Channel    string  `json:"channel"`
	Address    string  `json:"address"`
	Trust      string  `json:"trust"`
	VerifiedAt instant `json:"verified_at"`
}

func (t *ingestTx) addContact(r *snapshotContact) {
	identity := desk.Identity{Channel: desk.Channel(r.Channel), Address: r.Address, Trust: desk.Trust(r.Trust), VerifiedAt: r.VerifiedAt.Time}
	t.snap.Contacts[ingest.IdentityKey{Channel: identity.Channel, Address: r.Address}] = desk.Contact{ID: desk.ContactID(r.ID),
		AccountID: desk.AccountID(r.AccountID), Name: r.Name, CreatedAt: r.CreatedAt.Time, Identities: []desk.Identity{identity}}
}

// snapshotMessage is a message in its conversation.
type snapshotMessage struct {
	ID             key    `json:"id"`
	ConversationID key    `json:"conversation_id"`
	AccountID      key    `json:"account_id"`
	MessageID      string `json:"message_id"`
	Content        string `json:"content"` // hex
}

func (t *ingestTx) addStored(r *snapshotMessage) {
	content, err := hex.DecodeString(r.Content)
	if err != nil || len(content) != 32 {
		return // written before messages were recognized by their content
	}
	id := ingest.ContentKey{Account: desk.AccountID(r.AccountID), MessageID: r.MessageID, Content: [32]byte(content)}
	t.snap.Stored[id] = ingest.Stored{Message: desk.MessageID(r.ID), Conversation: desk.ConversationID(r.ConversationID)}
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

func (t *ingestTx) addLast(r *snapshotLast) {
	id := desk.ConversationID(r.ConversationID)
	t.snap.Last[id] = append(t.snap.Last[id], threading.Written{MessageID: r.MessageID, From: desk.Address{Name: r.FromName, Email: r.FromAddress},
		SentAt: r.SentAt, NewText: r.NewText, TextBody: r.TextBody})
}

type snapshotAccount struct {
	accountJSON
	Domains []string `json:"domains"`
	Open    int      `json:"open"`
}

type snapshotDelivery struct {
	deliveryJSON
	Personal bool `json:"personal"`
}

type agentJSON struct {
	ID    key         `json:"id"`
	Name  string      `json:"name"`
	Email string      `json:"email"`
	Tiers []desk.Tier `json:"tiers"`
	Admin bool        `json:"admin"`
}

func (r *agentJSON) agent() desk.Agent {
	return desk.Agent{ID: desk.AgentID(r.ID), Name: r.Name, Email: r.Email, Tiers: r.Tiers, Admin: r.Admin}
}
