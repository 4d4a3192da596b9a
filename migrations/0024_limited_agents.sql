-- Agents of another company: limited to the inboxes in which they work, and without the
-- addresses of customers.
alter table agents
    add column inboxes_only   boolean not null default false,
    add column mask_addresses boolean not null default false;

-- The inboxes to whose conversations an agent is limited; null: not limited.
create function agent_inboxes(a agents) returns uuid[]
    language sql stable parallel safe
    return case when a.inboxes_only and not a.admin then
        array(select i.id from inboxes i where i.tier = any(a.tiers) and (a.inboxes = '{}' or i.key = any(a.inboxes))) end;

-- The one rule of who may read a conversation, for every query that shows one: a
-- restricted one is read by admins (tiers is null) and by the agents of its tier, and
-- agents who are limited to inboxes read only what is in one of them.
-- desk.Agent.CanRead is its twin.
drop function may_read(boolean, int, boolean, int[]);
create function may_read(restricted boolean, tier int, inbox uuid, inboxes uuid[], tiers int[]) returns boolean
    language sql immutable parallel safe
    return (not restricted or tiers is null or tier = any(tiers)) and (inboxes is null or inbox = any(inboxes));
