package store

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/ingest"
	"switchboard/internal/textindex"
)

type changesQueries struct {
	Write *sqlx.Stmt `query:"changes-write"`
}

// changesJSON is the first argument of the SQL function write_changes. It skips
// lists that are empty.
type changesJSON struct {
	Accounts   []accountJSON      `json:"accounts,omitempty"`
	Domains    []domainJSON       `json:"domains,omitempty"`
	Contacts   []contactJSON      `json:"contacts,omitempty"`
	Identities []identityJSON     `json:"identities,omitempty"`
	Opened     []conversationJSON `json:"opened,omitempty"`
	Updated    []conversationJSON `json:"updated,omitempty"`
	Blobs      []blobJSON         `json:"blobs,omitempty"`
	Messages   []messageJSON      `json:"messages,omitempty"`
	Placements []placementJSON    `json:"placements,omitempty"`
	Refs       []refJSON          `json:"refs,omitempty"`
	Merges     []mergeJSON        `json:"merges,omitempty"`
	Ended      []stintJSON        `json:"ended,omitempty"`
	Begun      []stintJSON        `json:"begun,omitempty"`
	promisesJSON
	sendingJSON
	Events    []eventJSON     `json:"events,omitempty"`
	Sessions  []sessionJSON   `json:"sessions,omitempty"`
	Processed []processedJSON `json:"processed,omitempty"`
	Repeated  []key           `json:"repeated,omitempty"` // raw rows of Processed that are duplicates
}

type domainJSON struct {
	Domain    string `json:"domain"`
	AccountID key    `json:"account_id"`
}

type contactJSON struct {
	ID        key     `json:"id"`
	AccountID key     `json:"account_id"`
	Name      string  `json:"name"`
	Folded    string  `json:"folded"`
	CreatedAt instant `json:"created_at"`
}

type identityJSON struct {
	Channel    string  `json:"channel"`
	Address    string  `json:"address"`
	ContactID  key     `json:"contact_id"`
	Trust      string  `json:"trust"`
	VerifiedAt instant `json:"verified_at,omitzero"`
}

// blobJSON is an attachment's content, which is the same element of the third argument.
type blobJSON struct {
	SHA256 string `json:"sha256"`
	Size   int    `json:"size"`
}

// messageJSON is a message without its texts, which are elements of the second
// argument: text_body, html_body, new_text of each message, then its searchText.
type messageJSON struct {
	ID             key                  `json:"id"`
	AccountID      key                  `json:"account_id"`
	Direction      string               `json:"direction"`
	Channel        string               `json:"channel"`
	RawID          key                  `json:"raw_id,omitzero"`
	MessageID      string               `json:"message_id"`
	InReplyTo      []string             `json:"in_reply_to"`
	Refs           []string             `json:"refs"`
	Addresses      addresses            `json:"addresses"`
	FromAddress    string               `json:"from_address"`
	Subject        string               `json:"subject"`
	SentAt         instant              `json:"sent_at"`
	ReceivedAt     instant              `json:"received_at"`
	Preview        string               `json:"preview"`
	Attachments    []desk.Part          `json:"attachments"`
	AutoSubmitted  string               `json:"auto_submitted"`
	ListID         string               `json:"list_id"`
	Report         *desk.Report         `json:"report,omitempty"`
	Problems       []desk.Problem       `json:"problems"`
	Authentication *desk.Authentication `json:"authentication,omitempty"`
	Signature      *desk.Signature      `json:"signature,omitempty"`
	AuthorID       key                  `json:"author_id,omitzero"`
	ThirdParty     bool                 `json:"third_party,omitempty"`
	Content        string               `json:"content"` // bytea in hex form
}

type placementJSON struct {
	ConversationID key     `json:"conversation_id"`
	Seq            int64   `json:"seq"`
	MessageID      key     `json:"message_id"`
	Method         string  `json:"method"`
	Evidence       string  `json:"evidence"`
	Since          instant `json:"since"`
	Until          instant `json:"until,omitzero"`
}

type refJSON struct {
	MessageID      string `json:"message_id"`
	ConversationID key    `json:"conversation_id"`
	AccountID      key    `json:"account_id"`
	Own            bool   `json:"own"`
}

type eventJSON struct {
	At             instant         `json:"at"`
	SubjectKind    string          `json:"subject_kind"`
	SubjectID      string          `json:"subject_id,omitempty"`
	ConversationID key             `json:"conversation_id,omitzero"`
	AccountID      key             `json:"account_id,omitzero"`
	Seq            int64           `json:"seq,omitzero"`
	Kind           string          `json:"kind"`
	Version        int             `json:"version"`
	Actor          string          `json:"actor"`
	Data           json.RawMessage `json:"data"`
}

type sessionJSON struct {
	ID             key `json:"id"`
	ContactID      key `json:"contact_id,omitzero"`
	ConversationID key `json:"conversation_id,omitzero"`
}

type processedJSON struct {
	ID        key   `json:"id"`
	Fence     int64 `json:"fence"`
	MessageID key   `json:"message_id,omitzero"`
}

