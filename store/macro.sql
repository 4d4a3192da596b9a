-- name: macro-list
-- The macros that an agent can use: their own, and shared ones; $2 are the inboxes that an
-- agent who is limited to inboxes reads, null for others. All, or one ($3).
select m.id, m.name, m.owner_id, m.inboxes, m.text, m.actions, m.uses, m.last_used_at, m.created_at, m.updated_at
from macros m
where (m.owner_id = $1 or m.owner_id is null and ($2::uuid[] is null or m.inboxes = '{}' or m.inboxes && array(select key from inboxes where id = any($2))))
  and ($3::uuid is null or m.id = $3)
order by lower(m.name), m.id;

-- name: macro-insert
insert into macros (id, name, owner_id, inboxes, text, actions) values ($1, $2, $3, $4, $5, $6);

-- name: macro-edit
update macros set name = $2, inboxes = $3, text = $4, actions = $5, updated_at = now() where id = $1;

-- name: macro-delete
delete from macros where id = $1;

-- name: macro-lock
select id, name, owner_id, inboxes, text, actions, updated_at from macros where id = $1 for update;

-- name: macro-read
-- The row is locked against removal, but not against other uses.
select id, name, owner_id, inboxes, text, actions, updated_at from macros where id = $1 for key share;

-- name: macro-used
update macros set uses = uses + 1, last_used_at = now() where id = $1;

-- name: macro-count
select count(*) from macros where owner_id is not distinct from $1;
