-- name: view-messages
-- A conversation's messages, oldest first, after number $4, with their deliveries.
select m.id, p.conversation_id, p.seq, m.direction, m.channel, m.message_id, m.in_reply_to, m.refs as "references",
       m.addresses, m.subject, m.text_body as text, m.html_body as html, m.new_text as reply_text, m.preview, m.attachments,
       m.auto_submitted, m.report, m.problems, m.authentication, m.signature, m.author_id as "author.id", coalesce(g.name, '') as "author.name", m.third_party,
       p.method as "thread.method", p.evidence as "thread.evidence", m.sent_at, m.received_at,
       (m.raw_id is not null or exists (select 1 from renderings r where r.message_id = m.id)) as has_raw,
       coalesce((select jsonb_agg(jsonb_build_object('id', 'dl_' || replace(d.id::text, '-', ''), 'recipient', d.recipient,
                    'state', d.state, 'attempts', d.attempts, 'code', d.code, 'enhanced_code', d.enhanced_code, 'detail', d.detail,
                    'next_attempt_at', case when d.state in ('scheduled', 'held', 'queued', 'delayed', 'unknown') then d.next_attempt_at end,
                    'on_hold', d.on_hold, 'updated_at', d.updated_at) order by d.created_at, d.id)
                 from deliveries d where d.message_id = m.id), '[]') as deliveries
from placements p
join messages m on m.id = p.message_id
join conversations c on c.id = p.conversation_id
left join agents g on g.id = m.author_id
where may_read(c.restricted, c.tier, c.inbox_id, $1, $2) and p.conversation_id = $3 and p.until is null and p.seq > $4
order by p.seq
limit $5;

-- name: view-message
select m.id, p.conversation_id, p.seq, m.direction, m.channel, m.message_id, m.in_reply_to, m.refs as "references",
       m.addresses, m.subject, m.text_body as text, m.html_body as html, m.new_text as reply_text, m.preview, m.attachments,
       m.auto_submitted, m.report, m.problems, m.authentication, m.signature, m.author_id as "author.id", coalesce(g.name, '') as "author.name", m.third_party,
       p.method as "thread.method", p.evidence as "thread.evidence", m.sent_at, m.received_at,
       (m.raw_id is not null or exists (select 1 from renderings r where r.message_id = m.id)) as has_raw,
       coalesce((select jsonb_agg(jsonb_build_object('id', 'dl_' || replace(d.id::text, '-', ''), 'recipient', d.recipient,
                    'state', d.state, 'attempts', d.attempts, 'code', d.code, 'enhanced_code', d.enhanced_code, 'detail', d.detail,
                    'next_attempt_at', case when d.state in ('scheduled', 'held', 'queued', 'delayed', 'unknown') then d.next_attempt_at end,
                    'on_hold', d.on_hold, 'updated_at', d.updated_at) order by d.created_at, d.id)
                 from deliveries d where d.message_id = m.id), '[]') as deliveries
from placements p
join messages m on m.id = p.message_id
join conversations c on c.id = p.conversation_id
left join agents g on g.id = m.author_id
where may_read(c.restricted, c.tier, c.inbox_id, $1, $2) and p.message_id = $3 and p.until is null
order by p.since, p.conversation_id
limit 1;

-- name: view-message-bytes
-- As received, or as sent. That of a survey has the links with which the customer answers.
select m.channel, coalesce(w.bytes, r.bytes) as bytes
from placements p
join messages m on m.id = p.message_id
join conversations c on c.id = p.conversation_id
left join raws w on w.id = m.raw_id
left join renderings r on r.message_id = m.id
where may_read(c.restricted, c.tier, c.inbox_id, $1, $2) and p.message_id = $3 and p.until is null
  and coalesce(w.bytes, r.bytes) is not null and not exists (select from surveys s where s.message_id = m.id)
limit 1;

-- name: view-attachment
select f ->> 'name' as name, f ->> 'type' as type, b.bytes
from placements p
join messages m on m.id = p.message_id
join conversations c on c.id = p.conversation_id
cross join jsonb_array_elements(m.attachments) f
join blobs b on b.sha256 = f ->> 'blob_id'
where may_read(c.restricted, c.tier, c.inbox_id, $1, $2) and p.message_id = $3 and p.until is null and f ->> 'part_id' = $4
limit 1;

-- name: view-trail
-- The deliveries of a message, each with its attempts.
select d.id, d.recipient, d.state, d.created_at,
       case when d.state in ('scheduled', 'held', 'queued', 'delayed', 'unknown') and not d.settled and not d.on_hold then d.next_attempt_at end as next_attempt_at,
       d.on_hold,
       coalesce((select jsonb_agg(jsonb_build_object('attempt', a.attempt, 'at', a.at, 'source', a.source, 'state', a.state, 'server', a.server,
                    'code', a.code, 'enhanced_code', a.enhanced_code, 'detail', a.detail, 'action', a.action, 'by', coalesce(g.name, '')) order by a.at, a.id)
                 from delivery_attempts a left join agents g on g.id = a.agent_id where a.delivery_id = d.id), '[]') as tries
from deliveries d where d.message_id = $1
order by d.created_at, d.id;
