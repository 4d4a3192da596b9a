-- What the assignment of conversations knows about an agent: the inboxes they are limited
-- to (keys; empty: all of their tiers) and lead, skills, how many open conversations they
-- take (0: as the inbox says), working hours in their zone (empty: always), and what they
-- say about their availability.
alter table agents
    add column inboxes      text[] not null default '{}',
    add column skills       text[] not null default '{}',
    add column capacity     int not null default 0 check (capacity >= 0),
    add column leads        text[] not null default '{}',
    add column timezone     text not null default '',
    add column hours        jsonb not null default '{}',
    add column availability text not null default 'available' check (availability in ('available', 'away')),
    add column away_until   timestamptz;

-- When an event socket of the agent was last open, on any node. Rows change often and
-- say nothing that a restart does not find out again.
create table agent_presence (
    agent_id uuid primary key references agents (id) on delete cascade,
    seen_at  timestamptz not null
) with (fillfactor = 50);

-- Counts the open conversations of each agent without reading them.
create index conversations_load on conversations (assignee_id, inbox_id)
    where status = 'open' and waiting_on = 'us' and merged_into is null and assignee_id is not null;
