-- name: outbox-list
-- Deliveries of mail that are in the outbox, newest first, before $6. $3 is a part, $4 an
-- inbox's key and $5 a domain; null: any. Only with $3 there are those that were sent or cancelled.
select d.id, outbox_part(d.state, d.on_hold) as part, d.state, d.on_hold, d.recipient, lower(split_part(d.recipient, '@', -1)) as domain,
       c.id as "conversation.id", c.number as "conversation.number", c.subject as "conversation.subject",
       i.key as "inbox.key", i.name as "inbox.name", d.message_id, m.author_id as "author.id", coalesce(a.name, '') as "author.name",
       d.attempts, case when d.state in ('scheduled', 'held', 'queued', 'delayed', 'unknown') and not d.settled and not d.on_hold then d.next_attempt_at end as next_attempt_at,
       d.code, d.enhanced_code, d.detail, d.created_at, d.updated_at
from deliveries d
join messages m on m.id = d.message_id
cross join lateral (select p.conversation_id from placements p where p.message_id = d.message_id and p.until is null order by p.since, p.conversation_id limit 1) p
join conversations c on c.id = p.conversation_id
join inboxes i on i.id = c.inbox_id
left join agents a on a.id = m.author_id
where d.channel = 'email' and d.state not in ('sent', 'delivered', 'cancelled') and may_read(c.restricted, c.tier, c.inbox_id, $1, $2)
  and ($3::text is null or outbox_part(d.state, d.on_hold) = $3) and ($4::text is null or i.key = $4)
  and ($5::text is null or lower(split_part(d.recipient, '@', -1)) = $5) and d.id < coalesce($6::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
order by d.id desc
limit $7;

-- name: outbox-list-done
-- As outbox-list, of what was sent or cancelled.
select d.id, outbox_part(d.state, d.on_hold) as part, d.state, d.on_hold, d.recipient, lower(split_part(d.recipient, '@', -1)) as domain,
       c.id as "conversation.id", c.number as "conversation.number", c.subject as "conversation.subject",
       i.key as "inbox.key", i.name as "inbox.name", d.message_id, m.author_id as "author.id", coalesce(a.name, '') as "author.name",
       d.attempts, null::timestamptz as next_attempt_at, d.code, d.enhanced_code, d.detail, d.created_at, d.updated_at
from deliveries d
join messages m on m.id = d.message_id
cross join lateral (select p.conversation_id from placements p where p.message_id = d.message_id and p.until is null order by p.since, p.conversation_id limit 1) p
join conversations c on c.id = p.conversation_id
join inboxes i on i.id = c.inbox_id
left join agents a on a.id = m.author_id
where d.channel = 'email' and may_read(c.restricted, c.tier, c.inbox_id, $1, $2)
  and outbox_part(d.state, d.on_hold) = $3 and ($4::text is null or i.key = $4)
  and ($5::text is null or lower(split_part(d.recipient, '@', -1)) = $5) and d.id < coalesce($6::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
order by d.id desc
limit $7;

-- name: outbox-one
select d.id, outbox_part(d.state, d.on_hold) as part, d.state, d.on_hold, d.recipient, lower(split_part(d.recipient, '@', -1)) as domain,
       c.id as "conversation.id", c.number as "conversation.number", c.subject as "conversation.subject",
       i.key as "inbox.key", i.name as "inbox.name", d.message_id, m.author_id as "author.id", coalesce(a.name, '') as "author.name",
       d.attempts, case when d.state in ('scheduled', 'held', 'queued', 'delayed', 'unknown') and not d.settled and not d.on_hold then d.next_attempt_at end as next_attempt_at,
       d.code, d.enhanced_code, d.detail, d.created_at, d.updated_at
from deliveries d
join messages m on m.id = d.message_id
cross join lateral (select p.conversation_id from placements p where p.message_id = d.message_id and p.until is null order by p.since, p.conversation_id limit 1) p
join conversations c on c.id = p.conversation_id
join inboxes i on i.id = c.inbox_id
left join agents a on a.id = m.author_id
where d.channel = 'email' and d.id = $3 and may_read(c.restricted, c.tier, c.inbox_id, $1, $2);

-- name: outbox-counts
-- Of what has not been sent, by part and domain. $3 is an inbox's key, null: any.
select outbox_part(d.state, d.on_hold) as part, lower(split_part(d.recipient, '@', -1)) as domain, count(*)
from deliveries d
cross join lateral (select p.conversation_id from placements p where p.message_id = d.message_id and p.until is null order by p.since, p.conversation_id limit 1) p
join conversations c on c.id = p.conversation_id
join inboxes i on i.id = c.inbox_id
where d.channel = 'email' and d.state not in ('sent', 'delivered', 'cancelled') and may_read(c.restricted, c.tier, c.inbox_id, $1, $2)
  and ($3::text is null or i.key = $3)
group by 1, 2
order by 3 desc, 2;
