-- name: view-conversation-list
-- Last updated first, below the position ($3, $4), at most $5. sort.go replaces the
-- order, and filter.go the marks with the conditions of a search: those on a conversation itself, and those
-- that compare texts, which are checked in the order of the list, until the page is
-- full, and for at most $6 conversations. $7 is
-- the agent, for what they have read.
with found as materialized (
    select c.id
    from (select c.*
          from conversations c
          where may_read(c.restricted, c.tier, c.inbox_id, $1, $2) and c.merged_into is null
            and (c.updated_at, c.id) < (coalesce($3::timestamptz, 'infinity'), coalesce($4::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
            /* filter */
          order by c.updated_at desc, c.id desc
          limit $6::bigint) c
    where true /* compare */
    limit $5
)
select c.id, c.number, c.subject, c.channel, c.status, c.priority, c.tier, c.inbox_id, i.key as "inbox.key", i.name as "inbox.name",
       c.account_id as "account.id", a.name as "account.name", c.contact_id as "contact.id", t.name as "contact.name",
       coalesce(t.address, '') as "contact.address", c.assignee_id as "assignee.id", coalesce(g.name, '') as "assignee.name",
       c.path, c.policy_version, c.tags, c.restricted, c.preview, c.last_seq,
       (c.status = 'open' or c.service ? 'third_parties') and exists (
           select 1 from placements p join messages m on m.id = p.message_id
           where p.conversation_id = c.id and p.until is null and m.direction = 'inbound' and (c.status = 'open' or m.third_party)
             and p.seq > coalesce((select r.seq from read_marks r where r.agent_id = $7 and r.conversation_id = c.id), 0)) as unread,
       c.reply_channel as "reply.channel",
       c.reply_to as "reply.to", c.reply_from as "reply.from", c.last_inbound_at, c.last_reply_at, c.waiting_on, c.waiting_since,
       c.snoozed_until, c.resolved_at, c.created_at, c.updated_at, c.sla, c.segment, c.gap, c.service,
       (select count(*) from tasks k where k.conversation_id = c.id and k.state in ('open', 'in_progress')) as open_tasks, ''::text as sort_key
from found f
join conversations c on c.id = f.id
join inboxes i on i.id = c.inbox_id
join accounts a on a.id = c.account_id
join contact_names t on t.id = c.contact_id
left join agents g on g.id = c.assignee_id
order by c.updated_at desc, c.id desc;

-- name: view-conversation
-- By id ($3) or, if that is null, by number ($4). $5 is the agent.
select c.id, c.number, c.subject, c.channel, c.status, c.priority, c.tier, c.inbox_id, i.key as "inbox.key", i.name as "inbox.name",
       c.account_id as "account.id", a.name as "account.name", c.contact_id as "contact.id", t.name as "contact.name",
       coalesce(t.address, '') as "contact.address", c.assignee_id as "assignee.id", coalesce(g.name, '') as "assignee.name",
       c.path, c.policy_version, c.tags, c.restricted, c.preview, c.last_seq,
       (c.status = 'open' or c.service ? 'third_parties') and exists (
           select 1 from placements p join messages m on m.id = p.message_id
           where p.conversation_id = c.id and p.until is null and m.direction = 'inbound' and (c.status = 'open' or m.third_party)
             and p.seq > coalesce((select r.seq from read_marks r where r.agent_id = $5 and r.conversation_id = c.id), 0)) as unread,
       c.reply_channel as "reply.channel",
       c.reply_to as "reply.to", c.reply_from as "reply.from", c.last_inbound_at, c.last_reply_at, c.waiting_on, c.waiting_since,
       c.snoozed_until, c.resolved_at, c.created_at, c.updated_at, c.sla, c.segment, c.gap, c.service,
       (select count(*) from tasks k where k.conversation_id = c.id and k.state in ('open', 'in_progress')) as open_tasks,
       c.merged_into as "merged_into.id", coalesce(s.number, 0) as "merged_into.number"
from conversations c
left join conversations s on s.id = c.merged_into
join inboxes i on i.id = c.inbox_id
join accounts a on a.id = c.account_id
join contact_names t on t.id = c.contact_id
left join agents g on g.id = c.assignee_id
where may_read(c.restricted, c.tier, c.inbox_id, $1, $2) and (c.id = $3::uuid or ($3::uuid is null and c.number = $4));

-- name: view-clocks
-- In the order in which they started.
select id, conversation_id, metric, policy, policy_version, tier, state, started_at, due_at, met_at, breached_at, ended_at, target_us, used_us,
       counted_at, paused, warnings
from clocks where conversation_id = $1
order by started_at, array_position(array['first_response', 'next_response', 'resolution', 'update_every'], metric), id;

-- name: view-stints
-- Oldest first, without the first $4.
select i.key as "inbox.key", i.name as "inbox.name", s.tier, s.assignee_id as "assignee.id", coalesce(g.name, '') as "assignee.name",
       s.waiting_on, s.started_at, s.ended_at, s.reason
from stints s
join conversations c on c.id = s.conversation_id
join inboxes i on i.id = s.inbox_id
left join agents g on g.id = s.assignee_id
where s.conversation_id = $3 and may_read(c.restricted, c.tier, c.inbox_id, $1, $2)
order by s.started_at, s.ended_at nulls last, s.id
offset $4 limit $5;

-- name: view-access
select c.id, c.restricted, c.tier, c.inbox_id
from conversations c
where c.id = any($1::uuid[]);

-- name: view-events
-- A conversation's events, oldest first, after number $4.
select e.xid::text as xid, e.id, e.at, e.subject_kind as "subject.kind", e.conversation_id, e.account_id, e.seq, e.kind, e.version,
       e.actor, e.data
from events e
join conversations c on c.id = e.conversation_id
where may_read(c.restricted, c.tier, c.inbox_id, $1, $2) and e.conversation_id = $3 and e.seq > $4
order by e.seq
limit $5;

-- name: view-conversation-count
-- How many conversations a search finds, at most $3; filter.go replaces the marks.
select count(*) from (
    select from conversations c
    where may_read(c.restricted, c.tier, c.inbox_id, $1, $2) and c.merged_into is null /* filter */ /* compare */
    limit $3) found;

-- name: view-conversation-ids
-- Their IDs, the oldest first.
select c.id from conversations c
where may_read(c.restricted, c.tier, c.inbox_id, $1, $2) and c.merged_into is null /* filter */ /* compare */
order by c.number limit $3;