// write is the one writer of whatever changes conversations: it writes c with one
// call of the SQL function write_changes, which fixes the order, and sets Number of
// the opened conversations. KindConflict: a raw row or a delivery was claimed
// by another node since, or another transaction has taken a number.
func (s *Store) write(ctx context.Context, tx *sqlx.Tx, c *desk.Changes) error {
	changes, texts, blobs := encodeChanges(c)
	var result struct {
		Numbers        pq.Int64Array
		RawsLost       int
		DeliveriesLost int
	}
	err := tx.StmtxContext(ctx, s.q.changes.Write).GetContext(ctx, &result, jsonText(changes), texts, blobs)
	switch {
	case isViolation(err, "raws_order"):
		return ingest.ErrOrder
	case err != nil:
		return wrap("write changes", err)
	case result.RawsLost > 0:
		return desk.Errorf(desk.KindConflict, "%d of %d raw items were claimed by another node", result.RawsLost, len(c.Processed))
	case result.DeliveriesLost > 0:
		return desk.Errorf(desk.KindConflict, "%d of %d deliveries were claimed by another node", result.DeliveriesLost, len(c.Results))
	case len(result.Numbers) != len(c.Opened):
		return desk.Errorf(desk.KindInternal, "%d numbers for %d new conversations", len(result.Numbers), len(c.Opened))
	}
	for i := range c.Opened {
		c.Opened[i].Number = result.Numbers[i]
	}
	return nil
}

// encodeChanges returns the three arguments of write_changes.
func encodeChanges(c *desk.Changes) (changes changesJSON, texts, blobs *column) {
	out := changesJSON{Identities: identities(c.Identities), Refs: refs(c.Refs), Sessions: sessions(c.Sessions), Events: accountEvents(c), Merges: merges(c.Merges)}
	texts, blobs = new(column), new(column)
	for i := range c.Accounts {
		out.Accounts = append(out.Accounts, accountToJSON(&c.Accounts[i]))
	}
	for _, d := range c.Domains {
		out.Domains = append(out.Domains, domainJSON{d.Domain, key(d.Account)})
	}
	for _, p := range c.Contacts {
		out.Contacts = append(out.Contacts, contactJSON{key(p.ID), key(p.AccountID), p.Name, textindex.Fold(p.Name), instant{p.CreatedAt}})
	}
	for _, v := range c.Opened {
		out.Opened = append(out.Opened, conversationToJSON(v))
	}
	for _, v := range c.Updated {
		out.Updated = append(out.Updated, conversationToJSON(v))
	}
	out.Blobs = attachments(c.Messages, blobs)
	out.Messages = messages(c.Messages, searchTexts(c), texts)
	for _, p := range c.Placements {
		out.Placements = append(out.Placements, placementJSON{key(p.ConversationID), p.Seq, key(p.MessageID), p.Method, p.Evidence,
			instant{p.Since}, instant{p.Until}})
	}
	for i := range c.Ended {
		out.Ended = append(out.Ended, stintToJSON(&c.Ended[i]))
	}
	for i := range c.Begun {
		out.Begun = append(out.Begun, stintToJSON(&c.Begun[i]))
	}
	promises(c, &out)
	sending(c, &out)
	for i := range c.Events {
		out.Events = append(out.Events, eventToJSON(&c.Events[i]))
	}
	for _, p := range c.Processed {
		out.Processed = append(out.Processed, processedJSON{key(p.Raw), p.Fence, key(p.Message)})
		if p.Duplicate {
			out.Repeated = append(out.Repeated, key(p.Raw))
		}
	}
	return out, texts, blobs
}

// accountEvents returns the event that every new account has.
func accountEvents(c *desk.Changes) []eventJSON {
	var out []eventJSON
	for i := range c.Accounts {
		a := &c.Accounts[i]
		data := desk.AccountCreated{Name: a.Name, Domains: []string{}}
		for _, d := range c.Domains {
			if d.Account == a.ID {
				data.Domains = append(data.Domains, d.Domain)
			}
		}
		e := desk.NewEvent(a.CreatedAt, desk.AccountSubject(a.ID), desk.ActorSystem, data)
		out = append(out, eventToJSON(&e))
	}
	return out
}

func eventToJSON(e *desk.Event) eventJSON {
	r := eventJSON{At: instant{e.At}, SubjectKind: string(e.Subject.Kind), SubjectID: e.Subject.ID, ConversationID: key(e.ConversationID),
		AccountID: key(e.AccountID), Seq: e.Seq, Kind: string(e.Kind), Version: max(e.Version, 1), Actor: string(e.Actor), Data: e.Data}
	if !e.ConversationID.IsZero() {
		r.SubjectKind, r.SubjectID = string(desk.SubjectConversation), "" // conversation_id names it
	}
	if len(r.Data) == 0 {
		r.Data = json.RawMessage("{}")
	}
	return r
}

// addresses is the jsonb column of that name.
type addresses struct {
	Sender  []desk.Address `json:"sender,omitempty"`
	From    []desk.Address `json:"from,omitempty"`
	ReplyTo []desk.Address `json:"reply_to,omitempty"`
	To      []desk.Address `json:"to,omitempty"`
	CC      []desk.Address `json:"cc,omitempty"`
	BCC     []desk.Address `json:"bcc,omitempty"`
}

