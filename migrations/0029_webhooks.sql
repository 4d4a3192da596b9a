-- Webhooks: other systems are told what happens, over HTTP.
create table webhooks (
    id              uuid primary key,
    url             text not null,
    description     text not null default '',
    types           text[] not null default '{}',          -- empty: all
    inboxes         text[] not null default '{}',          -- keys; empty: all
    restricted      boolean not null default false,        -- also events of restricted conversations
    enabled         boolean not null default true,
    disabled_at     timestamptz,                           -- by the desk; null: enabled, or disabled by a person
    problem         text not null default '',              -- why the desk disabled it
    secret          bytea not null,
    former_secret   bytea,                                 -- signs, too, until former_until
    former_until    timestamptz,
    xid             xid8 not null,                         -- the last event that was looked at
    event_id        bigint not null,
    paused_until    timestamptz,                           -- the receiver asked for a pause
    failing_since   timestamptz,                           -- since then every attempt has failed
    last_success_at timestamptz,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now()
);

-- Events that go to a webhook. Those of a conversation are sent in the order of seq.
create table webhook_deliveries (
    id              uuid primary key,
    webhook_id      uuid not null references webhooks (id) on delete cascade,
    message_id      text not null,                         -- webhook-id, the same in every attempt and replay
    type            text not null,
    conversation_id uuid references conversations (id),    -- null: a test
    seq             bigint not null default 0,
    body            text not null,
    state           text not null default 'pending' constraint webhook_deliveries_state check (state in ('pending', 'delivered', 'failed')),
    created_at      timestamptz not null default now(),
    since           timestamptz not null default now(),    -- attempts end a day after it
    attempts        int not null default 0,
    next_at         timestamptz not null default now(),    -- the next attempt, or how long the present one may last
    last_at         timestamptz,
    status          int not null default 0,                -- of the last response; 0: there was none
    latency_ms      int not null default 0,
    response        text not null default '',
    error           text not null default '',
    constraint webhook_deliveries_once unique (webhook_id, message_id)
);
create index webhook_deliveries_due on webhook_deliveries (webhook_id, next_at) where state = 'pending';
create index webhook_deliveries_order on webhook_deliveries (webhook_id, conversation_id, seq) where state = 'pending';
create index webhook_deliveries_list on webhook_deliveries (webhook_id, created_at, id);
create index webhook_deliveries_old on webhook_deliveries (created_at) where state <> 'pending';
create index webhook_deliveries_conversation on webhook_deliveries (conversation_id);

alter table events
    drop constraint events_subject_kind,
    add constraint events_subject_kind check (subject_kind in ('conversation', 'agent', 'policy', 'channel', 'account', 'inbox', 'webhook'));

-- A notice that is not about a conversation: a webhook was disabled.
alter table notices alter column conversation_id drop not null;
drop index notices_mail;
create index notices_mail on notices (at) where acked_at is null and mailed_at is null and kind in ('escalation', 'page', 'rule-failed', 'webhook');
