-- name: upload-add
-- Nothing if the agent's files would have more than $9 bytes.
insert into uploads (id, agent_id, name, type, picture, sha256, size, bytes)
select $1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::text, $7::bigint, $8::bytea
where (select coalesce(sum(u.size), 0) from uploads u where u.agent_id = $2::uuid) + $7::bigint <= $9::bigint
returning created_at;

-- name: upload-find
select id, name, type, picture, size, created_at from uploads where id = $1 and agent_id = $2;

-- name: upload-content
select name, type, bytes from uploads where id = $1 and agent_id = $2;

-- name: upload-delete
delete from uploads where id = $1 and agent_id = $2;

-- name: upload-keep
-- Stores the content of files where messages have theirs, in order of the hash, so that two
-- transactions cannot wait for each other.
insert into blobs (sha256, size, bytes)
select distinct on (sha256) sha256, size, bytes from uploads where id = any($1::uuid[]) and agent_id = $2 order by sha256
on conflict do nothing;

-- name: upload-parts
select u.id, u.name, u.type, u.picture, u.sha256 as blob_id, u.size
from unnest($1::uuid[]) with ordinality as w (id, n) join uploads u on u.id = w.id and u.agent_id = $2
order by w.n;

-- name: upload-sweep
-- Files of drafts stay. A bounded number at a time; rows that another transaction holds are left for the next time.
delete from uploads where id in (
    select u.id from uploads u where u.created_at < now() - interval '48 hours'
        and not exists (select from drafts d where d.agent_id = u.agent_id and u.id = any(d.attachments))
    order by u.created_at limit $1 for update skip locked);
