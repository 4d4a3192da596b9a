-- name: raw-insert
-- Many rows at once. An id that does not come back was known already. The bytes
-- are picked from their array last: unnest would copy them, and sort them along.
--
-- $15 is a lease in seconds; 0: none. $16 is the program that takes the lease. A row
-- is claimed at once, unless an earlier row of its stream ($17) is pending that this
-- program does not hold: then its fence is 0, and it waits in the journal.
insert into raws (id, channel, endpoint, source_key, envelope_from, envelope_to, remote_addr, auth_results,
                  received_at, size, bytes, state, problem, outgoing, stream, history, fence, lease_until, owner, attempts)
select id, channel, endpoint, source_key, envelope_from, coalesce(string_to_array(nullif(envelope_to, ''), chr(31)), '{}'),
       remote_addr, auth_results, received_at, size, ($11::bytea[])[n], state, problem, outgoing, stream, history,
       case when wait then 0 else fence end, case when not wait then now() + $15::float8 * interval '1 second' end,
       case when not wait then $16::uuid end, case when wait then 0 else 1 end
from (select t.*, w.fence, w.fence is null or t.state <> 'pending' or exists (
                 select from raws e where e.stream = t.stream and e.state = 'pending'
                     and (e.owner is distinct from $16::uuid or e.lease_until is null or e.lease_until < now()) offset 0) as wait
      from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                  $9::timestamptz[], $10::bigint[], $12::text[], $13::text[], $14::boolean[], $17::text[], $18::boolean[])
           with ordinality as t (id, channel, endpoint, source_key, envelope_from, envelope_to, remote_addr, auth_results,
                                 received_at, size, state, problem, outgoing, stream, history, n)
      cross join (select case when $15::float8 > 0 then nextval('fences') end as fence) w
      order by n offset 0) as t
on conflict on constraint raws_source do nothing
returning id, arrival, fence;

-- name: raw-known
-- A row with the new row's own id ($4) was inserted by a statement that the driver
-- repeated: it is not in memory and must not wait for its lease to run out. Any other
-- one is counted without a lock on the row, which raw-claim would pass over.
with known as (
    select id, case when channel = 'chat' then bytes end as first from raws where channel = $1 and endpoint = $2 and source_key = $3
), mine as (
    update raws r set lease_until = null from known k where r.id = k.id and k.id = $4
), counted as (
    insert into raw_duplicates (raw_id) select id from known where id <> $4
)
select id, first from known;

-- name: raw-due
-- Whether raw-claim would find anything for $1.
select exists (select from raws r
               where r.state = 'pending' and r.next_at <= now() and (r.lease_until is null or r.lease_until < now())
                 and not exists (select from raws e where e.stream = r.stream and e.state = 'pending' and e.arrival < r.arrival
                                     and (e.next_at > now() or e.lease_until >= now() and e.owner is distinct from $1::uuid) offset 0));

-- name: raw-unclaim
-- Planned while the table is empty, "state = 'pending'" would make this read an index of
-- all pending rows instead of the primary key; as an expression it does not.
update raws r set lease_until = null, attempts = attempts - 1
from unnest($1::uuid[], $2::bigint[]) as t (id, fence)
where r.id = t.id and r.fence = t.fence and r.state || '' = 'pending';

-- name: raw-claim
-- Pending rows in order of arrival, chat and forms before mail: a backlog of mail must
-- not keep a visitor waiting. A lease keeps other nodes away while they are normalized.
--
-- A row whose stream has an earlier one that waits or that another node than $3 holds is
-- left alone. So is one whose earlier row another node is claiming at this moment: skip
-- locked leaves that row out of due. "offset 0" makes exists look up one stream at a time:
-- as a join, which is planned while the table is empty, it reads all pending rows for each.
with due as (
    select id, stream, arrival from raws r
    where state = 'pending' and next_at <= now() and (lease_until is null or lease_until < now())
      and not exists (select from raws e where e.stream = r.stream and e.state = 'pending' and e.arrival < r.arrival
                          and (e.next_at > now() or e.lease_until >= now() and e.owner is distinct from $3::uuid) offset 0)
    order by channel = 'email', arrival
    limit $1
    for update skip locked
), ready as (
    select d.id from due d
    where not exists (select from raws e where e.stream = d.stream and e.state = 'pending' and e.arrival < d.arrival
                          and e.id <> all (array(select o.id from due o))
                          and (e.lease_until is null or e.lease_until < now() or e.owner is distinct from $3::uuid) offset 0)
), fence as (select nextval('fences') as fence)
update raws r set lease_until = now() + $2 * interval '1 second', owner = $3::uuid, fence = f.fence, attempts = attempts + 1
from ready, fence f
where r.id = ready.id
returning r.arrival, r.id, r.channel, r.endpoint, r.source_key, r.envelope_from, r.envelope_to, r.remote_addr,
          r.auth_results, r.received_at, r.size, r.state, r.attempts, r.problem, r.outgoing, r.stream, r.history, r.fence;

-- name: raw-fail
update raws set state = $3, problem = $4, next_at = now() + $5 * interval '1 second', attempts = $6, lease_until = null
where id = $1 and fence = $2 and state || '' = 'pending'; -- see raw-unclaim

-- name: raw-replay
-- A row whose bytes never came has nothing to process: it is due to be fetched again. One that was never tried was
-- set apart on purpose, as a virus or spam: it is let in by its name only.
update raws set state = case when channel = 'email' and octet_length(bytes) = 0 then state else 'pending' end,
    problem = case when channel = 'email' and octet_length(bytes) = 0 then problem else '' end,
    attempts = 0, next_at = now(), lease_until = null
where state = 'quarantined' and ($1::uuid is null and (attempts > 0 or channel = 'email' and octet_length(bytes) = 0) or id = $1)
returning id;

-- name: raw-fill
-- The content of a mail that its server could not deliver before.
update raws set bytes = $2, size = $3, state = $4, problem = $5, stream = $6, auth_results = $7, received_at = $8,
    attempts = 0, next_at = now()
where id = $1 and channel = 'email' and state = 'quarantined' and octet_length(bytes) = 0;

-- name: raw-list
select id, arrival, channel, endpoint, source_key, envelope_from, envelope_to, remote_addr, auth_results,
       received_at, size, case when same_as is null then octet_length(bytes) else size end as kept, state, attempts, problem,
       outgoing, duplicates + (select count(*) from raw_duplicates d where d.raw_id = raws.id) as duplicates
from raws
where ($1 = '' or state = $1) and ($2::bigint = 0 or arrival < $2)
order by arrival desc
limit $3;

-- name: raw-get
select r.id, r.arrival, r.channel, r.endpoint, r.source_key, r.envelope_from, r.envelope_to, r.remote_addr, r.auth_results,
       r.received_at, r.size, octet_length(k.bytes) as kept, k.bytes, r.state, r.attempts, r.problem, r.outgoing,
       r.duplicates + (select count(*) from raw_duplicates d where d.raw_id = r.id) as duplicates
from raws r join raws k on k.id = coalesce(r.same_as, r.id) where r.id = $1;

-- name: raw-release
-- Leases of programs that have ended: $1 is the class of the advisory lock that each
-- holds while it runs.
update raws set lease_until = null
where state = 'pending' and lease_until is not null
  and not exists (select from pg_locks l where l.locktype = 'advisory' and l.granted and l.objsubid = 2 and l.classid::bigint = $1::bigint
                      and l.database = (select oid from pg_database where datname = current_database())
                      and l.objid::bigint = hashtext(owner::text)::bigint & 4294967295);
