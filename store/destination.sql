-- name: destination-unreached
-- The destination $1 was not reached, for the reason $3. It waits, the longer ($2, seconds) the
-- more often that happened, and so do the deliveries to it that would be due before. $4 and
-- $5: see delivery-claim.
with blocked as (
    insert into destinations as n (name, failures, failing_since, blocked_until, detail)
    values ($1, 1, now(), now() + ($2::float8[])[1] * interval '1 second', $3)
    on conflict (name) do update
        set failures = n.failures + 1, failing_since = coalesce(n.failing_since, now()), detail = excluded.detail,
            blocked_until = now() + ($2::float8[])[least(n.failures + 1, cardinality($2::float8[]))] * interval '1 second'
        where n.blocked_until is null or n.blocked_until <= now()
    returning name, blocked_until
), waiting as (
    select d.id, b.blocked_until
    from blocked b join deliveries d on d.channel = 'email' and d.destination = b.name and not d.settled and not d.on_hold
    where d.next_attempt_at < b.blocked_until and d.state in ('queued', 'delayed', 'unknown')
      and not ($4::float8 > 0 and d.warned_at is null and coalesce(d.period_at, d.created_at) + $4::float8 * interval '1 second' <= now())
      and coalesce(d.period_at, d.created_at) + $5::float8 * interval '1 second' > now()
    for update of d skip locked
)
update deliveries d
set next_attempt_at = greatest(d.next_attempt_at, delivery_postponed(w.blocked_until, coalesce(d.period_at, d.created_at), d.warned_at, $4::float8, $5::float8))
from waiting w where d.id = w.id;

-- name: destination-reached
-- The destination works again, and the deliveries that waited only for it are due.
with failed as (
    select name, blocked_until from destinations where name = $1 and failures > 0 for update
), works as (
    update destinations n set failures = 0, failing_since = null, blocked_until = null, detail = '' from failed f where n.name = f.name
), waiting as (
    select d.id
    from failed f join deliveries d on d.channel = 'email' and d.destination = f.name and not d.settled and not d.on_hold
    where d.next_attempt_at = f.blocked_until and d.state in ('queued', 'delayed', 'unknown')
    for update of d skip locked
)
update deliveries d set next_attempt_at = least(d.next_attempt_at, now()) from waiting w where d.id = w.id;

-- name: destination-routes
-- Replaces the routes; $1 is [{"sender", "destination"}]. True if they have changed.
with wanted as (
    select sender, destination from jsonb_to_recordset($1::jsonb) as r (sender text, destination text)
), gone as (
    delete from mail_routes where sender not in (select sender from wanted) returning 1
), kept as (
    insert into mail_routes as r (sender, destination) select sender, destination from wanted order by sender
    on conflict (sender) do update set destination = excluded.destination where r.destination <> excluded.destination
    returning 1
)
select exists (select from gone) or exists (select from kept);

-- name: destination-assign
-- What is in the queue follows the routes.
update deliveries d set destination = n.destination
from (select q.id, delivery_destination(q.channel, q.recipient, m.from_address) as destination
      from deliveries q join messages m on m.id = q.message_id
      where q.channel = 'email' and not q.settled) n
where d.id = n.id and d.destination <> n.destination;

-- name: destination-sweep
-- Paces that are over, and failures of destinations that nothing waits for.
delete from destinations n
where (n.paced_until is null or n.paced_until < now() - interval '1 hour') and (n.blocked_until is null or n.blocked_until < now() - interval '1 day')
  and (n.failures = 0 or not exists (select from deliveries d where d.channel = 'email' and d.destination = n.name and not d.settled and not d.on_hold));
