-- Messages that may be answered automatically, and conversations whose customers may be
-- asked about them. The decision deletes the row in its transaction.
create table automatic_due (
    id              uuid        not null default gen_random_uuid() primary key,
    conversation_id uuid        not null references conversations (id),
    message_id      uuid        references messages (id), -- that is answered; null for a survey
    kind            text        not null check (kind in ('acknowledgement', 'survey')),
    at              timestamptz not null,
    attempts        int         not null default 0,
    facts           jsonb       not null
);
create index automatic_due_at on automatic_due (at);

-- The automatic mails that were sent, which the budgets count.
create table automatic_mails (
    message_id      uuid        not null primary key references messages (id),
    conversation_id uuid        not null references conversations (id),
    kind            text        not null check (kind in ('acknowledgement', 'out-of-hours', 'survey')),
    address         text        not null, -- lower case
    organization    text        not null, -- the registered domain of the address
    fingerprint     text        not null, -- of the answered text; may be empty
    verified        boolean     not null, -- the address was authenticated
    at              timestamptz not null
);
create index automatic_mails_address on automatic_mails (address, at);
create index automatic_mails_organization on automatic_mails (organization, at);
create index automatic_mails_fingerprint on automatic_mails (fingerprint, at) where fingerprint <> '';
create index automatic_mails_conversation on automatic_mails (conversation_id);
create index automatic_mails_at on automatic_mails (at);

-- Until when the circuit breaker has stopped automatic mail; at most one row.
create table automatic_stop (
    one    boolean     not null default true primary key check (one),
    since  timestamptz not null,
    until  timestamptz not null,
    reason text        not null
);
