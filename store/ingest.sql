-- name: ingest-now
select now();

-- name: ingest-load
select id, bytes from raws where id = any($1::uuid[]);

-- name: ingest-lock
-- One lock per account, in sorted order. An account that is not known yet is
-- named by the domain, or the address, that would open it.
select pg_advisory_xact_lock(k)
from (select distinct hashtextextended(coalesce(c.account_id::text, d.account_id::text, nullif(s.domain, ''), s.address), 0) as k
      from unnest($1::text[], $2::text[]) as s (address, domain)
      left join identities i on i.address = s.address and i.channel in ('email', 'chat')
      left join contacts c on c.id = i.contact_id
      left join account_domains d on d.domain = s.domain
      order by 1) as keys;

-- name: ingest-contacts
select i.channel, i.address, i.trust, c.id, c.account_id, c.name, c.created_at
from unnest($1::text[], $2::text[]) as k (channel, address)
join identities i on i.channel = k.channel and i.address = k.address
join contacts c on c.id = i.contact_id;

-- name: ingest-domains
select domain, account_id from account_domains where domain = any($1::text[]);

-- name: ingest-accounts
select a.id, a.name, a.segment, a.timezone, a.attributes, a.tags, a.created_at,
       coalesce((select array_agg(d.domain order by d.domain) from account_domains d where d.account_id = a.id), '{}') as domains,
       (select count(*) from conversations v where v.account_id = a.id and v.status = 'open') as open
from accounts a where a.id = any($1::uuid[]);

-- name: ingest-known
select message_id, conversation_id as conversation, own from thread_refs where message_id = any($1::text[]);

-- name: ingest-sessions
select s.id, s.contact_id as contact, s.conversation_id as conversation, c.account_id as account, s.name, s.email
from chat_sessions s left join contacts c on c.id = s.contact_id
where s.id = any($1::uuid[]);

-- name: ingest-recent
select id from (
    select v.id, row_number() over (partition by v.contact_id order by v.updated_at desc) as n
    from conversations v where v.contact_id = any($1::uuid[])
) t where n <= 20;

-- name: ingest-last
select conversation_id, message_id, from_address, from_name, sent_at, new_text, text_body from (
    select p.conversation_id, p.seq, m.message_id, m.from_address, coalesce(m.addresses->'from'->0->>'name', '') as from_name,
           m.sent_at, left(m.new_text, 20000) as new_text, left(m.text_body, 20000) as text_body,
           row_number() over (partition by p.conversation_id order by p.seq desc) as n
    from placements p join messages m on m.id = p.message_id
    where p.conversation_id = any($1::uuid[]) and p.until is null and m.direction <> 'note'
) t where n <= 5 order by conversation_id, seq desc;

-- name: ingest-conversations
-- Locked in order of id, so that two batches cannot wait for each other. Merged
-- ones bring along what they were merged into. By key in either place, where a
-- join would let the planner scan all conversations.
with recursive wanted (id) as (
    select unnest($1::uuid[])
    union
    select (select v.merged_into from conversations v where v.id = w.id) from wanted w where w.id is not null
)
select v.id, v.number, v.account_id, v.contact_id, v.subject, v.channel, v.status, v.priority, v.inbox_id, v.tier, v.assignee_id,
       v.tags, v.restricted, v.path, v.policy_version, v.reply_channel, v.reply_to, v.reply_from, v.participants, v.preview,
       v.last_inbound_at, v.last_reply_at, v.waiting_on, v.waiting_since, v.snoozed_until, v.resolved_at, v.merged_into, v.last_seq,
       v.created_at, v.updated_at
from conversations v where v.id = any(array(select id from wanted))
order by v.id
for update;

-- name: ingest-stints
select id, conversation_id, inbox_id, tier, assignee_id, waiting_on, started_at, reason
from stints where conversation_id = any($1::uuid[]) and ended_at is null;

-- name: ingest-stored
select m.id as message, p.conversation_id as conversation, m.account_id as account, m.message_id, m.content
from messages m
cross join lateral (select * from placements p where p.message_id = m.id and p.until is null order by p.since, p.conversation_id limit 1) p
where m.message_id = any($1::text[]) and m.direction = 'inbound';

-- name: ingest-sent
select m.id, m.message_id, p.conversation_id
from messages m
cross join lateral (select * from placements p where p.message_id = m.id and p.until is null order by p.since, p.conversation_id limit 1) p
where m.message_id = any($1::text[]) and m.direction = 'outbound';

-- name: ingest-authors
select id, email from agents where email = any($1::text[]) and not disabled;

-- name: ingest-save-accounts
insert into accounts (id, name, created_at)
select * from unnest($1::uuid[], $2::text[], $3::timestamptz[]);

-- name: ingest-save-domains
insert into account_domains (domain, account_id)
select * from unnest($1::text[], $2::uuid[]);

-- name: ingest-save-contacts
insert into contacts (id, account_id, name, created_at)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[]);

-- name: ingest-save-identities
-- One that is known may become better proven; whose it is never changes.
insert into identities (channel, address, contact_id, trust)
select * from unnest($1::text[], $2::text[], $3::uuid[], $4::text[])
on conflict (channel, address) do update set trust = excluded.trust where identities.trust = 'claimed';

-- name: ingest-save-opened
insert into conversations (id, account_id, contact_id, subject, channel, status, priority, inbox_id, tier, tags, restricted,
    path, policy_version, reply_channel, reply_to, reply_from, participants, preview, last_inbound_at, waiting_since,
    last_seq, created_at, updated_at, last_reply_at, assignee_id)
