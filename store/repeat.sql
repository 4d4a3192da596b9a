-- name: repeat-read
-- What is known about a key. Does not wait for a transaction that holds the row.
select fingerprint = $3 as same, done, coalesce(status, 0) as status, coalesce(headers, '{}') as headers, coalesce(body, '') as body,
       claimed_until > clock_timestamp() as running
from idempotency_keys where agent_id = $1 and key = $2 and expires_at > clock_timestamp();

-- name: repeat-claim
-- Takes a key that is new or forgotten, or whose request was interrupted before it
-- did anything.
insert into idempotency_keys as k (agent_id, key, fingerprint, claim, claimed_until, expires_at)
values ($1, $2, $3, $4, clock_timestamp() + $5 * interval '1 second', clock_timestamp() + $6 * interval '1 second')
on conflict (agent_id, key) do update set fingerprint = excluded.fingerprint, claim = excluded.claim, claimed_until = excluded.claimed_until,
    expires_at = excluded.expires_at, done = false, status = null, headers = null, body = null
where k.expires_at <= clock_timestamp()
   or not k.done and k.status is null and k.claimed_until <= clock_timestamp() and k.fingerprint = excluded.fingerprint
returning claim;

-- name: repeat-done
-- Fails, by touching no row, if another request has taken over the claim.
update idempotency_keys set done = true where agent_id = $1 and key = $2 and claim = $3;

-- name: repeat-keep
update idempotency_keys set done = true, status = $4, headers = $5, body = $6 where agent_id = $1 and key = $2 and claim = $3;

-- name: repeat-release
-- Only if nothing was done.
delete from idempotency_keys where agent_id = $1 and key = $2 and claim = $3 and not done;

-- name: repeat-sweep
-- A bounded number at a time; rows that another transaction holds are left for the next time.
delete from idempotency_keys where (agent_id, key) in (
    select agent_id, key from idempotency_keys where expires_at <= now() order by expires_at limit $1 for update skip locked);
