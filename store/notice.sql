-- name: notice-list
-- An agent's ($3) notices about conversations that they may read, newest first, below the
-- position ($5, $6); only those that are not acknowledged if $4.
select n.id, n.kind, n.rule, n.text, n.at, n.acked_at, c.id as "conversation.id", c.number as "conversation.number", c.subject as "conversation.subject"
from notices n
join conversations c on c.id = n.conversation_id
where n.agent_id = $3 and may_read(c.restricted, c.tier, c.inbox_id, $1, $2) and (not $4 or n.acked_at is null)
  and (n.at, n.id) < (coalesce($5::timestamptz, 'infinity'), coalesce($6::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
order by n.at desc, n.id desc
limit $7;

-- name: notice-ack
-- A page is acknowledged for everyone who was paged.
update notices n set acked_at = coalesce(n.acked_at, now())
where n.id = $2 and (n.agent_id = $1 or n.kind = 'page') and exists (select from notices o where o.id = $2 and o.agent_id = $1)
returning n.conversation_id, n.kind;

-- name: notice-ack-all
update notices set acked_at = now() where agent_id = $1 and acked_at is null and kind <> 'page';
