-- What a desk needs at the very least: each mail once, contacts, conversations,
-- messages, the ids that lead to a conversation, and an outbox.
create table inbound_seen (message_id text primary key, seen_at timestamptz not null default now());
create table contacts (id bigserial primary key, email text not null unique);
create table conversations (
    id              bigserial primary key,
    contact_id      bigint not null references contacts,
    subject         text not null,
    status          text not null default 'open',
    message_count   int not null default 1,
    last_message_at timestamptz not null default now(),
    created_at      timestamptz not null default now()
);
create index on conversations (status, last_message_at desc);
create table messages (
    id              bigserial primary key,
    conversation_id bigint not null references conversations,
    message_id      text not null unique,
    from_addr       text not null,
    subject         text not null,
    body_text       text not null,
    body_html       text not null,
    headers         text not null,
    created_at      timestamptz not null default now()
);
create index on messages (conversation_id, id);
create table thread_refs (message_id text primary key, conversation_id bigint not null references conversations);
create table outbox (
    id         bigserial primary key,
    topic      text not null,
    payload    jsonb not null,
    created_at timestamptz not null default now(),
    done_at    timestamptz
);
create index on outbox (id) where done_at is null;
