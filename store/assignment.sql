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
-- inboxes.
select pg_advisory_xact_lock(hashtextextended('switchboard assignment', 0));

-- name: assign-turns
select a.id as agent_id, t.at
from agents a
cross join lateral (select max(s.started_at) as at from stints s where s.inbox_id = $1 and s.assignee_id = a.id and s.reason = 'assigned') t
where not a.disabled and t.at is not null;

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
-- Locks those that nobody else works on.
select id from conversations where id = any($1::uuid[]) order by id for no key update skip locked;

-- name: assign-queue
-- The conversations that wait for an assignee, since when the first of them has been
-- waiting, in seconds, and how many inboxes overflow.
select count(*) as waiting, coalesce(extract(epoch from now() - min(c.waiting_since)), 0)::float8 as oldest,
       (select count(*) from overflows) as overflows
from conversations c
where c.status = 'open' and c.waiting_on = 'us' and c.assignee_id is null and c.merged_into is null and c.service->>'held' is null;