select id, account_id, contact_id, subject, channel, status, priority, inbox_id, tier,
    coalesce(string_to_array(nullif(tags, ''), chr(31)), '{}'), restricted,
    coalesce(string_to_array(nullif(path, ''), chr(31)), '{}'), policy_version, reply_channel, reply_to, reply_from,
    coalesce(string_to_array(nullif(participants, ''), chr(31)), '{}'), preview, last_inbound_at, waiting_since,
    last_seq, created_at, updated_at, last_reply_at, assignee_id
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[], $9::int[], $10::text[],
    $11::boolean[], $12::text[], $13::bigint[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[],
    $19::timestamptz[], $20::timestamptz[], $21::bigint[], $22::timestamptz[], $23::timestamptz[], $24::timestamptz[], $25::uuid[])
    with ordinality as t (id, account_id, contact_id, subject, channel, status, priority, inbox_id, tier, tags, restricted,
    path, policy_version, reply_channel, reply_to, reply_from, participants, preview, last_inbound_at, waiting_since,
    last_seq, created_at, updated_at, last_reply_at, assignee_id, n)
order by n;

-- name: ingest-save-updated
update conversations v set status = t.status, reply_to = t.reply_to,
    participants = coalesce(string_to_array(nullif(t.participants, ''), chr(31)), '{}'), preview = t.preview,
    last_inbound_at = t.last_inbound_at, waiting_since = t.waiting_since, snoozed_until = t.snoozed_until,
    resolved_at = t.resolved_at, last_seq = t.last_seq, updated_at = t.updated_at, last_reply_at = t.last_reply_at,
    assignee_id = t.assignee_id
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[],
    $9::timestamptz[], $10::bigint[], $11::timestamptz[], $12::timestamptz[], $13::uuid[])
    as t (id, status, reply_to, participants, preview, last_inbound_at, waiting_since, snoozed_until, resolved_at, last_seq,
          updated_at, last_reply_at, assignee_id)
where v.id = t.id;

-- name: ingest-save-messages
insert into messages (id, account_id, direction, channel, raw_id, message_id, in_reply_to, refs, addresses,
    from_address, subject, sent_at, received_at, preview, text_body, html_body, new_text, attachments, auto_submitted, list_id,
    report, problems, content, author_id, authentication, signature)
select id, account_id, direction, channel, raw_id, message_id,
    coalesce(string_to_array(nullif(in_reply_to, ''), chr(31)), '{}'), coalesce(string_to_array(nullif(refs, ''), chr(31)), '{}'),
    addresses::jsonb, from_address, subject, sent_at, received_at, preview, text_body, html_body, new_text, attachments::jsonb,
    auto_submitted, list_id, nullif(report, '')::jsonb, problems::jsonb, content, author_id,
    nullif(authentication, '')::jsonb, nullif(signature, '')::jsonb
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::timestamptz[], $12::timestamptz[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[],
    $18::text[], $19::text[], $20::text[], $21::text[], $22::bytea[], $23::text[], $24::uuid[], $25::text[], $26::text[])
    as t (id, account_id, channel, raw_id, message_id, in_reply_to, refs, addresses, from_address, subject,
    sent_at, received_at, preview, text_body, html_body, new_text, attachments, auto_submitted, list_id, report, problems,
    content, direction, author_id, authentication, signature);

-- name: ingest-save-placements
insert into placements (message_id, conversation_id, seq, method, evidence, since)
select t.*, now() from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[]) as t;

-- name: ingest-save-refs
insert into thread_refs (message_id, conversation_id, account_id, own)
select * from unnest($1::text[], $2::uuid[], $3::uuid[], $4::boolean[])
on conflict (message_id, conversation_id) do update set own = true where excluded.own and not thread_refs.own;

-- name: ingest-end-stints
update stints s set ended_at = t.at from unnest($1::uuid[], $2::timestamptz[]) as t (id, at) where s.id = t.id and s.ended_at is null;

-- name: ingest-save-stints
with s as (
    insert into stints (id, conversation_id, inbox_id, tier, assignee_id, waiting_on, started_at, ended_at, reason)
    select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::uuid[], $6::text[], $7::timestamptz[], $8::timestamptz[], $9::text[])
    returning conversation_id, waiting_on, ended_at
)
update conversations v set waiting_on = s.waiting_on from s where v.id = s.conversation_id and s.ended_at is null;

-- name: ingest-save-events
insert into events (at, conversation_id, account_id, seq, kind, actor, data)
select at, conversation_id, account_id, seq, kind, actor, data::jsonb
from unnest($1::timestamptz[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::text[])
    with ordinality as t (at, conversation_id, account_id, seq, kind, actor, data, n)
order by n;

-- name: ingest-save-sessions
update chat_sessions s set contact_id = t.contact, conversation_id = t.conversation, seen_at = now()
from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as t (id, contact, conversation) where s.id = t.id;

-- name: ingest-save-blobs
-- In order of the hash, so that two batches cannot wait for each other.
insert into blobs (sha256, size, bytes)
select sha256, size, ($3::bytea[])[n]
from (select * from unnest($1::text[], $2::bigint[]) with ordinality as t (sha256, size, n) order by sha256 offset 0) as t
on conflict (sha256) do nothing;

-- name: ingest-report
-- What a DSN says of one recipient. Only a delivery that was handed over can change.
update deliveries d set state = $4, enhanced_code = $5, detail = $6, updated_at = now()
from messages m join placements p on p.message_id = m.id
where m.id = d.message_id and p.conversation_id = $1 and p.until is null and m.message_id = $2 and lower(d.recipient) = $3
  and d.state in ('sent', 'delayed', 'unknown', 'delivered')
returning d.id;
