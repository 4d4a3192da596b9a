-- Reports count points (migration 42). The marks are replaced before a query is planned: the key and
-- the detail of the groups, the value, and where the points come from. $1 are kinds, [$2, $3) the time,
-- $4 the inboxes, null for all; $5 is when the days or hours begin, if that is what the points are grouped by.

-- name: report-groups
-- Each group by the steps $6 between which its values are, so that nothing needs to be sorted and all processors can count.
with p as (
    select '' /* key */ as key, '' /* detail */ as detail, p.conversation_id, p.at, p.outcome, p.promised, case when p.outcome <> 'void' then p.value /* value */ end as v
    from report_points /* source */ p /* join */
    where p.kind = any($1::text[]) and p.at >= $2 and p.at < $3 and ($4::uuid[] is null or p.inbox_id = any($4::uuid[])) and ($5::timestamptz[] is null or true) /* filter */
), one as (select * from p /* sum */)
select coalesce(key::text, '') as key, detail, coalesce(width_bucket(v, $6::float8[]), 0) as step, count(*) as points, count(v) as valued, coalesce(sum(v), 0) as total,
       coalesce(min(v), 0) as least, coalesce(max(v), 0) as most /* outcomes */
from one group by 1, 2, 3 order by 1, 2, 3;

-- name: report-ranks
-- The values with the ranks $10, from 1, in the steps $9 of the groups with the keys $7 and the details $8.
with p as (
    select '' /* key */ as key, '' /* detail */ as detail, p.conversation_id, p.at, p.outcome, p.promised, case when p.outcome <> 'void' then p.value /* value */ end as v
    from report_points /* source */ p /* join */
    where p.kind = any($1::text[]) and p.at >= $2 and p.at < $3 and ($4::uuid[] is null or p.inbox_id = any($4::uuid[])) and ($5::timestamptz[] is null or true) /* filter */
), one as (select * from p /* sum */), ranked as (
    select key, detail, step, v, row_number() over (partition by key, detail, step order by v) as rank
    from (select coalesce(key::text, '') as key, detail, width_bucket(v, $6::float8[]) as step, v from one where v is not null) s where step = any($9::int[])
)
select key, detail, step, rank, v as value from ranked
join unnest($7::text[], $8::text[], $9::int[], $10::bigint[]) w (key, detail, step, rank) using (key, detail, step, rank);

-- name: report-load
with p as (
    select '' /* key */ as key, p.kind, count(*) as n, coalesce(sum(p.value), 0) as value
    from report_points /* source */ p /* join */
    where p.kind = any($1::text[]) and p.at >= $2 and p.at < $3 and ($4::uuid[] is null or p.inbox_id = any($4::uuid[])) /* filter */
    group by 1, 2
)
select key, coalesce(sum(n) filter (where kind = 'opened'), 0) as arrivals, coalesce(sum(n) filter (where kind = 'resolved'), 0) as resolved,
       coalesce(sum(value) filter (where kind = 'backlog'), 0)::bigint as more
from p group by 1;

-- name: report-load-slots
-- report-load from report_slots (migration 49), which has the quarters of an hour in [$6, $7), and points for
-- what is before and after those.
with p as (
    select '' /* key */ as key, p.kind, sum(p.n) as n, sum(p.value) as value
    from (select kind, slot as at, inbox_id, tier, agent_id, segment, channel, n, value from report_slots
          where kind = any($1::text[]) and slot >= $6 and slot < $7
          union all
          select kind, at, inbox_id, tier, agent_id, segment, channel, 1, coalesce(value, 0) from report_points
          where kind = any($1::text[]) and (at >= $2 and at < $6 or at >= $7 and at < $3) /* stale */) p
    where ($4::uuid[] is null or p.inbox_id = any($4::uuid[])) and ($5::timestamptz[] is null or true)
    group by 1, 2 having sum(p.n) <> 0
)
select key, coalesce(sum(n) filter (where kind = 'opened'), 0)::bigint as n, coalesce(sum(n) filter (where kind = 'opened'), 0)::bigint as arrivals,
       coalesce(sum(n) filter (where kind = 'resolved'), 0)::bigint as resolved, coalesce(sum(value) filter (where kind = 'backlog'), 0)::bigint as more
from p group by 1;

