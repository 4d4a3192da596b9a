-- name: task-list
-- Those that have not ended and that the agent may see, the earliest deadline first, after
-- the position ($7, $8). $3 is an inbox's key and $4 an assignee, null: any; with $5 those
-- without an assignee; $6 is a state, empty: any.
select t.id, t.title, t.note, t.state, t.result, t.result_id, t.due_at, t.overdue_at, t.opened_at, t.updated_at, t.closed_at,
       c.id as "conversation.id", c.number as "conversation.number", c.subject as "conversation.subject", c.status as "conversation.status",
       i.key as "inbox.key", i.name as "inbox.name", t.assignee_id as "assignee.id", coalesce(a.name, '') as "assignee.name",
       c.assignee_id as "driver.id", coalesce(d.name, '') as "driver.name", t.opened_by as "opened_by.id", o.name as "opened_by.name",
       t.closed_by as "closed_by.id", coalesce(e.name, '') as "closed_by.name"
from tasks t
join conversations c on c.id = t.conversation_id
join inboxes i on i.id = t.inbox_id
join agents o on o.id = t.opened_by
left join agents a on a.id = t.assignee_id
left join agents d on d.id = c.assignee_id
left join agents e on e.id = t.closed_by
where t.state in ('open', 'in_progress') and may_read(c.restricted, c.tier, c.inbox_id, $1, $2) and ($3::text is null or i.key = $3)
  and ($4::uuid is null or t.assignee_id = $4) and (not $5::boolean or t.assignee_id is null) and ($6 = '' or t.state = $6)
  and ($8::uuid is null or (coalesce(t.due_at, 'infinity'), t.id) > (coalesce($7::timestamptz, 'infinity'), $8))
order by coalesce(t.due_at, 'infinity'), t.id
limit $9;

-- name: task-list-ended
-- As task-list, in the state $6, which is done or cancelled.
select t.id, t.title, t.note, t.state, t.result, t.result_id, t.due_at, t.overdue_at, t.opened_at, t.updated_at, t.closed_at,
       c.id as "conversation.id", c.number as "conversation.number", c.subject as "conversation.subject", c.status as "conversation.status",
       i.key as "inbox.key", i.name as "inbox.name", t.assignee_id as "assignee.id", coalesce(a.name, '') as "assignee.name",
       c.assignee_id as "driver.id", coalesce(d.name, '') as "driver.name", t.opened_by as "opened_by.id", o.name as "opened_by.name",
       t.closed_by as "closed_by.id", coalesce(e.name, '') as "closed_by.name"
from tasks t
join conversations c on c.id = t.conversation_id
join inboxes i on i.id = t.inbox_id
join agents o on o.id = t.opened_by
left join agents a on a.id = t.assignee_id
left join agents d on d.id = c.assignee_id
left join agents e on e.id = t.closed_by
where t.state in ('done', 'cancelled') and t.state = $6 and may_read(c.restricted, c.tier, c.inbox_id, $1, $2) and ($3::text is null or i.key = $3)
  and ($4::uuid is null or t.assignee_id = $4) and (not $5::boolean or t.assignee_id is null)
  and ($8::uuid is null or (coalesce(t.due_at, 'infinity'), t.id) > (coalesce($7::timestamptz, 'infinity'), $8))
order by coalesce(t.due_at, 'infinity'), t.id
limit $9;

-- name: task-of-conversation
-- Those of a conversation ($3), or one ($4), in the order in which they were opened, after $5.
select t.id, t.title, t.note, t.state, t.result, t.result_id, t.due_at, t.overdue_at, t.opened_at, t.updated_at, t.closed_at,
       c.id as "conversation.id", c.number as "conversation.number", c.subject as "conversation.subject", c.status as "conversation.status",
       i.key as "inbox.key", i.name as "inbox.name", t.assignee_id as "assignee.id", coalesce(a.name, '') as "assignee.name",
       c.assignee_id as "driver.id", coalesce(d.name, '') as "driver.name", t.opened_by as "opened_by.id", o.name as "opened_by.name",
       t.closed_by as "closed_by.id", coalesce(e.name, '') as "closed_by.name"
from tasks t
join conversations c on c.id = t.conversation_id
join inboxes i on i.id = t.inbox_id
join agents o on o.id = t.opened_by
left join agents a on a.id = t.assignee_id
left join agents d on d.id = c.assignee_id
left join agents e on e.id = t.closed_by
where (t.conversation_id = $3 or t.id = $4) and may_read(c.restricted, c.tier, c.inbox_id, $1, $2) and ($5::uuid is null or t.id > $5)
order by t.id
limit $6;

-- name: task-inbox
select exists (select from inboxes where key = $1);

-- name: task-to-change
-- In a transaction that has locked its conversation.
select t.id, t.conversation_id, t.inbox_id, t.title, t.note, t.state, t.assignee_id, t.opened_by, t.due_in_us, t.due_at, t.overdue_at,
       t.result, t.result_id, t.opened_at, t.updated_at, t.closed_at, t.closed_by, i.key as inbox_key, i.name as inbox_name, i.tier as inbox_tier
from tasks t join inboxes i on i.id = t.inbox_id
where t.id = $1;

-- name: task-helpers
-- Who helps with a conversation, in the order in which they were asked.
select h.agent_id as "agent.id", a.name as "agent.name", h.invited_by as "by.id", b.name as "by.name", h.since
from helpers h
join agents a on a.id = h.agent_id
join agents b on b.id = h.invited_by
where h.conversation_id = $1
order by h.since, a.name, h.agent_id;
