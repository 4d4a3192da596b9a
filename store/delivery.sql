-- name: delivery-claim
-- Due deliveries of a channel, oldest first. One whose lease ran out in the middle of
-- sending is claimed again for the same attempt, as abandoned if its content may have
-- been sent. That stays on record until the attempt has a result.
with due as (
    select id, state, state = 'sending' and (owner is null or content_started_at is not null) as abandoned from deliveries
    where channel = $1 and not settled and not on_hold and state in ('held', 'queued', 'delayed', 'unknown', 'sending') and next_attempt_at <= now()
    order by next_attempt_at, id
    limit $2
    for update skip locked
), fence as (select nextval('fences') as fence)
update deliveries d
set state = 'sending', fence = f.fence, owner = $4::uuid,
    content_started_at = case when due.abandoned then coalesce(d.content_started_at, d.updated_at) end,
    lease_until = now() + $3 * interval '1 second', updated_at = now(),
    next_attempt_at = now() + $3 * interval '1 second',
    attempts = attempts + case when due.state = 'sending' then 0 else 1 end
from due, fence f
where d.id = due.id
returning d.id, d.message_id, d.conversation_id, d.channel, d.recipient, d.return_path, d.envelope_id, d.state, d.attempts,
    d.next_attempt_at, d.code, d.enhanced_code, d.detail, d.lease_until, d.fence, d.created_at, d.updated_at,
    coalesce(d.period_at, d.created_at) as period_at, d.period_attempts, d.warned_at as warned, due.abandoned,
    (select count(*) from delivery_attempts a
     where a.delivery_id = d.id and a.source = 'attempt' and a.state = 'unknown' and a.attempt > d.period_attempts) as unknowns;

-- name: delivery-content
-- The claim $2 of delivery $1 is about to send the content.
update deliveries set content_started_at = now() where id = $1 and fence = $2 and state = 'sending';

-- name: delivery-gone
-- The programs that have ended while they were sending: $1 is the class of the advisory
-- lock that each program holds while it runs.
select distinct owner from deliveries d
where state = 'sending' and owner is not null and lease_until > now()
  and not exists (select from pg_locks l where l.locktype = 'advisory' and l.granted and l.objsubid = 2 and l.classid::bigint = $1::bigint
                      and l.database = (select oid from pg_database where datname = current_database())
                      and l.objid::bigint = hashtext(d.owner::text)::bigint & 4294967295);

-- name: delivery-release
-- Attempts of programs that have ended, see delivery-gone, are due at once; $2 are the
-- programs in question, null: all. A row that is locked is being completed.
update deliveries set next_attempt_at = now(), lease_until = now()
where id in (
    select id from deliveries d
    where state = 'sending' and owner is not null and ($2::uuid[] is null or owner = any($2))
      and not exists (select from pg_locks l where l.locktype = 'advisory' and l.granted and l.objsubid = 2 and l.classid::bigint = $1::bigint
                          and l.database = (select oid from pg_database where datname = current_database())
                          and l.objid::bigint = hashtext(d.owner::text)::bigint & 4294967295)
    for update skip locked
);

-- name: delivery-messages
select m.id, p.conversation_id, p.seq, m.direction, m.channel, m.message_id, m.in_reply_to, m.refs, m.addresses, m.subject, m.sent_at,
       m.received_at, m.preview, m.text_body, m.html_body, m.new_text, m.attachments, m.auto_submitted, m.author_id
from messages m
cross join lateral (select * from placements p where p.message_id = m.id and p.until is null order by p.since, p.conversation_id limit 1) p
where m.id = any($1::uuid[]);

-- name: delivery-by-person
-- Whether an agent wrote the message, who then has to know that it failed, and whether it
-- went to a third party.
select author_id is not null as personal, third_party from messages where id = $1;

-- name: delivery-next
-- In seconds from now, so that it does not matter whose clock is right.
select extract(epoch from min(next_attempt_at) - now()) from deliveries
where channel = $1 and not settled and not on_hold and state in ('held', 'queued', 'delayed', 'unknown', 'sending');

-- name: rendering-get
select bytes from renderings where message_id = $1;

-- name: rendering-save
-- The first one stays: every attempt sends the same bytes.
insert into renderings (message_id, bytes) values ($1, $2) on conflict (message_id) do nothing;

-- name: blob-get
select bytes from blobs where sha256 = $1;
