-- name: mailbox-cursor
select uid_validity, last_uid from mailbox_cursors where channel = $1 and folder = $2;

-- name: mailbox-move
insert into mailbox_cursors (channel, folder, uid_validity, last_uid)
values ($1, $2, $3, $4)
on conflict (channel, folder) do update
set uid_validity = excluded.uid_validity, last_uid = excluded.last_uid, updated_at = now();

-- name: mailbox-connect
insert into mailbox_connections (channel, folder, connected_at, connected_validity, connected_uid_next)
values ($1, $2, now(), $3, $4) on conflict do nothing;

-- name: mailbox-connected
select connected_at as at, connected_validity as uid_validity, connected_uid_next as uid_next from mailbox_connections where channel = $1 and folder = $2;

-- name: mailbox-skipped
-- A folder that the server renumbered is counted again.
update mailbox_connections set skipped = case when uid_validity = $3 then skipped else 0 end + $4, uid_validity = $3
where channel = $1 and folder = $2;

-- name: mailbox-history
select coalesce(sum(skipped), 0)::bigint from mailbox_connections where channel = $1;

-- name: mailbox-hold
-- Renews what $2 holds and takes what is free or has run out. Sorted, so that two
-- nodes do not wait for each other.
insert into mailbox_leases as l (channel, owner, fence, lease_until)
select c, $2, nextval('fences'), clock_timestamp() + $3 * interval '1 second' from unnest($1::text[]) as c order by c
on conflict (channel) do update
set owner = excluded.owner, lease_until = excluded.lease_until,
    fence = case when l.owner = excluded.owner then l.fence else excluded.fence end
where l.owner = excluded.owner or l.lease_until < clock_timestamp()
returning channel, fence;

-- name: mailbox-release
-- An empty owner means everybody: only where no other process can hold any.
update mailbox_leases set lease_until = '-infinity' where owner = $1 or $1 = '';

-- name: mailbox-fence
select fence from mailbox_leases where channel = $1 for share;

-- name: mailbox-known
-- What follows the UID is the content of a mail that came under a used one.
select distinct split_part(substr(source_key, length($2) + 1), '/', 1)::bigint
from raws where channel = 'email' and endpoint = $1 and starts_with(source_key, $2)
  and not (state = 'quarantined' and octet_length(bytes) = 0);

-- name: mailbox-undelivered
-- Due mails that the server could not deliver. The pause doubles from a minute to an
-- hour. One that is far in the future was written by a clock that was wrong.
update raws set attempts = attempts + 1, next_at = now() + least(60 * 2 ^ least(attempts, 6), 3600) * interval '1 second'
where id in (
    select id from raws
    where channel = 'email' and endpoint = $1 and starts_with(source_key, $2) and state = 'quarantined' and octet_length(bytes) = 0
      and (next_at <= now() or next_at > now() + interval '2 hours')
    order by next_at limit 50 for update skip locked)
returning split_part(substr(source_key, length($2) + 1), '/', 1)::bigint;