-- name: report-topics
-- Read for each of the three, because that is done side by side and what is read once is not.
with p as not materialized (
    select p.tags, p.words from report_points /* source */ p
    where p.kind = any($1::text[]) and p.at >= $2 and p.at < $3 and ($4::uuid[] is null or p.inbox_id = any($4::uuid[])) /* filter */
)
(select '' as key, '' as detail, count(*) as n from p)
union all
(select t, 'tag', count(*) from p, unnest(p.tags) t group by t order by 3 desc, 1 limit 100)
union all
(select w, 'word', count(*) from p, unnest(p.words) w group by w having count(*) > 1 order by 3 desc, 1 limit 100);

-- name: report-flow
select p.detail as key, coalesce(i.key, '') as detail, count(*) as n, count(*) filter (where p.outcome = 'return') as good
from report_points /* source */ p left join inboxes i on i.id = p.inbox_id
where p.kind = any($1::text[]) and p.at >= $2 and p.at < $3
  and ($4::uuid[] is null or p.inbox_id = any($4::uuid[]) or exists (select from inboxes f where f.key = p.detail and f.id = any($4::uuid[]))) /* filter */
group by 1, 2;

-- name: report-deflection
-- Visits of the help pages (migration 43), at the last time at which they opened or were shown an article. They are no
-- inbox's. One that wrote anything is not deflected, even if it wrote before.
with p as (
    select '' /* key */ as key, p.visit, p.kind, p.at > now() - interval '24 hours' as undecided,
           exists (select from help_events w where w.visit = p.visit and w.kind = 'wrote') as wrote
    from (select visit, kind, max(at) as at from help_events where kind = any($1::text[]) and at >= $2 and at < $3 and ($4::uuid[] is null or true) group by visit, kind) p
)
select key::text, count(*) filter (where kind = 'opened' and not undecided) as n, count(*) filter (where kind = 'opened' and undecided and not wrote) as provisional,
       count(*) filter (where kind = 'opened' and not undecided and not wrote) as good,
       count(*) filter (where kind = 'shown') as more
from p group by 1;

-- name: report-service
with p as materialized (
    select p.kind, case when p.kind = 'clock' then p.detail else '' end as detail, p.segment, p.tier, p.channel, p.outcome, p.value, p.business, c.account_id
    from report_points /* source */ p join conversations c on c.id = p.conversation_id
    where p.kind = any($1::text[]) and p.at >= $2 and p.at < $3 and ($4::uuid[] is null or p.inbox_id = any($4::uuid[])) and p.outcome <> 'void' and p.segment <> '' and p.tier is not null
)
select segment, tier, coalesce(channel, '') as channel, kind, detail, count(*) as n, count(distinct account_id) as accounts, count(*) filter (where outcome = 'met') as met,
       percentile_cont(array[0.5, 0.9]) within group (order by value) as wall, percentile_cont(array[0.5, 0.9]) within group (order by business) as business
from p group by grouping sets ((segment, kind, detail), (segment, kind, detail, tier), (segment, kind, detail, tier, channel));

-- name: report-targets
-- What became of the clocks with each target, by the tier in which they started.
select coalesce(p.tier, 0) as tier, coalesce(t.name, '') as tier_name, p.segment, p.detail as metric, p.promised as target, count(*) as n, count(*) filter (where p.outcome = 'met') as met,
       percentile_cont(array[0.9, 0.95]) within group (order by p.value) as ranks
from report_points /* source */ p left join tiers t on t.tier = p.tier
where p.kind = any($1::text[]) and p.at >= $2 and p.at < $3 and ($4::uuid[] is null or p.inbox_id = any($4::uuid[])) and p.outcome <> 'void' and p.promised > 0
group by 1, 2, 3, 4, 5;

-- name: report-names
select key, name, 'inbox' as what, id from inboxes union all
select id::text, name, 'agent', id from agents union all
select tier::text, name, 'tier', null from tiers;

-- name: report-conversations
-- What the groups of report-groups count, the newest first, after ($9, $10): those that agents
-- with the limits $5 and $6 may read. $7 and $8 are key and detail; $7 null: any, $8 null: any.
with p as (
    select '' /* key */ as key, '' /* detail */ as detail, p.conversation_id, p.at, case when p.outcome <> 'void' then p.value /* value */ end as v
    from report_points /* source */ p /* join */
    where p.kind = any($1::text[]) and p.at >= $2 and p.at < $3 and ($4::uuid[] is null or p.inbox_id = any($4::uuid[])) /* filter */
)
select p.conversation_id, c.number, c.subject, c.status, p.at, p.value
from (select conversation_id, max(at) as at, sum(v) as value from p
      where ($7::text is null or coalesce(key::text, '') = $7) and ($8::text is null or detail = $8) group by conversation_id) p
