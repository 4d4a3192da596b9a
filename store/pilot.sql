-- name: pilot-start
-- The draft is a version of its own, so that conversations and clocks can name it.
with draft as (
    insert into policies (document, author, reason, origin) values ($1, $2, $3, 'pilot') returning version
)
insert into pilots (version, base, share, segment, reason, started_by, baseline_from)
select version, $4, $5, $6, $3, $2, now() - make_interval(secs => $7) from draft returning version;

-- name: pilot-end
update pilots set ended_at = now(), ended_by = $2, outcome = $3, note = $4, published = nullif($5::bigint, 0) where version = $1 and ended_at is null returning version;

-- name: pilot-running
select version from pilots where ended_at is null;

-- name: pilot-list
-- One of them ($1; -1: the running one), or all (0).
select version, base, share, segment, reason, started_at, started_by, baseline_from, ended_at, ended_by, outcome, note, published
from pilots where $1::bigint = 0 or version = $1 or $1 = -1 and ended_at is null order by version desc;

-- name: report-pilot
-- What the groups of a pilot did, before it and during it: [$2, $8) and [$8, $3). $5 is the pilot,
-- $6 its share, $7 its segment (empty: all). A case counts if its conversation opened, and what is
-- measured happened, in the same time. In the pilot is what its draft decided; before, what it would
-- have decided (router.Pilot.Takes). Cases of an account depend on each other, so they are added up
-- by account: spread is the sum of the squares of how far each is from the mean.
with p as materialized (
    select p.kind, p.conversation_id, p.at, p.segment, p.outcome, p.value, p.handoffs from report_points /* source */ p
    where p.kind = any($1::text[]) and p.at >= $2 and p.at < $3 and ($4::uuid[] is null or p.inbox_id = any($4::uuid[]))
), c as materialized (
    select o.*, case when o.during and o.version = $5 then 'pilot' when not o.during and o.taken then 'pilot' when not o.taken and o.version <> $5 and (o.scope or $6 = 100) then 'control' end as grp
    from (select p.conversation_id, p.at >= $8 as during, c.account_id, c.policy_version as version, s.scope,
                 s.scope and (('x' || encode(substr(sha256(convert_to($5::bigint::text || '/' || c.account_id::text, 'UTF8')), 1, 4), 'hex'))::bit(32)::bigint % 100) < $6::int as taken
          from p join conversations c on c.id = p.conversation_id cross join lateral (select $7::text = '' or coalesce(p.segment, '') = $7 as scope) s
          where p.kind = 'opened') o
), resolved as (
    select p.conversation_id, min(p.at) as at from p where p.kind = 'resolved' group by 1
), v as materialized (
    select c.grp, c.during, c.account_id, m.measure, m.x
    from c join (
        select conversation_id, at, 'conversations' as measure, 1::float8 as x from p where kind = 'opened'
        union all select conversation_id, at, 'first_response', value from p where kind = 'first_response'
        union all select conversation_id, at, 'resolution', value from p where kind = 'resolution'
        union all select conversation_id, at, 'sla_adherence', case when outcome = 'met' then 1 else 0 end from p where kind = 'clock' and outcome in ('met', 'breached')
        union all select conversation_id, at, 'handoffs', handoffs from p where kind = 'resolution'
        union all select r.conversation_id, r.at, 'reopened', case when exists (select from p b where b.conversation_id = r.conversation_id and b.kind = 'backlog' and b.value > 0 and b.at > r.at and (b.at >= $8) = (r.at >= $8)) then 1 else 0 end from resolved r
    ) m using (conversation_id)
    where c.grp is not null and (m.at >= $8) = c.during and m.x is not null
), a as (
    select grp, during, measure, account_id, count(*)::float8 as n, sum(x) as total from v group by 1, 2, 3, 4
), b as (
    select a.*, sum(total) over w / sum(n) over w as mean from a window w as (partition by grp, during, measure)
), q as (
    select grp, during, measure, percentile_cont(0.5) within group (order by x) as median from v group by 1, 2, 3
)
select b.grp, b.during, b.measure, sum(b.n)::bigint as n, count(*) as accounts, min(b.mean) as mean, min(q.median) as median, sum((b.total - b.mean * b.n) ^ 2) as spread
from b join q using (grp, during, measure) group by 1, 2, 3;
