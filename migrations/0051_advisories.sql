-- Advisories: a notice to all contacts of segments or accounts, each in a conversation of its own.
create table advisories (
    id          uuid        not null primary key,
    subject     text        not null,
    body        text        not null,
    inbox       text        not null, -- key
    segments    text[]      not null default '{}',
    accounts    uuid[]      not null default '{}',
    state       text        not null default 'draft' check (state in ('draft', 'sending', 'paused', 'done', 'cancelled')),
    author_id   uuid        not null references agents (id), -- in whose name it is sent
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    started_at  timestamptz,
    finished_at timestamptz
);
create index advisories_order on advisories (created_at desc, id);
create index advisories_sending on advisories (id) where state = 'sending';

-- Each contact gets an advisory once: the row is settled in the transaction that writes the mail.
create table advisory_recipients (
    advisory_id     uuid        not null references advisories (id),
    contact_id      uuid        not null references contacts (id),
    address         text        not null, -- empty: none that mail can go to
    state           text        not null check (state in ('waiting', 'sent', 'skipped', 'cancelled')),
    reason          text        not null default '', -- why it was skipped
    queued_at       timestamptz not null default now(),
    at              timestamptz not null default now(), -- when it is due; later, when it was settled
    attempts        integer     not null default 0,
    conversation_id uuid        references conversations (id),
    message_id      uuid        references messages (id),
    primary key (advisory_id, contact_id)
);
create index advisory_recipients_due on advisory_recipients (at) where state = 'waiting';
create index advisory_recipients_queued on advisory_recipients (queued_at) where state in ('waiting', 'sent');
create unique index advisory_recipients_message on advisory_recipients (message_id) where message_id is not null;

-- Contacts who want no more advisories.
create table advisory_optouts (
    contact_id uuid        not null primary key references contacts (id),
    since      timestamptz not null default now()
);

alter table events
    drop constraint events_subject_kind,
    add constraint events_subject_kind check (subject_kind in ('conversation', 'agent', 'policy', 'channel', 'account', 'inbox', 'webhook', 'macro', 'article', 'root-cause', 'advisory'));
