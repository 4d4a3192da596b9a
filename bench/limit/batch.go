package limit

import (
	_ "embed"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

//go:embed schema.sql
var schema string

// Store writes the messages into an empty database on one connection, in transactions
// of 50 with a few multi-row statements each. The server must run on this machine, and
// dsn must connect as its superuser.
func Store(dsn string, raws [][]byte) (Cost, error) {
	all, err := records(raws)
	if err != nil {
		return Cost{}, err
	}
	db, err := sqlx.Open("postgres", dsn)
	if err != nil {
		return Cost{}, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(schema); err != nil {
		return Cost{}, err
	}
	var pid int // the main process, the parent of all server processes
	if err := db.Get(&pid, `select split_part(pg_read_file('postmaster.pid'), E'\n', 1)::int`); err != nil {
		return Cost{}, err
	}
	return measure(len(all), pid, func() error {
		for rest := all; len(rest) > 0; {
			k := min(batch, len(rest))
			if err := storeBatch(db, rest[:k]); err != nil {
				return err
			}
			rest = rest[k:]
		}
		return nil
	})
}

// numbered is a key and the ID of its row.
type numbered struct {
	K  string
	ID int64
}

// storeBatch stores records in one transaction.
func storeBatch(db *sqlx.DB, all []record) error {
	tx, err := db.Beginx()
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it has nothing to do
	fresh, err := firstSeen(tx, all)
	if err != nil {
		return err
	}
	if len(fresh) > 0 {
		contacts, err := saveContacts(tx, fresh)
		if err != nil {
			return err
		}
		conversation, opened, err := place(tx, fresh, contacts)
		if err != nil {
			return err
		}
		if err := saveMessages(tx, fresh, conversation, opened); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// firstSeen leaves out messages already stored, and duplicates in the batch.
func firstSeen(tx *sqlx.Tx, all []record) ([]*record, error) {
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = all[i].id
	}
	var found []string
	if err := tx.Select(&found, `insert into inbound_seen (message_id) select distinct x from unnest($1::text[]) x order by 1
		on conflict do nothing returning message_id`, pq.Array(ids)); err != nil {
		return nil, err
	}
	fresh := map[string]bool{}
	for _, id := range found {
		fresh[id] = true
	}
	var out []*record
	for i := range all {
		if fresh[all[i].id] {
			fresh[all[i].id] = false
			out = append(out, &all[i])
		}
	}
	return out, nil
}

// saveContacts returns the contacts of the senders by address, and creates those that are
// missing.
func saveContacts(tx *sqlx.Tx, all []*record) (map[string]int64, error) {
	emails := make([]string, len(all))
	for i, r := range all {
		emails[i] = r.from
	}
	var rows []numbered
	err := tx.Select(&rows, `insert into contacts (email) select distinct x from unnest($1::text[]) x order by 1
		on conflict (email) do update set email = excluded.email returning email as k, id`, pq.Array(emails))
	ids := map[string]int64{}
	for _, r := range rows {
		ids[r.K] = r.ID
	}
	return ids, err
}

// place finds or creates each record's conversation.
func place(tx *sqlx.Tx, all []*record, contacts map[string]int64) (conversation, opened []int64, err error) {
	var look []string
	for _, r := range all {
		look = append(look, r.refs...)
	}
	var found []numbered
	if err := tx.Select(&found, "select message_id as k, conversation_id as id from thread_refs where message_id = any($1)", pq.Array(look)); err != nil {
		return nil, nil, err
	}
	known := map[string]int64{}
	for _, f := range found {
		known[f.K] = f.ID
	}
	conversation = make([]int64, len(all)) // negative: the n-th new one
	var by []int64
	var subjects []string
	for i, r := range all {
		for _, ref := range r.refs {
			if conversation[i] == 0 {
				conversation[i] = known[ref]
			}
		}
		if conversation[i] == 0 {
			by, subjects = append(by, contacts[r.from]), append(subjects, r.subject)
			conversation[i] = -int64(len(by))
		}
		for _, id := range append([]string{r.id}, r.refs...) {
			if _, ok := known[id]; !ok || id == r.id {
				known[id] = conversation[i]
			}
		}
	}
	if len(by) > 0 {
		err = tx.Select(&opened, `insert into conversations (contact_id, subject, message_count)
			select c, s, 0 from unnest($1::bigint[], $2::text[]) with ordinality u (c, s, o) order by o returning id`, pq.Array(by), pq.Array(subjects))
	}
	for i, c := range conversation {
		if err == nil && c < 0 {
			conversation[i] = opened[-c-1]
		}
	}
	return conversation, opened, err
}

// saveMessages writes the messages and updates their conversations.
func saveMessages(tx *sqlx.Tx, all []*record, conversation, opened []int64) error {
	count := map[int64]int64{}
	var id, from, subject, text, html, headers, ref []string
	var in []int64
	for i, r := range all {
		count[conversation[i]]++
		id, from, subject = append(id, r.id), append(from, r.from), append(subject, r.subject)
		text, html, headers = append(text, r.text), append(html, r.html), append(headers, r.headers)
		for _, x := range append([]string{r.id}, r.refs...) {
			ref, in = append(ref, x), append(in, conversation[i])
		}
	}
	var touched, more []int64
	for c, n := range count {
		touched, more = append(touched, c), append(more, n)
	}
	if _, err := tx.Exec(`update conversations c set message_count = c.message_count + u.n, last_message_at = now(), status = 'open'
		from unnest($1::bigint[], $2::bigint[]) u (id, n) where c.id = u.id`, pq.Array(touched), pq.Array(more)); err != nil {
		return err
	}
	var messages []int64
	if err := tx.Select(&messages, `insert into messages (conversation_id, message_id, from_addr, subject, body_text, body_html, headers)
		select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) returning id`,
		pq.Array(conversation), pq.Array(id), pq.Array(from), pq.Array(subject), pq.Array(text), pq.Array(html), pq.Array(headers)); err != nil {
		return err
	}
	if _, err := tx.Exec("insert into thread_refs (message_id, conversation_id) select * from unnest($1::text[], $2::bigint[]) on conflict do nothing",
		pq.Array(ref), pq.Array(in)); err != nil {
		return err
	}
	var topic []string
	var of, which []int64
	for i := range all {
		topic, of, which = append(topic, "message.received"), append(of, conversation[i]), append(which, messages[i])
	}
	for _, c := range opened {
		topic, of, which = append(topic, "conversation.created"), append(of, c), append(which, 0)
	}
	_, err := tx.Exec(`insert into outbox (topic, payload) select t, jsonb_build_object('conversation', c, 'message', m)
		from unnest($1::text[], $2::bigint[], $3::bigint[]) u (t, c, m)`, pq.Array(topic), pq.Array(of), pq.Array(which))
	return err
}
