-- name: act-merges
-- A conversation and what it was merged into, directly or over several merges.
with recursive chain (id) as (
    select $1::uuid
    union
    select (select c.merged_into from conversations c where c.id = w.id) from chain w where w.id is not null
)
select id, merged_into from conversations where id = any(array(select id from chain));

-- name: act-conversations
-- Locks the rows in the order of their ids; other transactions may still refer to them.
select id, number, account_id, contact_id, subject, channel, status, priority, inbox_id, tier, assignee_id, tags, restricted,
       path, policy_version, reply_channel, reply_to, reply_from, participants, preview, last_inbound_at, last_reply_at,
       waiting_on, waiting_since, snoozed_until, resolved_at, merged_into, last_seq, created_at, updated_at,
       sla, segment, gap, due_at, check_at, service
from conversations where id = any($1::uuid[])
order by id
for no key update;

-- name: act-stints
-- The time, and the open stints, if there are any. Both are read after the locks were
-- taken: two operations that waited for each other must not write stints that overlap.
select n.clock, s.id, s.conversation_id, s.inbox_id, coalesce(s.tier, 0) as tier, s.assignee_id, coalesce(s.waiting_on, '') as waiting_on,
       coalesce(s.started_at, n.clock) as started_at, coalesce(s.reason, '') as reason
from (select clock_timestamp() as clock) n
left join stints s on s.conversation_id = any($1::uuid[]) and s.ended_at is null;

-- name: act-head
-- What a reply by mail refers to: the newest mail from outside that is neither an
-- automatic reaction to ours nor from an unverified sender, else the newest mail
-- that we sent. What was exchanged with third parties is neither. Numbers do not say which is newest: a merge gives earlier mail later ones.
-- A mail without References continues the thread of its In-Reply-To (RFC 5322 §3.6.4).
select m.message_id, case when m.refs = '{}' and cardinality(m.in_reply_to) = 1 then m.in_reply_to else m.refs end as refs, m.subject, m.addresses, m.problems @> '[{"code": "unverified-address"}]' as unconfirmed
from placements p join messages m on m.id = p.message_id
where p.conversation_id = $1 and p.until is null and m.channel = 'email' and m.direction <> 'note' and not m.third_party
  and m.auto_submitted not in ('auto-reply', 'bounce', 'complaint') and not m.problems @> '[{"code": "unverified-sender"}]'
  and (m.direction = 'inbound' or m.auto_submitted = 'none')
order by (m.direction = 'inbound') desc, m.received_at desc, p.seq desc
limit 1;

-- name: act-earlier
-- What a reply may quote: mail of people and what has left the desk, but no notes, nothing
-- that was exchanged with third parties, nothing automatic, and nothing that its author may not have written.
select m.direction, m.addresses, m.sent_at as at, m.new_text as text
from placements p join messages m on m.id = p.message_id
where p.conversation_id = $1 and p.until is null and m.channel = 'email' and m.direction <> 'note' and m.auto_submitted = 'none' and not m.third_party
  and not m.problems @> '[{"code": "unverified-sender"}]' and not m.problems @> '[{"code": "unverified-address"}]'
  and not exists (select from deliveries d where d.message_id = m.id and (d.on_hold or d.state in ('held', 'scheduled', 'cancelled', 'failed')))
order by m.received_at desc, p.seq desc
limit 50;

-- name: act-answered
-- The recipients of our newest mail, unless mail that it could answer is newer.
select m.addresses
from placements p join messages m on m.id = p.message_id
where p.conversation_id = $1 and p.until is null and m.channel = 'email' and m.direction = 'outbound' and m.auto_submitted = 'none' and not m.third_party
  and not exists (select 1 from placements n join messages i on i.id = n.message_id
                  where n.conversation_id = $1 and n.until is null and (i.received_at, n.seq) > (m.received_at, p.seq) and i.channel = 'email' and i.direction = 'inbound' and not i.third_party
                    and i.auto_submitted not in ('auto-reply', 'bounce', 'complaint') and not i.problems @> '[{"code": "unverified-sender"}]')
order by m.received_at desc, p.seq desc
limit 1;

-- name: act-messages-after
-- What a program sent is no news for somebody who replies.
select count(*) filter (where p.seq > $2 and not exists (select from messages m where m.id = p.message_id and m.direction = 'outbound' and m.auto_submitted <> 'none')) as newer,
       coalesce(max(p.seq), 0) as newest
from placements p where p.conversation_id = $1 and p.until is null;

-- name: act-inboxes
select id, key, name, tier from inboxes
where not archived or id in (select inbox_id from conversations where id = any($1::uuid[]))
order by tier, id;

-- name: act-agent
select id, name, email, tiers, admin, disabled, inboxes, skills, capacity, leads, timezone, hours, inboxes_only, mask_addresses, display_name, signature, agent_inboxes(agents) as sees
from agents where id = $1;

-- name: act-durable
-- Commits wait for the disk, which read_snapshot turns off.
select set_config('synchronous_commit', 'on', true);

-- name: act-contact
select id, account_id, name, coalesce(address, '') as address from contact_names where id = $1;
