-- name: ingest-load
select id, bytes from raws where id = any($1::uuid[]);

-- name: ingest-snapshot
select read_snapshot($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::uuid[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::boolean,
    $16::text[], $17::uuid[], $18::uuid[]);

-- name: ingest-history
-- For accounts, how many conversations they have; for contacts, which tier resolved the
-- last one and how often they were reopened. Read only if the policy looks at it. The
-- limits keep it short for customers with very many conversations.
select a.id as account_id, null::uuid as contact_id,
       (select count(*) from (select from conversations v where v.account_id = a.id and v.merged_into is null limit 1000) n) as total,
       -1 as last_tier, 0 as reopened
from unnest($1::uuid[]) as a (id)
union all
select null, c.id, 0,
       coalesce((select v.tier from conversations v where v.contact_id = c.id and v.resolved_at is not null and v.merged_into is null
                 order by v.resolved_at desc limit 1), -1),
       (select count(*)
        from (select v.id from conversations v where v.contact_id = c.id order by v.updated_at desc limit 50) v
        join events e on e.conversation_id = v.id
        where e.kind = 'conversation.status' and e.data->>'from' in ('resolved', 'closed') and e.data->>'to' not in ('resolved', 'closed'))
from (select distinct id from unnest($2::uuid[]) as u (id)) as c;
