-- What the automatic assignment of conversations reads and writes. Conversations that wait
-- for an assignee are those in the index conversations_waiting.

-- name: assign-inboxes
-- Which of the inboxes have a conversation that waits for an assignee, or overflow.
select i.id
from unnest($1::uuid[]) with ordinality as i (id, n)
where exists (select from conversations c
              where c.inbox_id = i.id and c.status = 'open' and c.waiting_on = 'us' and c.assignee_id is null and c.merged_into is null
                and c.service->>'held' is null)
   or exists (select from overflows o where o.inbox_id = i.id)
order by i.n;

-- name: assign-lock
-- One transaction at a time assigns: an agent's capacity counts conversations of all
-- inboxes. The settings are those of Store.txAsync.
select set_config('synchronous_commit', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true),
       pg_advisory_xact_lock(hashtextextended('switchboard assignment', 0));

-- name: assign-team
-- The query roster, and when each agent was last assigned a conversation of an inbox.
select a.id, a.name, a.email, a.tiers, a.admin, a.disabled, a.inboxes, a.skills, a.capacity, a.leads, a.timezone, a.hours, a.inboxes_only, a.mask_addresses, a.display_name, a.signature, agent_inboxes(a) as sees,
       a.availability as chosen, a.away_until as until, p.seen_at, clock_timestamp() as clock, l.loaded, l.open, t.turn
from agents a
left join agent_presence p on p.agent_id = a.id
cross join lateral (
    select coalesce(array_agg(i.key), '{}') as loaded, coalesce(array_agg(n.open), '{}') as open
    from (select c.inbox_id, count(*) as open from conversations c
          where c.assignee_id = a.id and c.status = 'open' and c.waiting_on = 'us' and c.merged_into is null
          group by c.inbox_id) n
    join inboxes i on i.id = n.inbox_id) l
cross join lateral (select max(s.started_at) as turn from stints s where s.inbox_id = $1 and s.assignee_id = a.id and s.reason = 'assigned') t
where not a.disabled
order by lower(a.name), a.id;

-- name: assign-waiting
-- Conversations of an inbox in the order of the index. $2 asks for who handled the
-- contact's last other conversation.
select c.id, c.priority, c.tier, c.inbox_id, c.tags, c.restricted, c.due_at, c.waiting_since, coalesce(s.started_at, c.created_at) as since,
       (c.service->>'avoid')::uuid as avoid, case when $2 then
           (select l.assignee_id from conversations l
            where l.contact_id = c.contact_id and l.id <> c.id and l.assignee_id is not null
            order by l.updated_at desc limit 1) end as last
from conversations c
left join stints s on s.conversation_id = c.id and s.ended_at is null
where c.inbox_id = $1 and c.status = 'open' and c.waiting_on = 'us' and c.assignee_id is null and c.merged_into is null
  and c.service->>'held' is null
order by c.due_at, case c.priority when 'urgent' then 0 when 'high' then 1 when 'normal' then 2 else 3 end, c.waiting_since, c.id
limit $3 offset $4;

-- name: assign-overflow
-- The time, whether an inbox overflows, and since when a conversation has been waiting in it.
select clock_timestamp() as clock, exists (select from overflows o where o.inbox_id = $1) as active,
       (select min(s.started_at) from conversations c join stints s on s.conversation_id = c.id and s.ended_at is null
        where $2 and c.inbox_id = $1 and c.status = 'open' and c.waiting_on = 'us' and c.assignee_id is null and c.merged_into is null
          and c.service->>'held' is null) as oldest;

-- name: assign-overflow-begin
insert into overflows (inbox_id, since) values ($1, clock_timestamp()) on conflict do nothing;

-- name: assign-overflow-end
delete from overflows where inbox_id = $1;

-- name: assign-free
-- The query act-conversations, without those that somebody else works on.
select id, number, account_id, contact_id, subject, channel, status, priority, inbox_id, tier, assignee_id, tags, restricted,
       path, policy_version, reply_channel, reply_to, reply_from, participants, preview, last_inbound_at, last_reply_at,
       waiting_on, waiting_since, snoozed_until, resolved_at, merged_into, last_seq, created_at, updated_at,
       sla, segment, gap, due_at, check_at, service
from conversations where id = any($1::uuid[])
order by id
for no key update skip locked;

-- name: assign-queue
-- The conversations that wait for an assignee, since when the first of them has been
-- waiting, in seconds, and how many inboxes overflow.
select count(*) as waiting, coalesce(extract(epoch from now() - min(c.waiting_since)), 0)::float8 as oldest,
       (select count(*) from overflows) as overflows
from conversations c
where c.status = 'open' and c.waiting_on = 'us' and c.assignee_id is null and c.merged_into is null and c.service->>'held' is null;
