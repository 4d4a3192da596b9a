-- name: account-of-domain
select account_id from account_domains where domain = any($1::text[]) limit 1;

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
