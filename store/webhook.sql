-- name: webhook-list
-- All webhooks, or one ($1).
select w.id, w.url, w.description, w.types, w.inboxes, w.restricted, w.enabled, w.problem, w.failing_since, w.last_success_at, w.paused_until,
       case when w.former_until > now() then w.former_until end as former_secret_until, w.created_at, w.updated_at,
       (select count(*) from webhook_deliveries d where d.webhook_id = w.id and d.state = 'pending') as pending
from webhooks w
where $1::uuid is null or w.id = $1
order by w.created_at, w.id;

-- name: webhook-insert
insert into webhooks (id, url, description, types, inboxes, restricted, enabled, secret, xid, event_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9::text::xid8, $10);

-- name: webhook-edit
-- Receivers that were disabled begin anew, without what they missed.
update webhooks
set url = $2, description = $3, types = $4, inboxes = $5, restricted = $6, enabled = $7, updated_at = now(),
    disabled_at = case when $7 then null else disabled_at end,
    problem = case when $7 then '' else problem end,
    failing_since = case when $7 and enabled and url = $2 then failing_since end,
    paused_until = case when $7 and enabled and url = $2 then paused_until end,
    xid = case when $7 and not enabled and not $10 then $8::text::xid8 else xid end,
    event_id = case when $7 and not enabled and not $10 then $9 else event_id end
where id = $1;

-- name: webhook-delete
delete from webhooks where id = $1;

-- name: webhook-lock
select id, url, description, types, inboxes, restricted, enabled from webhooks where id = $1 for update;

-- name: webhook-rotate
-- The grace period of the former secret is $3 seconds.
update webhooks
set former_secret = case when $3::float8 > 0 then secret end, former_until = case when $3::float8 > 0 then now() + $3 * interval '1 second' end,
    secret = $2, updated_at = now()
where id = $1;

-- name: webhook-behind
-- Webhooks for which there are events that can be read.
select w.id from webhooks w
where w.enabled and exists (select from events e where (e.xid, e.id) > (w.xid, w.event_id) and e.xid < pg_snapshot_xmin(pg_current_snapshot()));

-- name: webhook-take
-- Another node that is at it is not waited for.
select id, url, description, types, inboxes, restricted, enabled, xid::text as xid, event_id from webhooks where id = $1 and enabled for update skip locked;

-- name: webhook-advance
update webhooks set xid = $2::text::xid8, event_id = $3 where id = $1;

-- name: webhook-conversations
select c.id, c.number, c.subject, c.status, c.priority, c.tier, i.key as inbox, c.assignee_id, c.account_id, a.name as account, c.contact_id, c.restricted
from unnest($1::uuid[]) as wanted (id)
join conversations c on c.id = wanted.id
join inboxes i on i.id = c.inbox_id
join accounts a on a.id = c.account_id;

-- name: webhook-add
insert into webhook_deliveries (id, webhook_id, message_id, type, conversation_id, seq, body)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (webhook_id, message_id) do nothing;

-- name: webhook-active
-- A receiver that only fails is tried with one message at a time.
select w.id, case when w.failing_since is null then $1::int else 1 end as most
from webhooks w
where w.enabled and (w.paused_until is null or w.paused_until <= now())
  and exists (select from webhook_deliveries d where d.webhook_id = w.id and d.state = 'pending' and d.next_at <= now());

-- name: webhook-claim
-- The first pending message of each conversation, whose present attempt, if there is one,
-- is over: next_at is the lease.
with due as (
    select d.id from webhook_deliveries d
    where d.webhook_id = $1 and d.state = 'pending' and d.next_at <= now()
      and not exists (select from webhook_deliveries e
                      where e.webhook_id = $1 and e.state = 'pending' and e.conversation_id = d.conversation_id and e.seq < d.seq)
    order by d.next_at, d.seq
    limit $2
    for update skip locked
)
update webhook_deliveries d set attempts = d.attempts + 1, next_at = now() + $3 * interval '1 second'
from due, webhooks w
where d.id = due.id and w.id = $1 and w.enabled
returning d.id as send_id, d.message_id, d.type, d.conversation_id as conversation, d.seq, d.body, d.attempts, d.since,
          coalesce((select c.restricted from conversations c where c.id = d.conversation_id), false) as now_restricted,
          w.id, w.url, w.restricted, w.secret, w.former_secret, w.former_until;

-- name: webhook-attempted
-- Not if the message was replayed, or another node claimed it, meanwhile.
update webhook_deliveries
set state = $3, status = $4, latency_ms = $5, response = $6, error = $7, last_at = now(), next_at = now() + $8 * interval '1 second'
where id = $1 and attempts = $2 and state = 'pending';

-- name: webhook-succeeded
update webhooks set failing_since = null, paused_until = null, last_success_at = now()
where id = $1 and (failing_since is not null or paused_until is not null or last_success_at is null or last_success_at < now() - interval '10 seconds');

-- name: webhook-failing
update webhooks
set failing_since = coalesce(failing_since, now()),
    paused_until = case when $2::float8 > 0 then greatest(paused_until, now() + $2 * interval '1 second') else paused_until end
where id = $1 and enabled
returning failing_since <= now() - $3 * interval '1 second' as dead;

-- name: webhook-disable
update webhooks set enabled = false, disabled_at = now(), problem = $2, updated_at = now() where id = $1 and enabled returning url;

-- name: webhook-give-up
update webhook_deliveries set state = 'failed', error = $2 where webhook_id = $1 and state = 'pending';

-- name: webhook-deliveries
select d.id, d.message_id, d.type, d.conversation_id, coalesce(c.number, 0) as number, d.state, d.attempts, d.status, d.latency_ms, d.response, d.error, d.created_at,
       d.last_at as last_attempt_at, case when d.state = 'pending' then d.next_at end as next_attempt_at
from webhook_deliveries d
left join conversations c on c.id = d.conversation_id
where d.webhook_id = $1 and ($2 = '' or d.state = $2)
  and (d.created_at, d.id) < (coalesce($3::timestamptz, 'infinity'), coalesce($4::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
order by d.created_at desc, d.id desc
limit $5;

-- name: webhook-replay
update webhook_deliveries
set state = 'pending', since = now(), next_at = now(), attempts = 0, error = '', status = 0, response = '', latency_ms = 0
where webhook_id = $1 and created_at >= $2 and created_at < $3 and (not $4 or state = 'failed');

-- name: webhook-replay-some
update webhook_deliveries
set state = 'pending', since = now(), next_at = now(), attempts = 0, error = '', status = 0, response = '', latency_ms = 0
where id = any($2::uuid[]) and webhook_id = $1 and (not $3 or state = 'failed');

-- name: webhook-sweep
delete from webhook_deliveries where id in (
    select id from webhook_deliveries where state <> 'pending' and created_at < now() - $1 * interval '1 second' order by created_at limit $2 for update skip locked);

-- name: webhook-rebase
-- Positions in the log of a restored database: see event-rebase, which has run in this transaction.
update webhooks set xid = pg_current_xact_id();
