-- name: policy-latest
select version, document from policies where origin <> 'pilot' order by version desc limit 1;

-- name: policy-version
select version, document from policies where version = $1;

-- name: policy-live
-- The draft of a pilot is never live.
select coalesce((select version from policies where origin <> 'pilot' order by version desc limit 1), 0) as live,
       coalesce((select version from pilots where ended_at is null), 0) as pilot;

-- name: policy-list
select version, published_at, author, reason, origin, restores, version = (select version from policies where origin <> 'pilot' order by version desc limit 1) as live
from policies where $1::bigint = 0 or version < $1 order by version desc limit $2;

-- name: policy-document
select version, published_at, author, reason, origin, restores, version = (select version from policies where origin <> 'pilot' order by version desc limit 1) as live, document
from policies where version = coalesce(nullif($1::bigint, 0), (select version from policies where origin <> 'pilot' order by version desc limit 1));

-- name: policy-file
select version, published_at, author, reason, origin, restores, version = (select version from policies where origin <> 'pilot' order by version desc limit 1) as live, document
from policies where origin = 'file' order by version desc limit 1;

-- name: policy-lock
-- One node publishes at a time: several that start at once would lock the rows in
-- different orders.
select pg_advisory_xact_lock(hashtextextended('policies', 1));

-- name: policy-publish
insert into policies (document, author, reason, origin, restores) values ($1, $2, $3, $4, nullif($5, 0)) returning version;

-- name: policy-tiers
insert into tiers (tier, name) select * from unnest($1::int[], $2::text[])
on conflict (tier) do update set name = excluded.name where tiers.name <> excluded.name;

-- name: policy-inboxes
-- An inbox that the policy no longer names is archived: conversations are in it.
with wanted as (
    select * from unnest($1::uuid[], $2::text[], $3::text[], $4::int[]) as t (id, key, name, tier)
), gone as (
    update inboxes set archived = true where key not in (select key from wanted)
)
insert into inboxes (id, key, name, tier) select id, key, name, tier from wanted
on conflict (key) do update set name = excluded.name, tier = excluded.tier, archived = false;

-- name: policy-inbox-list
select id, key, name, tier from inboxes order by tier, key;

-- name: policy-hits
-- A path has "routing: api/webhook" for a rule below another one; the rule above counts, too.
-- What the draft of a pilot decides does not count, unless it was adopted.
select case split_part(step, ': ', 1) when 'segment' then 'segments' when 'sla' then 'slas' else 'routing' end as section,
    substr(step, strpos(step, ': ') + 2) as name, count(distinct c.id) as hits, max(c.created_at) as last_at
from conversations c
cross join lateral unnest(c.path) as p (entry)
cross join lateral string_to_array(p.entry, '/') as q (parts)
cross join lateral (select array_to_string(q.parts[1:n], '/') as step from generate_series(1, case when p.entry like 'routing: %' then cardinality(q.parts) else 1 end) n) r
where c.created_at >= $1 and c.policy_version not in (select version from pilots where outcome <> 'adopted') and p.entry ~ '^(segment|routing|sla): '
group by step order by section, hits desc, name;
