-- name: image-get
select type, bytes from remote_images where digest = $1 and fetched_at > now() - $2 * interval '1 second';

-- name: image-save
insert into remote_images (digest, type, bytes) values ($1, $2, $3)
on conflict (digest) do update set type = excluded.type, bytes = excluded.bytes, fetched_at = now();

-- name: image-trim
-- Keeps the newest that together have no more than $1 octets.
delete from remote_images where digest in (
    select digest from (select digest, sum(octet_length(bytes)) over (order by fetched_at desc, digest) as total from remote_images) t
    where total > $1
);
