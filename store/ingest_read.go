package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/ingest"
	"switchboard/threading"
)

// Snapshot implements ingest.Tx.
func (t *ingestTx) Snapshot(ctx context.Context, q ingest.Query) (*ingest.Snapshot, error) {
	snap := &ingest.Snapshot{Contacts: map[ingest.IdentityKey]desk.Contact{}, Domains: map[string]desk.AccountID{},
		Accounts: map[desk.AccountID]desk.Account{}, Conversations: map[desk.ConversationID]*desk.Conversation{},
		Stints: map[desk.ConversationID]desk.Stint{}, Sessions: map[desk.SessionID]ingest.Session{},
		Stored: map[ingest.ContentKey]ingest.Stored{}, Sent: map[string]desk.ConversationID{},
		SentAs: map[string]desk.MessageID{}, Agents: map[string]desk.AgentID{}, Open: map[desk.AccountID]int{}, Last: map[desk.ConversationID][]threading.Written{}}
	wanted := map[desk.ConversationID]bool{}
	for _, id := range q.Tokens {
		wanted[id] = true
	}
	for _, step := range []func(context.Context, ingest.Query, *ingest.Snapshot, map[desk.ConversationID]bool) error{
		t.readSessions, t.readContacts, t.readKnown, t.readAuthors, t.readRecent, t.readStored, t.readConversations, t.readAccounts,
	} {
		if err := step(ctx, q, snap, wanted); err != nil {
			return nil, err
		}
	}
	return snap, nil
}

func (t *ingestTx) readSessions(ctx context.Context, q ingest.Query, snap *ingest.Snapshot, wanted map[desk.ConversationID]bool) error {
	if len(q.Sessions) == 0 {
		return nil
	}
	var ids column
	for _, id := range q.Sessions {
		ids.uuid(id)
	}
	var rows []struct {
		ID desk.SessionID
		ingest.Session
	}
	if err := t.rows(ctx, "read sessions", t.q.Sessions, &rows, &ids); err != nil {
		return err
	}
	for _, r := range rows {
		snap.Sessions[r.ID] = r.Session
		if !r.Conversation.IsZero() {
			wanted[r.Conversation] = true
		}
	}
	return nil
}

func (t *ingestTx) readContacts(ctx context.Context, q ingest.Query, snap *ingest.Snapshot, _ map[desk.ConversationID]bool) error {
	var channels, addresses column
	for _, k := range q.Identities {
		channels.text(string(k.Channel))
		addresses.text(k.Address)
	}
	var rows []struct {
		Channel, Address, Trust string
		ID                      desk.ContactID
		AccountID               desk.AccountID
		Name                    string
		CreatedAt               time.Time
	}
	if err := t.rows(ctx, "read contacts", t.q.Contacts, &rows, &channels, &addresses); err != nil {
		return err
	}
	for _, r := range rows {
		identity := desk.Identity{Channel: desk.Channel(r.Channel), Address: r.Address, Trust: desk.Trust(r.Trust)}
		snap.Contacts[ingest.IdentityKey{Channel: identity.Channel, Address: r.Address}] = desk.Contact{ID: r.ID,
			AccountID: r.AccountID, Name: r.Name, CreatedAt: r.CreatedAt, Identities: []desk.Identity{identity}}
	}
	var domains column
	for _, d := range q.Domains {
		domains.text(d)
	}
	for _, s := range snap.Sessions { // an address typed into an earlier hello
		if d := domainOf(s.Email); d != "" {
			domains.text(d)
		}
	}
	var found []struct {
		Domain    string
		AccountID desk.AccountID
	}
	if err := t.rows(ctx, "read domains", t.q.Domains, &found, &domains); err != nil {
		return err
	}
	for _, r := range found {
		snap.Domains[r.Domain] = r.AccountID
	}
	return nil
}

func (t *ingestTx) readKnown(ctx context.Context, q ingest.Query, snap *ingest.Snapshot, wanted map[desk.ConversationID]bool) error {
	var ids column
	for _, id := range q.MessageIDs {
		ids.text(id)
	}
	if err := t.rows(ctx, "read references", t.q.Known, &snap.Known, &ids); err != nil {
		return err
	}
	for _, k := range snap.Known {
		wanted[k.Conversation] = true
	}
	var sent []struct {
		ID             desk.MessageID
		MessageID      string
		ConversationID desk.ConversationID
	}
	if err := t.rows(ctx, "read sent ids", t.q.Sent, &sent, &ids); err != nil {
		return err
	}
	for _, r := range sent {
		snap.Sent[r.MessageID], snap.SentAs[r.MessageID] = r.ConversationID, r.ID
	}
	return nil
}

func (t *ingestTx) readAuthors(ctx context.Context, q ingest.Query, snap *ingest.Snapshot, _ map[desk.ConversationID]bool) error {
	if len(q.Authors) == 0 {
		return nil
	}
	var addresses column
	for _, a := range q.Authors {
		addresses.text(a)
	}
	var rows []struct {
		ID    desk.AgentID
		Email string
	}
	if err := t.rows(ctx, "read authors", t.q.Authors, &rows, &addresses); err != nil {
		return err
	}
	for _, r := range rows {
		snap.Agents[r.Email] = r.ID
	}
	return nil
}

