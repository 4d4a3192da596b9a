-- Root causes: one fault behind many conversations, and what all of their customers are told
-- about it.
create table root_causes (
    id         uuid        not null primary key,
    title      text        not null,
    state      text        not null default 'open' check (state in ('open', 'fixed')),
    note       text        not null default '',
    url        text        not null default '',
    created_by uuid        not null references agents (id),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    fixed_at   timestamptz,
    constraint root_causes_fixed check ((state = 'fixed') = (fixed_at is not null))
);
create index root_causes_order on root_causes (updated_at desc, id);

create table root_cause_conversations (
    root_cause_id   uuid        not null references root_causes (id),
    conversation_id uuid        not null references conversations (id),
    linked_by       uuid        not null references agents (id),
    linked_at       timestamptz not null default now(),
    primary key (root_cause_id, conversation_id)
);
create index root_cause_conversations_conversation on root_cause_conversations (conversation_id);

-- A text that goes to the customer of each conversation that was linked when it was written.
create table root_cause_updates (
    id            uuid        not null primary key,
    root_cause_id uuid        not null references root_causes (id),
    body          text        not null,
    following     text        not null default '' check (following in ('', 'pending', 'resolved')), -- the status of each conversation then
    author_id     uuid        not null references agents (id),
    left_out      integer     not null, -- linked conversations that the author may not read
    created_at    timestamptz not null default now(),
    send_at       timestamptz not null  -- until then it can be taken back
);
create index root_cause_updates_of on root_cause_updates (root_cause_id, created_at);

-- Each conversation gets an update once: its row is settled in the transaction that writes the
-- reply. The reply of a conversation that was merged is in the one that it was merged into
-- (answered_id), which gets it once, too.
create table root_cause_recipients (
    update_id       uuid        not null references root_cause_updates (id),
    conversation_id uuid        not null references conversations (id),
    state           text        not null default 'waiting' check (state in ('waiting', 'sent', 'skipped', 'cancelled')),
    at              timestamptz not null, -- when it is due; later, when it was settled
    attempts        integer     not null default 0,
    answered_id     uuid        references conversations (id),
    message_id      uuid        references messages (id),
    reason          text        not null default '', -- why it was skipped
    primary key (update_id, conversation_id)
);
create unique index root_cause_recipients_once on root_cause_recipients (update_id, answered_id) where state = 'sent';
create index root_cause_recipients_due on root_cause_recipients (at) where state = 'waiting';

-- What was merged into a conversation: it is linked to the same root causes.
create index conversations_absorbed on conversations (merged_into) where merged_into is not null;

alter table events
    drop constraint events_subject_kind,
    add constraint events_subject_kind check (subject_kind in ('conversation', 'agent', 'policy', 'channel', 'account', 'inbox', 'webhook', 'macro', 'article', 'root-cause'));
