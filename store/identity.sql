-- name: agent-by-email
select id, name, email, tiers, admin, disabled, inboxes, skills, capacity, leads, timezone, hours, inboxes_only, mask_addresses, display_name, signature, agent_inboxes(agents) as sees, password_hash
from agents where email = $1;

-- name: agent-lock
-- One agent is saved at a time, so that each event says what really changed.
select pg_advisory_xact_lock(hashtextextended('agents', 1));

-- name: agent-save
-- A known address keeps its id; an empty password hash keeps the old one.
insert into agents (id, name, email, tiers, admin, disabled, password_hash, inboxes, skills, capacity, leads, timezone, hours, inboxes_only, mask_addresses, display_name, signature)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
on conflict (email) do update set name = excluded.name, tiers = excluded.tiers, admin = excluded.admin,
    inboxes = excluded.inboxes, skills = excluded.skills, capacity = excluded.capacity, leads = excluded.leads,
    timezone = excluded.timezone, hours = excluded.hours, inboxes_only = excluded.inboxes_only, mask_addresses = excluded.mask_addresses,
    display_name = excluded.display_name, signature = excluded.signature,
    disabled = excluded.disabled, password_hash = coalesce(nullif(excluded.password_hash, ''), agents.password_hash)
returning id;

-- name: agent-by-id
select id, name, email, tiers, admin, disabled, inboxes, skills, capacity, leads, timezone, hours, inboxes_only, mask_addresses, display_name, signature, agent_inboxes(agents) as sees, password_hash
from agents where id = $1;

-- name: agent-admins
select count(*) from agents where admin and not disabled;

-- name: agent-count
select count(*) from agents where not disabled;

-- name: session-insert
insert into agent_sessions (token_hash, agent_id, expires_at) values ($1, $2, now() + $3 * interval '1 second');

-- name: session-agent
-- stale: a tenth of the lifetime ($2 seconds) is over, so the expiry is to be extended.
select g.id, g.name, g.email, g.tiers, g.admin, g.inboxes, g.leads, g.inboxes_only, g.mask_addresses, g.display_name, g.signature, agent_inboxes(g) as sees, s.expires_at < now() + 0.9 * $2 * interval '1 second' as stale
from agent_sessions s
join agents g on g.id = s.agent_id
where s.token_hash = $1 and s.expires_at > now() and not g.disabled;

-- name: session-extend
update agent_sessions set expires_at = now() + $2 * interval '1 second' where token_hash = $1 and expires_at > now();

-- name: session-delete
delete from agent_sessions where token_hash = $1;

-- name: session-sweep
delete from agent_sessions where expires_at < now();

-- name: key-insert
insert into api_keys (id, name, key_hash, agent_id, expires_at, scopes) values ($1, $2, $3, $4, $5, $6)
returning created_at;

-- name: key-agent
select g.id, g.name, g.email, g.tiers, g.admin, g.inboxes, g.leads, g.inboxes_only, g.mask_addresses, g.display_name, g.signature, agent_inboxes(g) as sees, (k.last_used_at is null or k.last_used_at < now() - interval '1 minute') as stale, k.scopes
from api_keys k
join agents g on g.id = k.agent_id
where k.key_hash = $1 and (k.expires_at is null or k.expires_at > now()) and not g.disabled;

-- name: key-used
update api_keys set last_used_at = now() where key_hash = $1;

-- name: key-list
-- The agent's own; for an admin, all.
select k.id, k.name, k.agent_id as "agent.id", g.name as "agent.name", k.scopes as scope_list, k.created_at, k.expires_at, k.last_used_at
from api_keys k
join agents g on g.id = k.agent_id
where k.agent_id = $1 or $2
order by k.created_at, k.id;

-- name: key-delete
delete from api_keys where id = $3 and (agent_id = $1 or $2) returning id, name, agent_id;

-- name: agent-set-password
update agents set password_hash = $2 where id = $1;

-- name: session-end-all
delete from agent_sessions where agent_id = $1;

-- name: key-end-all
with gone as (delete from api_keys where agent_id = $1 returning id, name, agent_id, created_at)
select id, name, agent_id from gone order by created_at, id;