func messages(list []desk.NewMessage, searched []searchText, texts *column) []messageJSON {
	var size int
	for i := range list {
		size += len(list[i].TextBody) + len(list[i].HTMLBody) + len(list[i].NewText) + len(searched[i].sender) + len(searched[i].text)
	}
	if len(list) > 0 {
		texts.grow(oidText, 5*len(list), int64(size))
	}
	out := make([]messageJSON, len(list))
	for i := range list {
		m := &list[i]
		texts.text(m.TextBody)
		texts.text(m.HTMLBody)
		texts.text(m.NewText)
		out[i] = messageJSON{ID: key(m.ID), AccountID: key(m.Account), Direction: string(m.Direction), Channel: string(m.Channel),
			RawID: key(m.RawID), MessageID: m.MessageID, InReplyTo: emptyNotNull(m.InReplyTo), Refs: emptyNotNull(m.References),
			Addresses:   addresses{m.Sender, m.From, m.ReplyTo, m.To, m.CC, m.BCC},
			FromAddress: firstAddress(m.From), Subject: m.Subject, SentAt: instant{m.SentAt}, ReceivedAt: instant{m.ReceivedAt},
			Preview: m.Preview, Attachments: emptyNotNull(m.Attachments), AutoSubmitted: string(m.AutoSubmitted), ListID: m.ListID,
			Report: m.Report, Problems: emptyNotNull(m.Problems), Authentication: m.Authentication, Signature: m.Signature,
			AuthorID: key(m.AuthorID), ThirdParty: m.ThirdParty, Content: `\x`}
		if m.Content != [32]byte{} {
			out[i].Content += hex.EncodeToString(m.Content[:])
		}
	}
	for _, s := range searched {
		texts.text(s.sender)
		texts.text(s.text)
	}
	return out
}

// attachments lists each attachment's content once, in order of its hash, so that
// two transactions cannot wait for each other.
func attachments(list []desk.NewMessage, bytes *column) []blobJSON {
	parts, total := []desk.Part(nil), int64(0)
	for i := range list {
		for _, p := range list[i].Attachments {
			if int64(len(p.Data)) == p.Size { // else it is not at hand
				parts, total = append(parts, p), total+p.Size
			}
		}
	}
	slices.SortFunc(parts, func(a, b desk.Part) int { return strings.Compare(a.BlobID, b.BlobID) })
	parts = slices.CompactFunc(parts, func(a, b desk.Part) bool { return a.BlobID == b.BlobID })
	if len(parts) == 0 {
		return nil
	}
	bytes.grow(oidBytea, len(parts), total)
	out := make([]blobJSON, len(parts))
	for i, p := range parts {
		bytes.bytes(p.Data)
		out[i] = blobJSON{p.BlobID, len(p.Data)}
	}
	return out
}

func firstAddress(list []desk.Address) string {
	if len(list) == 0 {
		return ""
	}
	return strings.ToLower(list[0].Email)
}

// The lists below have each row once, because a statement cannot change a row
// twice, and identities are sorted, so that two transactions cannot wait for each other.

func identities(list []desk.ContactIdentity) []identityJSON {
	strength := map[desk.Trust]int{desk.TrustClaimed: 1, desk.TrustAligned: 2, desk.TrustVerified: 3}
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b desk.ContactIdentity) int {
		return cmp.Or(cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Address, b.Address))
	})
	var out []identityJSON
	for _, i := range sorted {
		if n := len(out) - 1; n >= 0 && out[n].Channel == string(i.Channel) && out[n].Address == i.Address {
			if strength[i.Trust] > strength[desk.Trust(out[n].Trust)] {
				out[n].Trust = string(i.Trust)
			}
			if !i.VerifiedAt.IsZero() {
				out[n].VerifiedAt = instant{i.VerifiedAt}
			}
			continue
		}
		out = append(out, identityJSON{string(i.Channel), i.Address, key(i.Contact), string(i.Trust), instant{i.VerifiedAt}})
	}
	return out
}

func refs(list []desk.ThreadRef) []refJSON {
	type ref struct {
		id           string
		conversation desk.ConversationID
	}
	at := make(map[ref]int, len(list))
	var out []refJSON
	for _, r := range list {
		k := ref{clean(r.MessageID), r.Conversation}
		if i, ok := at[k]; ok {
			out[i].Own = out[i].Own || r.Own
			continue
		}
		at[k] = len(out)
		out = append(out, refJSON{k.id, key(r.Conversation), key(r.Account), r.Own})
	}
	return out
}

func sessions(list []desk.SessionLink) []sessionJSON {
	at := make(map[desk.SessionID]int, len(list))
	var out []sessionJSON
	for _, l := range list {
		row := sessionJSON{key(l.Session), key(l.Contact), key(l.Conversation)}
		if i, ok := at[l.Session]; ok {
			out[i] = row
			continue
		}
		at[l.Session] = len(out)
		out = append(out, row)
	}
	return out
}
