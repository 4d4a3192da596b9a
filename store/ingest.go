package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/ingest"
	"switchboard/threading"
)

type ingestQueries struct {
	Now            *sqlx.Stmt `query:"ingest-now"`
	Load           *sqlx.Stmt `query:"ingest-load"`
	Lock           *sqlx.Stmt `query:"ingest-lock"`
	Contacts       *sqlx.Stmt `query:"ingest-contacts"`
	Domains        *sqlx.Stmt `query:"ingest-domains"`
	Accounts       *sqlx.Stmt `query:"ingest-accounts"`
	Known          *sqlx.Stmt `query:"ingest-known"`
	Sessions       *sqlx.Stmt `query:"ingest-sessions"`
	Recent         *sqlx.Stmt `query:"ingest-recent"`
	Texts          *sqlx.Stmt `query:"ingest-texts"`
	Conversations  *sqlx.Stmt `query:"ingest-conversations"`
	Stints         *sqlx.Stmt `query:"ingest-stints"`
	Stored         *sqlx.Stmt `query:"ingest-stored"`
	Sent           *sqlx.Stmt `query:"ingest-sent"`
	Authors        *sqlx.Stmt `query:"ingest-authors"`
	SaveAccounts   *sqlx.Stmt `query:"ingest-save-accounts"`
	SaveDomains    *sqlx.Stmt `query:"ingest-save-domains"`
	SaveContacts   *sqlx.Stmt `query:"ingest-save-contacts"`
	SaveIdentities *sqlx.Stmt `query:"ingest-save-identities"`
	SaveOpened     *sqlx.Stmt `query:"ingest-save-opened"`
	SaveUpdated    *sqlx.Stmt `query:"ingest-save-updated"`
	SaveMessages   *sqlx.Stmt `query:"ingest-save-messages"`
	SaveRefs       *sqlx.Stmt `query:"ingest-save-refs"`
	EndStints      *sqlx.Stmt `query:"ingest-end-stints"`
	SaveStints     *sqlx.Stmt `query:"ingest-save-stints"`
	SaveEvents     *sqlx.Stmt `query:"ingest-save-events"`
	SaveSessions   *sqlx.Stmt `query:"ingest-save-sessions"`
	SaveBlobs      *sqlx.Stmt `query:"ingest-save-blobs"`
	Report         *sqlx.Stmt `query:"ingest-report"`
}

// Claim implements ingest.Store.
func (s *Store) Claim(ctx context.Context, n int, lease time.Duration) ([]ingest.Claimed, error) {
	var rows []rawRow
	err := s.txAsync(ctx, func(tx *sqlx.Tx) error {
		return wrap("claim", tx.StmtxContext(ctx, s.q.raw.Claim).SelectContext(ctx, &rows, n, lease.Seconds()))
	})
	slices.SortFunc(rows, func(a, b rawRow) int { return cmp.Compare(a.Arrival, b.Arrival) })
	claimed := make([]ingest.Claimed, len(rows))
	for i, r := range rows {
		claimed[i] = ingest.Claimed{Raw: r.raw(), Fence: r.Fence}
	}
	return claimed, err
}

// Load implements ingest.Store.
func (s *Store) Load(ctx context.Context, claimed []ingest.Claimed) error {
	var ids column
	at := make(map[desk.RawID]int, len(claimed))
	for i, c := range claimed {
		ids.uuid(c.Raw.ID)
		at[c.Raw.ID] = i
	}
	rows, err := s.q.ingest.Load.QueryContext(ctx, &ids)
	if err != nil {
		return wrap("load raw items", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id desk.RawID
		var bytes []byte
		if err := rows.Scan(&id, &bytes); err != nil {
			return wrap("load raw items", err)
		}
		claimed[at[id]].Raw.Bytes = bytes
	}
	return wrap("load raw items", rows.Err())
}

// Fail implements ingest.Store.
func (s *Store) Fail(ctx context.Context, c ingest.Claimed, state desk.RawState, problem string, retry time.Duration) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.StmtxContext(ctx, s.q.raw.Fail).ExecContext(ctx, c.Raw.ID, c.Fence, state, clean(problem), retry.Seconds())
		return wrap("record a failure", err)
	})
}

// NextPending implements ingest.Store.
func (s *Store) NextPending(ctx context.Context) (time.Time, bool, error) {
	var at sql.NullTime
	err := s.q.raw.Next.GetContext(ctx, &at)
	return at.Time, at.Valid, wrap("next pending", err)
}

// Process implements ingest.Store. A crash before the disk has the commit leaves
// the raw rows pending, and the work is done again: it need not be waited for.
func (s *Store) Process(ctx context.Context, fn func(ingest.Tx) error) error {
	return s.txAsync(ctx, func(tx *sqlx.Tx) error {
		t := &ingestTx{s: s, tx: tx, q: &s.q.ingest}
		if err := tx.StmtxContext(ctx, t.q.Now).GetContext(ctx, &t.now); err != nil {
			return wrap("now", err)
		}
		return fn(t)
	})
}

// ingestTx implements ingest.Tx.
type ingestTx struct {
	s   *Store
	tx  *sqlx.Tx
	q   *ingestQueries
	now time.Time
}

// Now implements ingest.Tx.
func (t *ingestTx) Now() time.Time { return t.now }

// Lock implements ingest.Tx.
func (t *ingestTx) Lock(ctx context.Context, scopes []ingest.Scope) error {
	var addresses, domains column
	for _, s := range scopes {
		addresses.text(s.Address)
		domains.text(s.Domain)
	}
	return t.exec(ctx, "lock accounts", t.q.Lock, &addresses, &domains)
}

func (t *ingestTx) exec(ctx context.Context, op string, stmt *sqlx.Stmt, args ...any) error {
	_, err := t.tx.StmtxContext(ctx, stmt).ExecContext(ctx, args...)
	return wrap(op, err)
}

func (t *ingestTx) rows(ctx context.Context, op string, stmt *sqlx.Stmt, dest any, args ...any) error {
	return wrap(op, t.tx.StmtxContext(ctx, stmt).SelectContext(ctx, dest, args...))
}

// Snapshot implements ingest.Tx.
func (t *ingestTx) Snapshot(ctx context.Context, q ingest.Query) (*ingest.Snapshot, error) {
	snap := &ingest.Snapshot{Contacts: map[ingest.IdentityKey]desk.Contact{}, Domains: map[string]desk.AccountID{},
		Accounts: map[desk.AccountID]desk.Account{}, Conversations: map[desk.ConversationID]*desk.Conversation{},
		Stints: map[desk.ConversationID]desk.Stint{}, Sessions: map[desk.SessionID]ingest.Session{},
		Stored: map[ingest.ContentKey]ingest.Stored{}, Sent: map[string]desk.ConversationID{},
		SentAs: map[string]desk.MessageID{}, Agents: map[string]desk.AgentID{}, Open: map[desk.AccountID]int{}, Texts: map[desk.ConversationID][]string{}}
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
	var texts []struct {
		ConversationID desk.ConversationID
		NewText        string
	}
	if err := t.rows(ctx, "read recent texts", t.q.Texts, &texts, &list); err != nil {
		return err
	}
	for _, r := range texts {
		snap.Texts[r.ConversationID] = append(snap.Texts[r.ConversationID], r.NewText)
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
