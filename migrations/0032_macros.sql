-- Macros: reusable texts with variables, and actions that go with them.
create table macros (
    id           uuid primary key,
    name         text not null,
    owner_id     uuid references agents (id),           -- null: shared
    inboxes      text[] not null default '{}',          -- keys; empty: for all conversations
    text         text not null default '',
    actions      jsonb not null default '[]',
    uses         bigint not null default 0,
    last_used_at timestamptz,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now()
);
create unique index macros_name on macros (coalesce(owner_id, '00000000-0000-0000-0000-000000000000'), lower(name));

alter table events
    drop constraint events_subject_kind,
    add constraint events_subject_kind check (subject_kind in ('conversation', 'agent', 'policy', 'channel', 'account', 'inbox', 'webhook', 'macro'));
