-- Conversations that wait for an assignee, in the order in which the policy assigns them.
-- Those that a person has unassigned are held back.
create index conversations_waiting on conversations
    (inbox_id, due_at, (case priority when 'urgent' then 0 when 'high' then 1 when 'normal' then 2 else 3 end), waiting_since, id)
    where status = 'open' and waiting_on = 'us' and assignee_id is null and merged_into is null and service->>'held' is null;

-- When each agent was last assigned a conversation of an inbox.
create index stints_turns on stints (inbox_id, assignee_id, started_at) where reason = 'assigned';

-- The inboxes that overflow now: others help with their conversations.
create table overflows (
    inbox_id uuid primary key references inboxes,
    since    timestamptz not null
);
