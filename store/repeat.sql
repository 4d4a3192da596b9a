-- name: repeat-read
-- What is known about a key. Does not wait for a transaction that holds the row. A request
-- is running as long as the program that carries it out has its lock of the class $4.
select fingerprint = $3 as same, done, coalesce(status, 0) as status, coalesce(headers, '{}') as headers, coalesce(body, '') as body,
       claimed_until > clock_timestamp() and (owner is null or exists (select from pg_locks l where l.locktype = 'advisory' and l.granted and l.objsubid = 2 and l.classid::bigint = $4::bigint
           and l.database = (select oid from pg_database where datname = current_database())
           and l.objid::bigint = hashtext(k.owner::text)::bigint & 4294967295)) as running
from idempotency_keys k where agent_id = $1 and key = $2 and expires_at > clock_timestamp();

-- name: repeat-claim
-- Takes a key that is new or forgotten, or whose request was interrupted before it
-- did anything.
insert into idempotency_keys as k (agent_id, key, fingerprint, claim, claimed_until, expires_at, owner)
values ($1, $2, $3, $4, clock_timestamp() + $5 * interval '1 second', clock_timestamp() + $6 * interval '1 second', $7)
on conflict (agent_id, key) do update set fingerprint = excluded.fingerprint, claim = excluded.claim, owner = excluded.owner, claimed_until = excluded.claimed_until,
    expires_at = excluded.expires_at, done = false, status = null, headers = null, body = null
where k.expires_at <= clock_timestamp()
   or not k.done and k.status is null and k.fingerprint = excluded.fingerprint and (k.claimed_until <= clock_timestamp()
       or k.owner is not null and not exists (select from pg_locks l where l.locktype = 'advisory' and l.granted and l.objsubid = 2 and l.classid::bigint = $8::bigint
           and l.database = (select oid from pg_database where datname = current_database())
           and l.objid::bigint = hashtext(k.owner::text)::bigint & 4294967295))
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