join conversations c on c.id = p.conversation_id
where may_read(c.restricted, c.tier, c.inbox_id, $5, $6) and ($9::timestamptz is null or (p.at, p.conversation_id) < ($9, $10::uuid))
order by p.at desc, p.conversation_id desc limit $11;

-- name: report-calendars
select coalesce(max(digest), '') from report_calendars;

-- name: report-points-lock
select pg_advisory_xact_lock(hashtextextended('report_points', 0));

-- name: report-hours-reach
-- How far the hours have to reach for the conversations $1, null: those that are stale, at most $2 years back, and
-- whether they do. With some time on both sides, so that they seldom have to be made again.
with first as (
    select least(min(s.started_at), min(e.at)) as at
    from (select unnest($1::uuid[]) as id union all select e.conversation_id from events e
          where $1::uuid[] is null and (e.xid, e.id) > ((select xid from report_state), (select event_id from report_state)) and e.conversation_id is not null group by 1) c
    left join lateral (select min(started_at) as started_at from stints s where s.conversation_id = c.id) s on true
    left join lateral (select min(at) as at from events e where e.conversation_id = c.id) e on true
)
select coalesce(least(c.since, f.at - interval '60 days'), now())::timestamptz as since, now() + interval '60 days' as until,
       f.at is null or c.since <= f.at and c.until > now() + interval '1 hour' as covered
from (select greatest(at, now() - make_interval(years => $2)) as at from first where at is not null union all select null from first where at is null) f, report_calendars c;

-- name: report-hours-reached
update report_calendars set since = $1, until = $2;

-- name: report-hours-lock
select pg_advisory_xact_lock(hashtextextended('report_hours', 0));

-- name: report-hours-clear
delete from report_hours;

-- name: report-hours-add
insert into report_hours (inbox_id, opens, closes, passed) select * from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::float8[]);

-- name: report-calendars-save
insert into report_calendars (digest, since, until) values ($1, $2, $3)
on conflict (one) do update set digest = excluded.digest, since = excluded.since, until = excluded.until;

-- name: report-reset
-- All points are made again.
with emptied as (delete from report_points)
update report_state set xid = '0', event_id = 0;

-- name: report-backlog
-- Whether so much mail waits to be routed that the points of reports can wait.
select count(*) >= 100 from (select from raws where state = 'pending' and next_at <= now() limit 100) r;

-- name: report-lock
select pg_try_advisory_xact_lock(hashtextextended('report_points', 0));

-- name: report-next
-- The conversations of the next $1 events of transactions before which no other is still open, and the last of the
-- events. A survey of a conversation that was merged is answered in another one.
with next as materialized (
    select e.xid, e.id, e.conversation_id, e.kind, e.data from events e
    where (e.xid, e.id) > ((select xid from report_state), (select event_id from report_state)) and e.xid < pg_snapshot_xmin(pg_current_snapshot())
    order by e.xid, e.id limit $1)
select array(select conversation_id from next where conversation_id is not null
             union select v.conversation_id from next join surveys v on v.id = substr(next.data->>'survey_id', 4)::uuid where next.kind = 'survey.answered')::text[] as ids,
       count(*) as n, coalesce((select xid::text from next order by xid desc, id desc limit 1), '0') as xid, coalesce((select id from next order by xid desc, id desc limit 1), 0) as id
from next;

-- name: report-forget
delete from report_points where conversation_id = any($1::uuid[]);

-- name: report-keep
-- A conversation with a later event stays stale, and is kept after that one.
insert into report_points select * from conversation_points(array(
    select i from unnest($1::uuid[]) i
    where not exists (select from events e where e.conversation_id = i and (e.xid, e.id) > ($2::text::xid8, $3::bigint))));

-- name: report-advance
update report_state set xid = $1::text::xid8, event_id = $2;

-- name: report-current
-- In the order of the index, so that it reads the first of the later events and not all that there are.
select not exists (select from (
    select e.conversation_id from events e where (e.xid, e.id) > ((select xid from report_state), (select event_id from report_state)) order by e.xid, e.id offset 0
) e where e.conversation_id is not null);
