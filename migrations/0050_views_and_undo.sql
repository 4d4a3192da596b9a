-- Saved views: searches under a name.
create table saved_views (
    id         uuid        primary key,
    name       text        not null,
    owner_id   uuid        not null references agents (id),
    scope      text        not null check (scope in ('own', 'team', 'all')),
    q          text        not null,
    sort       text        not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create unique index saved_views_name on saved_views (owner_id, lower(name));

-- What agents have done and can take back: what each operation changed in each conversation.
create table undos (
    id        uuid        primary key,
    agent_id  uuid        not null references agents (id),
    reversals jsonb       not null,
    at        timestamptz not null default now(),
    undone_at timestamptz
);
create index undos_at on undos (at);
