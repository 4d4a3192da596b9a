-- Parts of the work on a conversation that others do at the same time. Its assignee and
-- its inbox do not change.
create table tasks (
    id              uuid primary key,
    conversation_id uuid not null references conversations,
    inbox_id        uuid not null references inboxes,
    title           text not null,
    note            text not null,
    state           text not null check (state in ('open', 'in_progress', 'done', 'cancelled')),
    assignee_id     uuid references agents,
    opened_by       uuid not null references agents,
    due_in_us       bigint not null, -- business time of the inbox, in microseconds; 0: any
    due_at          timestamptz,
    overdue_at      timestamptz,
    result          text not null,
    result_id       uuid references messages,
    opened_at       timestamptz not null,
    updated_at      timestamptz not null,
    closed_at       timestamptz,
    closed_by       uuid references agents,
    moved_from      uuid[] not null default '{}' -- conversations that brought it along by a merge, the newest first
);
create index tasks_conversation on tasks (conversation_id, id);
create index tasks_due on tasks ((coalesce(due_at, 'infinity')), id) where state in ('open', 'in_progress');
create index tasks_inbox on tasks (inbox_id) where state in ('open', 'in_progress');
create index tasks_assignee on tasks (assignee_id) where state in ('open', 'in_progress');
create index tasks_ended on tasks (state, (coalesce(due_at, 'infinity')), id) where state in ('done', 'cancelled');

-- Agents who were asked to help with a conversation. Its owner answers.
create table helpers (
    conversation_id uuid not null references conversations,
    agent_id        uuid not null references agents,
    invited_by      uuid not null references agents,
    since           timestamptz not null,
    primary key (conversation_id, agent_id)
);
create index helpers_agent on helpers (agent_id, conversation_id);
