-- name: raw-insert
-- Many rows at once. An id that does not come back was known already. The bytes
-- are picked from their array last: unnest would copy them, and sort them along.
insert into raws (id, channel, endpoint, source_key, envelope_from, envelope_to, remote_addr, auth_results,
                  received_at, size, bytes, state, problem, outgoing)
select id, channel, endpoint, source_key, envelope_from, coalesce(string_to_array(nullif(envelope_to, ''), chr(31)), '{}'),
       remote_addr, auth_results, received_at, size, ($11::bytea[])[n], state, problem, outgoing
from (select *
      from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                  $9::timestamptz[], $10::bigint[], $12::text[], $13::text[], $14::boolean[])
           with ordinality as t (id, channel, endpoint, source_key, envelope_from, envelope_to, remote_addr, auth_results,
                                 received_at, size, state, problem, outgoing, n)
      order by n offset 0) as t
on conflict on constraint raws_source do nothing
returning id;

-- name: raw-known
update raws set duplicates = duplicates + 1
where channel = $1 and endpoint = $2 and source_key = $3
returning id;

-- name: raw-claim
-- Pending rows in arrival order, those behind which a person sits before mail: a
-- backlog of mail must not keep a visitor waiting. A lease keeps other nodes away
-- while they are normalized.
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

-- name: raw-done
-- $3 is the message a raw row became or was linked to.
update raws r set state = 'processed', problem = '', lease_until = null, message_id = t.message
from unnest($1::uuid[], $2::bigint[], $3::uuid[]) as t (id, fence, message)
where r.id = t.id and r.fence = t.fence and r.state = 'pending';

-- name: raw-share
-- What was linked to the message of another row need not be kept twice, if it is
-- the same to the last octet: it came again, as a whole folder does that the
-- server has renumbered.
update raws r set bytes = '', same_as = f.id
from messages m join raws f on f.id = m.raw_id
where r.id = any($1::uuid[]) and m.id = r.message_id and f.id <> r.id and f.same_as is null
  and r.same_as is null and f.bytes = r.bytes;

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

-- name: raw-next
-- When the next pending row falls due; null when none waits.
select min(greatest(next_at, coalesce(lease_until, next_at))) from raws where state = 'pending';

-- name: raw-release
-- Leases of processes that are gone; only when no other process holds any.
update raws set lease_until = null where state = 'pending' and lease_until is not null;
