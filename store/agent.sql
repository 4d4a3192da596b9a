-- name: act-conversation
-- Locks the row; other transactions may still refer to it.
select id, number, account_id, contact_id, subject, channel, status, priority, inbox_id, tier, assignee_id, tags, restricted,
       path, policy_version, reply_channel, reply_to, reply_from, participants, preview, last_inbound_at, last_reply_at,
       waiting_on, waiting_since, snoozed_until, resolved_at, merged_into, last_seq, created_at, updated_at
from conversations where id = $1
for no key update;

-- name: act-now
-- Read after the lock was taken, and never before what already happened: two
-- acts that waited for each other must not write stints that overlap.
select greatest(clock_timestamp(), c.updated_at, s.started_at)
from conversations c
left join stints s on s.conversation_id = c.id and s.ended_at is null
where c.id = $1;

-- name: act-head
-- What a mail answer refers to: the newest mail of the customer's that is not a
-- machine's reaction to ours nor an outsider's (desk.ProblemUnverified), else the
-- newest mail of ours.
select m.message_id, m.refs, m.subject, m.addresses
from placements p join messages m on m.id = p.message_id
where p.conversation_id = $1 and p.until is null and m.channel = 'email' and m.direction <> 'note'
  and m.auto_submitted not in ('auto-reply', 'bounce', 'complaint') and not m.problems @> '[{"code": "unverified-sender"}]'
order by (m.direction = 'inbound') desc, p.seq desc
limit 1;

-- name: act-messages-after
select count(*) filter (where seq > $2) as newer, coalesce(max(seq), 0) as newest
from placements where conversation_id = $1 and until is null;

-- name: act-inboxes
select id, key, name, tier from inboxes where not archived or id = $1 order by tier, id;

-- name: act-agent
select id, name, email, tiers, admin, disabled from agents where id = $1;

-- name: act-event
-- The number comes from the conversation's row, so that numbers are dense.
with numbered as (
    update conversations set last_seq = last_seq + 1, updated_at = greatest(updated_at, $2)
    where id = $1
    returning id, account_id, last_seq
)
insert into events (at, conversation_id, account_id, seq, kind, actor, data)
select $2, id, account_id, last_seq, $3, $4, $5 from numbered
returning seq;

-- name: act-message
with m as (
    insert into messages (id, account_id, direction, channel, message_id, in_reply_to, refs, addresses, from_address, subject,
        sent_at, received_at, preview, text_body, html_body, new_text, attachments, auto_submitted, author_id)
    values ($1, $3, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
    returning id, received_at
)
insert into placements (conversation_id, seq, message_id, method, evidence, since)
select $2, $4, id, $22, $23, received_at from m;

-- name: act-ref
insert into thread_refs (message_id, conversation_id, account_id, own) values ($1, $2, $3, true)
on conflict (message_id, conversation_id) do update set own = true;

-- name: act-deliveries
-- One that is sent already asks for nothing more.
insert into deliveries (id, message_id, conversation_id, channel, recipient, return_path, envelope_id, state, next_attempt_at,
    created_at, updated_at, settled)
select t.*, state = 'sent' from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::timestamptz[], $10::timestamptz[], $11::timestamptz[])
    as t (id, message_id, conversation_id, channel, recipient, return_path, envelope_id, state, next_attempt_at, created_at, updated_at);

-- name: act-save
update conversations set status = $2, inbox_id = $3, tier = $4, assignee_id = $5, path = $6, participants = $7, preview = $8,
    last_reply_at = $9, waiting_since = $10, snoozed_until = $11, resolved_at = $12
where id = $1;

-- name: act-end-stint
update stints set ended_at = $2 where conversation_id = $1 and ended_at is null;

-- name: act-begin-stint
with c as (update conversations set waiting_on = $6 where id = $2)
insert into stints (id, conversation_id, inbox_id, tier, assignee_id, waiting_on, started_at, reason)
values ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: act-overdue
select id from conversations where status = 'snoozed' and snoozed_until <= clock_timestamp() order by snoozed_until limit $1;