func (t *ingestTx) readRecent(ctx context.Context, q ingest.Query, snap *ingest.Snapshot, wanted map[desk.ConversationID]bool) error {
	var contacts column
	for _, k := range q.Recent {
		if c, ok := snap.Contacts[k]; ok {
			contacts.uuid(c.ID)
		}
	}
	if contacts.literal == nil {
		return nil
	}
	var ids []desk.ConversationID
	if err := t.rows(ctx, "read recent conversations", t.q.Recent, &ids, &contacts); err != nil {
		return err
	}
	var list column
	for _, id := range ids {
		wanted[id] = true
		list.uuid(id)
	}
	var last []struct {
		ConversationID desk.ConversationID
		threading.Written
		FromAddress, FromName string
	}
	if err := t.rows(ctx, "read last messages", t.q.Last, &last, &list); err != nil {
		return err
	}
	for _, r := range last {
		r.From = desk.Address{Name: r.FromName, Email: r.FromAddress}
		snap.Last[r.ConversationID] = append(snap.Last[r.ConversationID], r.Written)
	}
	return nil
}

func (t *ingestTx) readStored(ctx context.Context, q ingest.Query, snap *ingest.Snapshot, wanted map[desk.ConversationID]bool) error {
	var ids column
	for _, id := range q.OwnIDs {
		ids.text(id)
	}
	var rows []struct {
		Message      desk.MessageID
		Conversation desk.ConversationID
		Account      desk.AccountID
		MessageID    string
		Content      []byte
	}
	if err := t.rows(ctx, "read stored messages", t.q.Stored, &rows, &ids); err != nil {
		return err
	}
	for _, r := range rows {
		if len(r.Content) != 32 {
			continue
		}
		key := ingest.ContentKey{Account: r.Account, MessageID: r.MessageID, Content: [32]byte(r.Content)}
		snap.Stored[key] = ingest.Stored{Message: r.Message, Conversation: r.Conversation}
		wanted[r.Conversation] = true
	}
	return nil
}

// conversationRow is a conversation as the driver reads it.
type conversationRow struct {
	desk.Conversation
	Tags, Path, Participants                                           pq.StringArray
	LastInboundAt, LastReplyAt, WaitingSince, SnoozedUntil, ResolvedAt sql.NullTime
}

func (r *conversationRow) conversation() *desk.Conversation {
	c := r.Conversation
	c.Tags, c.Path, c.Participants = r.Tags, r.Path, r.Participants
	c.LastInboundAt, c.LastReplyAt, c.WaitingSince = r.LastInboundAt.Time, r.LastReplyAt.Time, r.WaitingSince.Time
	c.SnoozedUntil, c.ResolvedAt = r.SnoozedUntil.Time, r.ResolvedAt.Time
	return &c
}

func (t *ingestTx) readConversations(ctx context.Context, _ ingest.Query, snap *ingest.Snapshot, wanted map[desk.ConversationID]bool) error {
	if len(wanted) == 0 {
		return nil
	}
	var ids column
	for id := range wanted {
		ids.uuid(id)
	}
	var rows []conversationRow
	if err := t.rows(ctx, "read conversations", t.q.Conversations, &rows, &ids); err != nil {
		return err
	}
	for i := range rows {
		c := rows[i].conversation()
		snap.Conversations[c.ID] = c
	}
	var stints []desk.Stint
	if err := t.rows(ctx, "read stints", t.q.Stints, &stints, &ids); err != nil {
		return err
	}
	for _, st := range stints {
		snap.Stints[st.ConversationID] = st
	}
	return nil
}

func (t *ingestTx) readAccounts(ctx context.Context, _ ingest.Query, snap *ingest.Snapshot, _ map[desk.ConversationID]bool) error {
	wanted := map[desk.AccountID]bool{}
	for _, c := range snap.Contacts {
		wanted[c.AccountID] = true
	}
	for _, id := range snap.Domains {
		wanted[id] = true
	}
	var ids column
	for id := range wanted {
		ids.uuid(id)
	}
	var rows []struct {
		desk.Account
		Domains, Tags pq.StringArray
		Attributes    []byte
		Open          int
	}
	if err := t.rows(ctx, "read accounts", t.q.Accounts, &rows, &ids); err != nil {
		return err
	}
	for _, r := range rows {
		a := r.Account
		a.Domains, a.Tags = r.Domains, r.Tags
		if err := json.Unmarshal(r.Attributes, &a.Attributes); err != nil {
			return wrap("read account attributes", err)
		}
		snap.Accounts[a.ID], snap.Open[a.ID] = a, r.Open
	}
	return nil
}

var _ threading.Known // the rows of ingest-known scan into it
