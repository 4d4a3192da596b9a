-- name: search-fresh
-- Whether texts of before the index are still to be indexed, and the conversations of
-- messages that are not in a block yet and contain $1.
select (select true from search_backlog) as backlog,
       array(select c.number
             from search_texts s
             join placements p on p.message_id = s.message_id and p.until is null
             join conversations c on c.id = p.conversation_id
             where s.block is null and strpos(s.text, $1) > 0) as numbers;

-- name: search-postings
select bucket, block, postings from search_postings where bucket = any($1::int[]);

-- name: search-blocks
select block, conversations from search_blocks where block = any($1::int[]);

-- name: search-senders
-- The numbers of conversations of a contact with one of the addresses, or in which
-- one of them wrote. Each table is read by key, whatever the plan.
select c.number
from unnest($1::text[]) as a (address)
cross join lateral (select d.contact_id from identities d where d.channel = 'email' and d.address = a.address offset 0) d
cross join lateral (select c.number from conversations c where c.contact_id = d.contact_id offset 0) c
union
select c.number
from unnest($1::text[]) as a (address)
cross join lateral (select m.id from messages m where m.from_address = a.address and m.direction = 'inbound' offset 0) m
cross join lateral (select p.conversation_id from placements p where p.message_id = m.id and p.until is null offset 0) p
cross join lateral (select c.number from conversations c where c.id = p.conversation_id offset 0) c;

-- name: search-contacts
-- The numbers of conversations of contacts with an address like one of the patterns.
select c.number
from (select d.contact_id from identities d where d.address like any($1::text[]) offset 0) d
cross join lateral (select c.number from conversations c where c.contact_id = d.contact_id offset 0) c;

-- name: search-accounts
-- Accounts with a name or a domain like one of the patterns, at most $2.
select a.id from accounts a where coalesce(a.folded, lower(a.name)) like any($1::text[])
union
select d.account_id from account_domains d where d.domain like any($1::text[])
limit $2;

-- name: search-names
-- What the names in a query stand for: inboxes, agents by address or id, tiers.
select 'inbox' as kind, i.key as name, i.id, '' as title from inboxes i
union all
select 'assignee', g.email, g.id, lower(g.name) from agents g
union all
select 'tier', t.tier::text, null, '' from tiers t
order by 1, 2;

-- name: search-lock
select pg_try_advisory_xact_lock($1);

-- name: search-take
-- The messages of the next block, if there are $1.
select s.message_id as id, s.text
from search_texts s
where s.block is null and (select count(*) from (select from search_texts f where f.block is null limit $1) f) >= $1
order by s.message_id
limit $1
for update;

-- name: search-places
select p.message_id as id, c.number
from placements p
join conversations c on c.id = p.conversation_id
where p.message_id = any($1::uuid[]) and p.until is null;

-- name: search-add-block
insert into search_blocks (conversations) values ($1) returning block;

-- name: search-add-postings
insert into search_postings (bucket, block, postings) select unnest($1::int[]), $2, unnest($3::bytea[]);

-- name: search-taken
update search_texts set block = $2 where message_id = any($1::uuid[]);

-- name: search-backlog
select below from search_backlog for update;

-- name: search-old
-- Messages from before the index, newest first. Those that have come since are known.
select m.id, m.direction, m.subject, left(m.text_body, $3) as text_body, m.addresses, m.attachments, c.subject as conversation, c.participants,
       exists (select from search_texts s where s.message_id = m.id) as known
from (select * from messages m where m.id < $1 order by m.id desc limit $2) m
left join lateral (select c.subject, c.participants from placements p join conversations c on c.id = p.conversation_id
                   where p.message_id = m.id and p.until is null order by p.since limit 1) c on true
order by m.id desc;

-- name: search-add-texts
insert into search_texts (message_id, sender, text) select unnest($1::uuid[]), unnest($2::text[]), unnest($3::text[])
on conflict (message_id) do nothing;

-- name: search-advance
update search_backlog set below = $1;

-- name: search-caught-up
delete from search_backlog;

-- name: search-unfolded
-- Names of accounts and contacts from before the index.
select 'account' as kind, id, name from accounts where folded is null
union all
select 'contact', id, name from contacts where folded is null
limit $1;

-- name: search-fold-accounts
update accounts a set folded = v.folded from unnest($1::uuid[], $2::text[]) as v (id, folded) where a.id = v.id;

-- name: search-fold-contacts
update contacts t set folded = v.folded from unnest($1::uuid[], $2::text[]) as v (id, folded) where t.id = v.id;
