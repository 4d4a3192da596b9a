-- name: account-of-domain
select account_id from account_domains where domain = any($1::text[]) limit 1;

-- name: account-lock
-- The locks under which incoming mail finds or creates accounts (read_snapshot), in the same order.
select pg_advisory_xact_lock(k) from (select distinct hashtextextended(t, 0) as k from unnest($1::text[]) t order by 1) keys;

-- name: account-find
-- By external key; else the only account without another external key that has one of the domains.
select coalesce((select a.id from accounts a where a.external_id = nullif($1, '')),
                (select min(a.id::text) from accounts a where a.external_id is null
                   and a.id in (select d.account_id from account_domains d where d.domain = any($2::text[]))
                 having count(*) = 1)::uuid) as id;

-- name: account-by-name
select id from accounts where left(lower(name), 200) = left(lower($1), 200) and lower(name) = lower($1) limit 2;

-- name: account-read
select a.id, a.name, a.segment, a.timezone, a.attributes, a.tags, coalesce(a.external_id, '') as external_id, a.owner_id, a.created_at, a.updated_at,
       array(select d.domain from account_domains d where d.account_id = a.id order by d.domain) as domains
from accounts a where a.id = $1 for no key update;

-- name: account-others
-- Who else has something that only one account can have.
select d.domain as value, 'domain' as kind, a.id, a.name from account_domains d join accounts a on a.id = d.account_id
where d.domain = any($2::text[]) and d.account_id <> $1
union all
select a.external_id, 'external_id', a.id, a.name from accounts a where a.external_id = nullif($3, '') and a.id <> $1
limit 1;

-- name: account-write
insert into accounts (id, name, folded, timezone, attributes, tags, external_id, owner_id, created_at, updated_at)
values ($1, $2, $3, $4, $5::jsonb, $6::text[], nullif($7, ''), $8, clock_timestamp(), clock_timestamp())
on conflict (id) do update set name = excluded.name, folded = excluded.folded, timezone = excluded.timezone, attributes = excluded.attributes,
    tags = excluded.tags, external_id = excluded.external_id, owner_id = excluded.owner_id, updated_at = excluded.updated_at;

-- name: account-drop-domains
delete from account_domains where account_id = $1 and domain <> all($2::text[]);

-- name: account-save
insert into accounts (id, name, segment, timezone, attributes, tags, created_at, folded)
values ($1, $2, $3, $4, $5::jsonb, $6::text[], $7, $8)
on conflict (id) do update set name = excluded.name, segment = excluded.segment, timezone = excluded.timezone,
    attributes = excluded.attributes, tags = excluded.tags, folded = excluded.folded
returning xmax = 0 as created; -- PostgreSQL's mark of a row that was not there before

-- name: account-save-domains
insert into account_domains (domain, account_id) select unnest($1::text[]), $2
on conflict (domain) do nothing
returning domain;
