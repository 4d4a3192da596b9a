package store_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"

	"github.com/lib/pq"

	"switchboard/store"
)

func reopened(t testing.TB, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{DSN: dsn, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// vocabulary returns n words; those at the front are frequent in fillSearch.
func vocabulary(n int) pq.StringArray {
	r := rand.New(rand.NewPCG(3, 4))
	syllables := []string{"ba", "ter", "lin", "so", "mar", "ki", "ven", "du", "pol", "es", "tra", "gor", "ni", "hal", "quo", "zet", "fy", "wu", "job", "cax"}
	words := make(pq.StringArray, n)
	for i := range words {
		for range 2 + r.IntN(3) {
			words[i] += syllables[r.IntN(len(syllables))]
		}
		words[i] += fmt.Sprint(r.IntN(2) * r.IntN(100))
	}
	return words
}

// fillSearch writes n messages in n/4 conversations, with sixty words of text each, of
// n/10 contacts of n/50 accounts. Of ten conversations one is open, of a hundred one
// has a tag, and of a thousand one is in the inbox "billing".
func fillSearch(t testing.TB, o *office, n int) {
	t.Helper()
	for _, q := range []string{
		`insert into accounts (id, name, folded) select ('00000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, 'Company ' || i, 'company ' || i from generate_series(1, $1::int / 50) i`,
		`insert into account_domains (domain, account_id) select 'company' || i || '.example', ('00000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid from generate_series(1, $1::int / 50) i`,
		`insert into contacts (id, account_id, name, folded)
			select ('00000000-0000-7000-8001-' || lpad(to_hex(i), 12, '0'))::uuid, ('00000000-0000-7000-8000-' || lpad(to_hex(1 + i % ($1::int / 50)), 12, '0'))::uuid,
			       'Person ' || i, 'person ' || i from generate_series(1, $1::int / 10) i`,
		`insert into identities (channel, address, contact_id)
			select 'email', 'person' || i || '@company' || (1 + i % ($1::int / 50)) || '.example', ('00000000-0000-7000-8001-' || lpad(to_hex(i), 12, '0'))::uuid
			from generate_series(1, $1::int / 10) i`,
	} {
		o.exec(t, q, n)
	}
	o.exec(t, `insert into conversations (id, account_id, contact_id, subject, channel, status, inbox_id, tier, tags, reply_channel, created_at, updated_at, last_seq, assignee_id, restricted)
		select ('00000000-0000-7000-8002-' || lpad(to_hex(i), 12, '0'))::uuid, t.account_id, t.id, 'Subject ' || i, case when i % 500 = 0 then 'form' else 'email' end,
		       case when i % 10 = 0 then 'open' when i % 1000 = 1 then 'snoozed' else 'closed' end, case when i % 1000 = 7 then $2::uuid else $3::uuid end,
		       case when i % 1000 = 7 then 2 else 1 end, case when i % 100 = 3 then array['refund'] else '{}' end, 'email',
		       now() - (1 + $1::int / 4 - i) * interval '1 minute', now() - (1 + $1::int / 4 - i) * interval '1 minute', 4,
		       case i % 300 when 5 then $4::uuid when 6 then null else $5::uuid end, i % 50 = 9
		from generate_series(1, $1::int / 4) i
		join contacts t on t.id = ('00000000-0000-7000-8001-' || lpad(to_hex(1 + i * 7 % ($1::int / 10)), 12, '0'))::uuid`, n, o.billing.ID, o.frontline.ID, o.ana.ID, o.bob.ID)
	// Word k is taken with the density of 1/k, roughly, as in a natural language.
	const slice = 50000
	for first := 1; first <= n; first += slice {
		o.exec(t, `with texts as materialized (
			select i, (select string_agg(($3::text[])[1 + floor((power(cardinality($3::text[]), random()) - 1) * 0.999)::int], ' ') from generate_series(1, 60 + i % 2))
			          || case when i % 5000 = 17 then ' rarething' || i else '' end || case when i % 100 = 33 then ' 東京タワー' else '' end as body
			from generate_series($1::int, $2::int) i),
		mails as (
			insert into messages (id, account_id, direction, channel, message_id, from_address, subject, sent_at, received_at, text_body, addresses)
			select ('00000000-0000-7000-8003-' || lpad(to_hex(i), 12, '0'))::uuid, c.account_id, case i % 4 when 1 then 'outbound' else 'inbound' end, 'email',
			       i || '@x.example', case i % 4 when 1 then 'support@desk.example' else d.address end, c.subject, c.updated_at, c.updated_at, t.body, '{}'
			from texts t
			join conversations c on c.id = ('00000000-0000-7000-8002-' || lpad(to_hex(1 + (i - 1) / 4), 12, '0'))::uuid
			join identities d on d.contact_id = c.contact_id
			returning id, direction, from_address, subject, text_body),
		placed as (
			insert into placements (conversation_id, seq, message_id, since)
			select ('00000000-0000-7000-8002-' || lpad(to_hex(1 + (i - 1) / 4), 12, '0'))::uuid, 1 + (i - 1) % 4, ('00000000-0000-7000-8003-' || lpad(to_hex(i), 12, '0'))::uuid, now() from texts)
		insert into search_texts (message_id, sender, text)
		select id, case direction when 'inbound' then '<' || from_address || '>' else '' end,
		       lower(subject) || case direction when 'inbound' then e'\n<' || from_address || '>' else '' end || e'\n' || text_body
		from mails`, first, min(first+slice-1, n), vocabulary(30000))
	}
	o.exec(t, "analyze")
}
