-- name: mailbox-cursor
select uid_validity, last_uid from mailbox_cursors where channel = $1 and folder = $2;

-- name: mailbox-move
insert into mailbox_cursors (channel, folder, uid_validity, last_uid)
values ($1, $2, $3, $4)
on conflict (channel, folder) do update
set uid_validity = excluded.uid_validity, last_uid = excluded.last_uid, updated_at = now();
