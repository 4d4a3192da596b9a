-- name: savedview-list
-- Those that agent $1 may see, by name, or one ($2).
select v.id, v.name, v.owner_id, g.name as owner_name, g.tiers as owner_tiers, v.scope, v.q, v.sort, v.created_at, v.updated_at
from saved_views v join agents g on g.id = v.owner_id
where ($2::uuid is null or v.id = $2) and (v.owner_id = $1 or v.scope <> 'own')
order by lower(v.name), v.id;

-- name: savedview-lock
select v.id, v.name, v.owner_id, g.name as owner_name, g.tiers as owner_tiers, v.scope, v.q, v.sort, v.created_at, v.updated_at
from saved_views v join agents g on g.id = v.owner_id where v.id = $1 for update of v;

-- name: savedview-count
select count(*) from saved_views where owner_id = $1;

-- name: savedview-insert
insert into saved_views (id, name, owner_id, scope, q, sort) values ($1, $2, $3, $4, $5, $6);

-- name: savedview-edit
update saved_views set name = $2, scope = $3, q = $4, sort = $5, updated_at = greatest(now(), updated_at + interval '1 microsecond') where id = $1;

-- name: savedview-delete
delete from saved_views where id = $1;

-- name: undo-add
-- What is older than a day cannot be undone any more.
with old as (delete from undos where at < now() - interval '24 hours')
insert into undos (id, agent_id, reversals) values ($1, $2, $3);

-- name: undo-take
-- The reversals, and whether somebody has undone it already; once.
with u as (select id, undone_at, reversals from undos where id = $1 and agent_id = $2 and at > now() - interval '24 hours' for update),
     taken as (update undos set undone_at = now() from u where undos.id = u.id and u.undone_at is null)
select reversals, undone_at is not null as undone from u;

-- name: undo-return
update undos set undone_at = null, reversals = $2 where id = $1;
