-- The points (report_points) of conversations. Each has the place and the assignee that the
-- conversation had at that instant, unless a comment says otherwise.
--
-- The instants of events are in the order of their numbers: an event of which the instant is
-- before that of an earlier event (mail that was read late) counts as if it were at the same.
--
-- Everything is joined by hashing: the planner does not know how many conversations there are.
create or replace function conversation_points(ids uuid[]) returns setof report_points
    language sql stable rows 10000
    set enable_nestloop = off set enable_mergejoin = off set work_mem = '64MB'
as $$
with c as materialized (
    select id, channel, segment, tags, subject, restricted, merged_into from conversations where id = any(ids)
), e as materialized (
    select e.conversation_id, e.seq, max(e.at) over (partition by e.conversation_id order by e.seq) as at, e.kind, e.actor, e.data,
           case when e.actor like 'ag\_%' then substr(e.actor, 4)::uuid end as agent_id
    from events e
    where e.conversation_id = any(ids) and e.kind in ('conversation.opened', 'conversation.assigned', 'conversation.moved', 'conversation.status',
        'message.received', 'message.sent', 'message.cancelled', 'handoff.accepted', 'handoff.returned', 'gap.found')
), s as materialized (
    select s.*, row_number() over w as n, lag(s.tier) over w as tier_before, lag(s.inbox_id) over w as inbox_before, lag(s.assignee_id) over w as assignee_before
    from stints s where s.conversation_id = any(ids)
    window w as (partition by s.conversation_id order by s.started_at, s.ended_at nulls last, s.id)
), h as materialized (
    select inbox_id, array_agg(opens order by opens) as opens, array_agg(closes order by opens) as closes, array_agg(passed order by opens) as passed
    from report_hours group by inbox_id
), opened as materialized (
    select s.conversation_id, s.started_at as at, s.inbox_id, s.tier, s.assignee_id, e.conversation_id is not null as by_us
    from s left join e on e.conversation_id = s.conversation_id and e.kind = 'conversation.opened' and coalesce(e.data->>'started_by', '') <> ''
    where s.n = 1
), turn as materialized (
    -- From open to resolved or closed, and back.
    select t.*, lead(t.at) over w as until, row_number() over (partition by t.conversation_id, t.done order by t.seq) as n, lead(t.seq) over w is null as newest
    from (select e.conversation_id, e.seq, e.at, e.data->>'to' in ('resolved', 'closed') as done, e.data->>'from' in ('resolved', 'closed') as was,
                 coalesce(e.data->>'reason' in ('it is older than the connection of the mailbox', 'it is an advisory'), false) as imported
          from e where e.kind = 'conversation.status') t
    where t.done <> t.was
    window w as (partition by t.conversation_id order by t.seq)
), resolved as materialized (
    -- Not by a merge, not imported as closed, and not as an advisory.
    select t.* from turn t join c on c.id = t.conversation_id where t.done and not t.imported and not (t.newest and c.merged_into is not null)
), reply as materialized (
    -- Written by people, and not taken back.
    select e.*, row_number() over (partition by e.conversation_id order by e.seq) as n
    from e where e.kind = 'message.sent' and not e.data ? 'automatic' and not exists (
        select from e x where x.conversation_id = e.conversation_id and x.kind = 'message.cancelled' and x.seq > e.seq and x.data->>'message_id' = e.data->>'message_id')
), acknowledged as (
    select distinct on (a.conversation_id) a.conversation_id, a.at, a.agent_id
    from (select conversation_id, seq, at, agent_id from reply
          union all
          select e.conversation_id, e.seq, e.at, e.agent_id from e where e.kind = 'handoff.accepted' or e.kind = 'conversation.assigned' and e.data->>'to' = e.actor) a
    order by a.conversation_id, a.seq
), asked as (
    -- The first message of the customer after so many replies.
    select q.conversation_id, q.replies, min(q.at) filter (where not q.ours) as at
    from (select m.*, count(*) filter (where m.ours) over (partition by m.conversation_id order by m.seq) as replies
          from (select conversation_id, seq, at, true as ours from reply
                union all
                select conversation_id, seq, at, false from e where kind = 'message.received' and data->>'auto_submitted' in ('none', 'list')) m) q
    group by q.conversation_id, q.replies
), resolution as materialized (
    select conversation_id, at from resolved where newest
), passing as (
    select s.conversation_id, count(*) filter (where s.n > 1 and s.tier <> s.tier_before) as handoffs, count(*) filter (where s.assignee_id <> s.assignee_before) as reassignments
    from s group by s.conversation_id
), holders as (
    select r.conversation_id, greatest(count(distinct s.inbox_id), count(distinct s.assignee_id)) as n
    from resolved r join s using (conversation_id) where r.n = 1 and s.started_at <= r.at group by r.conversation_id
), spell as (
    -- The stints of resolved conversations, less the time for which they were resolved in between.
    select s.conversation_id, s.inbox_id, s.tier, s.assignee_id, s.waiting_on, 1 as sign, s.started_at as since, least(s.ended_at, r.at) as until
    from s join resolution r using (conversation_id) where s.started_at < r.at
    union all
    select s.conversation_id, s.inbox_id, s.tier, s.assignee_id, s.waiting_on, -1, greatest(s.started_at, t.at), least(s.ended_at, r.at, t.until)
    from s join resolution r using (conversation_id) join turn t using (conversation_id)
    where t.done and t.until is not null and greatest(s.started_at, t.at) < least(s.ended_at, r.at, t.until)
), held as materialized (
    select conversation_id, inbox_id, tier, assignee_id, waiting_on, sum(sign * date_part('epoch', until - since)) as value,
           sum(sign * case when opens is null then date_part('epoch', until - since)
                           else open_seconds(j, until, opens, closes, passed) - open_seconds(i, since, opens, closes, passed) end) as business
    from (select spell.*, h.opens, h.closes, h.passed, width_bucket(spell.since, h.opens) as i, width_bucket(spell.until, h.opens) as j
          from spell left join h using (inbox_id)) x
    group by 1, 2, 3, 4, 5
),
holder as (
    -- What each holder had in all, in one of its rows.
    select held.*,
           case when row_number() over a = 1 then sum(value) over a end as agent_spent, case when row_number() over a = 1 then sum(business) over a end as agent_spent_business,
           case when row_number() over aw = 1 then sum(value) over aw end as agent_waited, case when row_number() over aw = 1 then sum(business) over aw end as agent_waited_business,
           case when row_number() over t = 1 then sum(value) over t end as tier_spent, case when row_number() over t = 1 then sum(business) over t end as tier_spent_business,
           case when row_number() over tw = 1 then sum(value) over tw end as tier_waited, case when row_number() over tw = 1 then sum(business) over tw end as tier_waited_business,
           case when row_number() over i = 1 then sum(value) over i end as inbox_spent, case when row_number() over i = 1 then sum(business) over i end as inbox_spent_business,
           case when row_number() over iw = 1 then sum(value) over iw end as inbox_waited, case when row_number() over iw = 1 then sum(business) over iw end as inbox_waited_business
    from held
    window a as (partition by conversation_id, assignee_id), aw as (partition by conversation_id, assignee_id, waiting_on),
           t as (partition by conversation_id, tier), tw as (partition by conversation_id, tier, waiting_on),
           i as (partition by conversation_id, inbox_id), iw as (partition by conversation_id, inbox_id, waiting_on)
), unassigned as (
    -- Runs of stints in one inbox without an assignee.
    select i.conversation_id, min(i.started_at) filter (where i.assignee_id is null) as since, max(i.n) as last
    from (select s.*, count(*) filter (where s.assignee_id is not null or s.inbox_id is distinct from s.inbox_before)
                 over (partition by s.conversation_id order by s.n) as island from s) i
    group by i.conversation_id, i.island
), routed as (
    -- Conversations that get an assignee in their inbox; not while they are resolved, and from when they were reopened.
    select s.conversation_id, s.started_at as at, greatest(min(u.since), max(t.until)) as since
    from s join unassigned u on u.conversation_id = s.conversation_id and u.last = s.n - 1
    left join turn t on t.conversation_id = s.conversation_id and t.done and t.at <= s.started_at
    where s.assignee_id is not null and s.assignee_before is null and s.inbox_id = s.inbox_before
    group by s.conversation_id, s.id, s.started_at
    having coalesce(bool_and(t.until <= s.started_at), true) and count(t.at) = count(t.until)
), state as (
    -- What the conversation was from each change on.
    select x.conversation_id, x.at, p.inbox_id, p.tier, p.assignee_id, not coalesce(d.done, false) as open
    from (select conversation_id, started_at as at from s union select conversation_id, at from turn) x
    join s p on p.conversation_id = x.conversation_id and p.started_at <= x.at and (p.ended_at is null or p.ended_at > x.at)
    left join turn d on d.conversation_id = x.conversation_id and d.at <= x.at and (d.until is null or d.until > x.at)
), change as (
    select b.*, lag(b.inbox_id) over w as inbox_before, lag(b.tier) over w as tier_before, lag(b.assignee_id) over w as assignee_before, lag(b.open, 1, false) over w as open_before
    from state b window w as (partition by b.conversation_id order by b.at)
), changed as (
    select f.* from change f where (f.inbox_before, f.tier_before, f.assignee_before, f.open_before) is distinct from (f.inbox_id, f.tier, f.assignee_id, f.open)
), passed as (
    select e.*, lag(e.kind) over w as before, lead(e.kind) over w as after
    from e where e.kind in ('conversation.moved', 'handoff.returned') window w as (partition by e.conversation_id order by e.seq)
), clock as (
    select k.*, case when k.breached_at is not null then 'breached' else k.state end as outcome, coalesce(k.ended_at, k.breached_at) as at
    from clocks k where k.conversation_id = any(ids) and (k.state in ('met', 'void') or k.breached_at is not null)
), point as (
    -- From since to at, or value and business. Without an inbox, the place and the agent are looked up below; with agent, only the place is.
    select 'opened' as kind, o.conversation_id, null::timestamptz as since, o.at, o.inbox_id, o.tier, o.assignee_id as agent_id, true as agent,
           '' as detail, '' as outcome, null::float8 as value, null::float8 as business, null::float8 as promised, null::int as handoffs, null::int as reassignments
    from opened o where not exists (select from e where e.conversation_id = o.conversation_id and e.kind = 'conversation.opened' and e.data ? 'advisory_id') -- nobody asked
    union all
    select 'acknowledged', a.conversation_id, o.at, a.at, null, null, a.agent_id, true, '', '', null, null, null, null, null
    from acknowledged a join opened o using (conversation_id) where not o.by_us
    union all
    select 'first_response', r.conversation_id, o.at, r.at, null, null, r.agent_id, true, '', '', null, null, null, null, null
    from reply r join opened o using (conversation_id) where r.n = 1 and not o.by_us
    union all
    select 'next_response', r.conversation_id, q.at, r.at, null, null, r.agent_id, true, '', '', null, null, null, null, null
    from reply r join opened o using (conversation_id) join asked q on q.conversation_id = r.conversation_id and q.replies = r.n - 1
    where (r.n > 1 or o.by_us) and q.at is not null
    union all
    select 'resolved', r.conversation_id, null, r.at, null, null, null, false, '', '', null, null, null, null, null
    from resolved r
    union all
    select 'resolution', r.conversation_id, o.at, r.at, null, null, null, false, '', '', null, null, null, p.handoffs, p.reassignments
    from resolution r join opened o using (conversation_id) join passing p using (conversation_id)
    union all
    select 'fcr', r.conversation_id, null, r.at, null, null, null, false, '', case when p.n = 1 and (r.until is null or r.until > r.at + interval '168 hours') then 'yes' else 'no' end,
           null, null, null, null, null
    from resolved r join holders p using (conversation_id) where r.n = 1
    union all
    select 'waited', p.conversation_id, null, r.at, null, null, null, false, p.waiting_on, '', sum(p.value), sum(p.business), null, null, null
    from held p join resolution r using (conversation_id) group by p.conversation_id, p.waiting_on, r.at
    union all
    select 'spent', p.conversation_id, null, r.at, null, null, null, false, '', '', sum(p.value), sum(p.business), null, null, null
    from held p join resolution r using (conversation_id) group by p.conversation_id, r.at
    union all
    select 'routed', r.conversation_id, r.since, r.at, null, null, null, false, '', '', null, null, null, null, null
    from routed r
    union all
    select 'clock', k.conversation_id, null, k.at, null, k.tier, null, false, k.metric, k.outcome, k.used_us / 1e6, k.used_us / 1e6, k.target_us / 1e6, null, null
    from clock k
    union all
    select 'backlog', f.conversation_id, null, f.at, f.inbox_before, f.tier_before, f.assignee_before, true, '', '', -1, null, null, null, null
    from changed f where f.open_before
    union all
    select 'backlog', f.conversation_id, null, f.at, f.inbox_id, f.tier, f.assignee_id, true, '', '', 1, null, null, null, null
    from changed f where f.open
    union all
    select 'moved', p.conversation_id, null, p.at, i.id, (p.data->>'to_tier')::int, p.agent_id, true, p.data->>'from',
           case when p.before = 'handoff.returned' then 'return' when p.after = 'handoff.returned' then 'returned' else 'kept' end, null, null, null, null, null
    from passed p join inboxes i on i.key = p.data->>'to' where p.kind = 'conversation.moved'
    union all
    select 'gap', e.conversation_id, null, e.at, null, null, null, false, e.data->>'gap', '', null, null, null, null, null
    from e where e.kind = 'gap.found'
    union all
    select v.kind, v.conversation_id, null, v.answered_at, v.inbox_id, i.tier, v.assignee_id, true, '', case when v.score > v.scale * 0.7 then 'good' else '' end,
           (v.score - 1)::float8 / (v.scale - 1), (v.score - 1)::float8 / (v.scale - 1), null, null, null
    from surveys v join inboxes i on i.id = v.inbox_id where v.conversation_id = any(ids) and v.answered_at is not null
    union all
    -- From 0 to 1, the mean of what was scored. Good are 4 and 5 of 5.
    select 'quality', q.conversation_id, null, q.done_at, q.inbox_id, q.tier, q.agent_id, true, '', case when m.value >= 0.75 then 'good' else '' end, m.value, m.value, null, null, null
    from quality_reviews q
    cross join lateral (select avg(((x->>'score')::float8 - 1) / 4) as value from jsonb_array_elements(q.scores) x where x->>'score' is not null) m
    where q.conversation_id = any(ids) and q.done_at is not null and m.value is not null
), placed as (
    select p.kind, p.conversation_id, p.since, p.at, coalesce(p.inbox_id, x.inbox_id) as inbox_id, coalesce(p.tier, x.tier) as tier,
           case when p.agent then p.agent_id else x.assignee_id end as agent_id, p.detail, p.outcome, p.value, p.business, p.promised, p.handoffs, p.reassignments
    from point p
    left join s x on x.conversation_id = p.conversation_id and x.started_at <= p.at and (x.ended_at is null or x.ended_at > p.at)
)
select p.kind, p.conversation_id, p.at, p.inbox_id, p.tier, p.agent_id, c.segment, c.channel, p.detail, p.outcome,
       case when p.since is not null then date_part('epoch', p.at - p.since) else p.value end,
       case when p.since is null then p.business when h.opens is null then date_part('epoch', p.at - p.since)
            else open_seconds(width_bucket(p.at, h.opens), p.at, h.opens, h.closes, h.passed) - open_seconds(width_bucket(p.since, h.opens), p.since, h.opens, h.closes, h.passed) end,
       p.promised, p.handoffs, p.reassignments, c.tags, case when p.kind = 'opened' and not c.restricted then subject_words(c.subject) end,
       null, null, null, null, null, null, null, null, null, null, null, null
from placed p join c on c.id = p.conversation_id left join h on h.inbox_id = p.inbox_id
union all
select 'held', p.conversation_id, r.at, p.inbox_id, p.tier, p.assignee_id, c.segment, c.channel, p.waiting_on, '', p.value, p.business, null, null, null, c.tags, null,
       p.agent_spent, p.agent_spent_business, p.agent_waited, p.agent_waited_business, p.tier_spent, p.tier_spent_business, p.tier_waited, p.tier_waited_business,
       p.inbox_spent, p.inbox_spent_business, p.inbox_waited, p.inbox_waited_business
from holder p join resolution r using (conversation_id) join c on c.id = p.conversation_id
$$;
