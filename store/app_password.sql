-- name: app-password-insert
-- At most $5 for each agent.
insert into app_passwords (id, agent_id, name, hash)
select $1, $2, $3, $4 where (select count(*) from app_passwords where agent_id = $2) < $5::int
returning created_at;

-- name: app-password-list
select id, name, created_at, last_used_at from app_passwords where agent_id = $1 order by created_at, id;

-- name: app-password-delete
delete from app_passwords where id = $2 and agent_id = $1 returning id, name, agent_id;

-- name: app-password-end-all
with gone as (delete from app_passwords where agent_id = $1 returning id, name, agent_id, created_at)
select id, name, agent_id from gone order by created_at, id;

-- name: app-password-agent
select g.id, g.name, g.email, g.tiers, g.admin, g.inboxes, g.leads, g.inboxes_only, g.mask_addresses, g.display_name, g.signature, agent_inboxes(g) as sees, (k.last_used_at is null or k.last_used_at < now() - interval '1 minute') as stale
from app_passwords k
join agents g on g.id = k.agent_id
where k.hash = $1 and g.email = $2 and not g.disabled;

-- name: app-password-used
update app_passwords set last_used_at = now() where hash = $1;
