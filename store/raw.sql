-- name: raw-insert
-- Many rows at once. An id that does not come back was known already. The bytes
-- are picked from their array last: unnest would copy them, and sort them along.
--
-- $15 is a lease in seconds; 0: none. A row is claimed at once unless it has to wait:
-- a row that no node has claimed yet came before it. Mail waits for mail only, and
-- chat and forms for each other, as in raw-claim. The fence of a row that waits is 0.
with waiting as materialized (
    select $15::float8 <= 0 or exists (select from raws where state = 'pending' and not channel = 'email' and next_at <= now()
               and (lease_until is null or lease_until < now()) limit 1) as people,
           $15::float8 <= 0 or exists (select from raws where state = 'pending' and channel = 'email' and next_at <= now()
               and (lease_until is null or lease_until < now()) limit 1) as mail,
           case when $15::float8 > 0 then nextval('fences') end as fence
)
insert into raws (id, channel, endpoint, source_key, envelope_from, envelope_to, remote_addr, auth_results,
                  received_at, size, bytes, state, problem, outgoing, fence, lease_until, attempts)
select id, channel, endpoint, source_key, envelope_from, coalesce(string_to_array(nullif(envelope_to, ''), chr(31)), '{}'),
       remote_addr, auth_results, received_at, size, ($11::bytea[])[n], state, problem, outgoing,
       case when wait then 0 else fence end, case when not wait then now() + $15::float8 * interval '1 second' end,
       case when wait then 0 else 1 end
from (select t.*, w.fence, t.state <> 'pending' or case when t.channel = 'email' then w.mail else w.people end as wait
      from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                  $9::timestamptz[], $10::bigint[], $12::text[], $13::text[], $14::boolean[])
           with ordinality as t (id, channel, endpoint, source_key, envelope_from, envelope_to, remote_addr, auth_results,
                                 received_at, size, state, problem, outgoing, n)
      cross join waiting w
      order by n offset 0) as t
on conflict on constraint raws_source do nothing
returning id, arrival, fence;

-- name: raw-known
-- A row with the new row's own id ($4) was inserted by a statement that the driver
-- repeated: it is not in memory and must not wait for its lease to run out.
update raws set duplicates = duplicates + 1, lease_until = case when id = $4 then null else lease_until end
where channel = $1 and endpoint = $2 and source_key = $3
returning id, case when channel = 'chat' then bytes end as first;

-- name: raw-due
-- Whether raw-claim would find anything.
select exists (select from raws where state = 'pending' and next_at <= now() and (lease_until is null or lease_until < now()));

-- name: raw-unclaim
update raws r set lease_until = null, attempts = attempts - 1
from unnest($1::uuid[], $2::bigint[]) as t (id, fence)
where r.id = t.id and r.fence = t.fence and r.state = 'pending';

-- name: raw-claim
-- Pending rows in order of arrival, chat and forms before mail: a backlog of mail must
-- not keep a visitor waiting. A lease keeps other nodes away while they are normalized.
with due as (
    select id from raws
    where state = 'pending' and next_at <= now() and (lease_until is null or lease_until < now())
    order by channel = 'email', arrival
    limit $1
    for update skip locked
), fence as (select nextval('fences') as fence)
update raws r set lease_until = now() + $2 * interval '1 second', fence = f.fence, attempts = attempts + 1
from due, fence f
where r.id = due.id
returning r.arrival, r.id, r.channel, r.endpoint, r.source_key, r.envelope_from, r.envelope_to, r.remote_addr,
          r.auth_results, r.received_at, r.size, r.state, r.attempts, r.problem, r.outgoing, r.fence;

-- name: raw-fail
update raws set state = $3, problem = $4, next_at = now() + $5 * interval '1 second', attempts = $6, lease_until = null
where id = $1 and fence = $2 and state = 'pending';

-- name: raw-replay
-- A row whose bytes never came has nothing to try. One that was never tried was
-- set apart on purpose, as a virus or spam: it is let in by its name only.
update raws set state = 'pending', problem = '', attempts = 0, next_at = now(), lease_until = null
where state = 'quarantined' and ($1::uuid is null and attempts > 0 or id = $1) and (size = 0 or octet_length(bytes) > 0)
returning id;

-- name: raw-list
select id, arrival, channel, endpoint, source_key, envelope_from, envelope_to, remote_addr, auth_results,
       received_at, size, case when same_as is null then octet_length(bytes) else size end as kept, state, attempts, problem,
       outgoing, duplicates
from raws
where ($1 = '' or state = $1) and ($2::bigint = 0 or arrival < $2)
order by arrival desc
limit $3;

-- name: raw-get
select r.id, r.arrival, r.channel, r.endpoint, r.source_key, r.envelope_from, r.envelope_to, r.remote_addr, r.auth_results,
       r.received_at, r.size, octet_length(k.bytes) as kept, k.bytes, r.state, r.attempts, r.problem, r.outgoing, r.duplicates
from raws r join raws k on k.id = coalesce(r.same_as, r.id) where r.id = $1;

-- name: raw-release
-- Leases of processes that are gone; only when no other process holds any.
update raws set lease_until = null where state = 'pending' and lease_until is not null;
