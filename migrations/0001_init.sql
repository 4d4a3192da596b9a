-- The model of desk, one table per noun. Instants are timestamptz, identifiers
-- UUIDv7, enumerations text with a check. Everything hot carries account_id, so
-- that partitioning by account stays possible.

-- The journal: what channels received, before anyone interpreted it.
create table raws (
    id            uuid primary key,
    arrival       bigint generated always as identity,
    channel       text not null,
    endpoint      text not null,
    source_key    text not null,
    envelope_from text not null default '',
    envelope_to   text[] not null default '{}',
    remote_addr   text not null default '',
    auth_results  text not null default '',
    received_at   timestamptz not null,
    size          bigint not null,
    bytes         bytea not null,
    state         text not null default 'pending' check (state in ('pending', 'processed', 'quarantined')),
    attempts      int not null default 0,
    problem       text not null default '',
    next_at       timestamptz not null default now(),
    lease_until   timestamptz,
    fence         bigint not null default 0,
    duplicates    int not null default 0,
    message_id    uuid,
    -- the row that keeps the octets of this one, which came again
    same_as       uuid references raws,
    -- found in a folder of what we sent ourselves
    outgoing      boolean not null default false,
    constraint raws_source unique (channel, endpoint, source_key)
);
-- Mail barely compresses once attachments are in it, and pglz costs more than the disk.
alter table raws alter column bytes set storage external;
-- In the order in which raw-claim takes them.
create index raws_pending on raws ((channel = 'email'), arrival) where state = 'pending';
create index raws_quarantined on raws (arrival) where state = 'quarantined';

-- Content-addressed bodies of attachments; sha256 in lower-case hex.
create table blobs (
    sha256 text primary key,
    size   bigint not null,
    bytes  bytea not null
);
alter table blobs alter column bytes set storage external;

-- Pictures from the net that somebody wanted to see. Losing them costs a second look.
create unlogged table remote_images (
    digest     bytea primary key, -- SHA-256 of the URL
    type       text not null,
    bytes      bytea not null,
    fetched_at timestamptz not null default now()
);
alter table remote_images alter column bytes set storage external;

-- How far a mailbox has been read.
create table mailbox_cursors (
    channel      text not null,
    folder       text not null,
    uid_validity bigint not null,
    last_uid     bigint not null default 0,
    updated_at   timestamptz not null default now(),
    primary key (channel, folder)
);

-- Which node reads a mailbox; the fence changes whenever the owner does.
create table mailbox_leases (
    channel     text primary key,
    owner       text not null,
    fence       bigint not null,
    lease_until timestamptz not null
);

-- What a token server gave last for a channel's account, sealed with a secret that
-- stands in the configuration alone.
create table oauth_tokens (
    name       text primary key,
    sealed     bytea not null,
    updated_at timestamptz not null default now()
);

-- Server against journal, folder by folder, at the last reconciliation.
create table mailbox_reconciliations (
    channel text primary key,
    due_at  timestamptz not null,
    at      timestamptz,
    report  jsonb
);

-- The running processes; one that is not seen any more is gone.
create table nodes (
    node    text primary key,
    seen_at timestamptz not null
);

-- How every entrance of every node is doing.
create table channel_status (
    channel      text not null,
    node         text not null,
    state        text not null,
    since        timestamptz not null,
    last_success timestamptz,
    last_error   text not null default '',
    advice       text not null default '',
    progress     jsonb,
    alarm        boolean not null default false,
    primary key (channel, node)
);

-- When something last came in by an entrance, whichever node took it.
create table channel_arrivals (
    channel   text primary key,
    last_item timestamptz not null
);

create table accounts (
    id         uuid primary key,
    name       text not null,
    segment    text not null default '',
    timezone   text not null default '',
    attributes jsonb not null default '{}',
    tags       text[] not null default '{}',
    created_at timestamptz not null default now()
);

create table account_domains (
    domain     text primary key check (domain = lower(domain)),
    account_id uuid not null references accounts
);
create index account_domains_account on account_domains (account_id);

create table contacts (
    id         uuid primary key,
    account_id uuid not null references accounts,
    name       text not null default '',
    created_at timestamptz not null default now()
);
create index contacts_account on contacts (account_id);

create table identities (
    channel     text not null,
    address     text not null,
    contact_id  uuid not null references contacts,
    trust       text not null default 'claimed' check (trust in ('claimed', 'aligned', 'verified')),
    verified_at timestamptz,
    primary key (channel, address)
);
create index identities_contact on identities (contact_id);

-- A contact with the address it is best known by: its mail address, or its
-- first identity on another channel; null when it has none.
create view contact_names as
select t.id, t.account_id, t.name,
       (select i.address from identities i where i.contact_id = t.id
        order by (i.channel = 'email') desc, i.verified_at nulls last, i.address limit 1) as address
from contacts t;

create table agents (
    id            uuid primary key,
    name          text not null,
    email         text not null unique check (email = lower(email)),
    tiers         int[] not null default '{}',
    admin         boolean not null default false,
    disabled      boolean not null default false,
    password_hash text not null default '',
    created_at    timestamptz not null default now()
);

-- Secrets of both are kept as SHA-256 only.
create table agent_sessions (
    token_hash bytea primary key,
    agent_id   uuid not null references agents,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
);
create table api_keys (
    id           uuid primary key,
    name         text not null,
    key_hash     bytea not null unique,
    agent_id     uuid not null references agents,
    created_at   timestamptz not null default now(),
    expires_at   timestamptz,
    last_used_at timestamptz
);

-- Policy documents are immutable once published; the highest version is live.
create table policies (
    version      bigint generated always as identity primary key,
    document     text not null,
    author       text not null default '',
    published_at timestamptz not null default now()
);

create table tiers (
    tier int primary key,
    name text not null
);

create table inboxes (
    id         uuid primary key,
    key        text not null unique,
    name       text not null,
    tier       int not null references tiers,
    archived   boolean not null default false
);

create table conversations (
    id              uuid primary key,
    number          bigint generated always as identity unique,
    account_id      uuid not null references accounts,
    contact_id      uuid not null references contacts,
    subject         text not null default '',
    channel         text not null,
    status          text not null default 'open' check (status in ('open', 'pending', 'snoozed', 'resolved', 'closed')),
    priority        text not null default 'normal' check (priority in ('low', 'normal', 'high', 'urgent')),
    inbox_id        uuid not null references inboxes,
    tier            int not null,
    assignee_id     uuid references agents,
    tags            text[] not null default '{}',
    restricted      boolean not null default false,
    path            text[] not null default '{}',
    policy_version  bigint not null default 0,
    reply_channel   text not null,
    reply_to        text not null default '',
    reply_from      text not null default '',
    -- lower-case addresses of everyone who wrote or was written to; ours are not among them
    participants    text[] not null default '{}',
    preview         text not null default '',
    last_inbound_at timestamptz,
    last_reply_at   timestamptz,
    waiting_since   timestamptz,
    snoozed_until   timestamptz,
    resolved_at     timestamptz,
    merged_into     uuid references conversations,
    last_seq        bigint not null default 0,
    created_at      timestamptz not null,
    updated_at      timestamptz not null
);
create index conversations_recent on conversations (updated_at desc, id desc);
create index conversations_inbox on conversations (inbox_id, status, updated_at desc);
create index conversations_account on conversations (account_id, updated_at desc);
create index conversations_contact on conversations (contact_id);
create index conversations_assignee on conversations (assignee_id) where assignee_id is not null;
create index conversations_snoozed on conversations (snoozed_until) where status = 'snoozed';

create table messages (
    id              uuid primary key,
    conversation_id uuid not null references conversations,
    account_id      uuid not null,
    seq             bigint not null,
    direction       text not null check (direction in ('inbound', 'outbound', 'note')),
    channel         text not null,
    raw_id          uuid,
    message_id      text not null,
    in_reply_to     text[] not null default '{}',
    refs            text[] not null default '{}',
    -- addresses: {sender, from, reply_to, to, cc, bcc}, each [{name, email}]
    addresses       jsonb not null default '{}',
    from_address    text not null default '',
    subject         text not null default '',
    sent_at         timestamptz not null,
    received_at     timestamptz not null,
    preview         text not null default '',
    text_body       text not null default '',
    html_body       text not null default '',
    new_text        text not null default '',
    attachments     jsonb not null default '[]',
    auto_submitted  text not null default 'none',
    list_id         text not null default '',
    report          jsonb,
    problems        jsonb not null default '[]',
    -- what was found out of a mail's origin; null when nobody looked
    authentication  jsonb,
    -- what a mail's signature is worth; null when it has none
    signature       jsonb,
    author_id       uuid references agents,
    thread_method   text not null default '',
    thread_evidence text not null default '',
    -- content tells the same mail that arrived twice from another mail under the same Message-ID
    content         bytea not null default '',
    constraint messages_seq unique (conversation_id, seq)
);
-- Texts are compressed with every mail that is stored, and LZ4 does it several
-- times as fast as pglz; not every build of the server has it.
do $$
begin
    if exists (select from pg_settings where name = 'default_toast_compression' and 'lz4' = any(enumvals)) then
        alter table messages alter column text_body set compression lz4, alter column html_body set compression lz4,
            alter column new_text set compression lz4;
    end if;
end $$;
create index messages_raw on messages (raw_id) where raw_id is not null;
create index messages_message_id on messages (message_id);
create index messages_from on messages (from_address);
-- A mail is one message, however often and over however many entrances it came.
create unique index messages_once on messages (message_id, account_id, content) where direction = 'inbound';

-- Every Message-ID that a conversation is known by: its own ones and the ones
-- they mention, so that a parent that arrives after its reply still joins it.
create table thread_refs (
    message_id      text not null,
    conversation_id uuid not null references conversations,
    account_id      uuid not null,
    own             boolean not null,
    primary key (message_id, conversation_id)
);
create index thread_refs_conversation on thread_refs (conversation_id);

-- Who holds a conversation; a conversation's stints tile its life.
create table stints (
    id              uuid primary key,
    conversation_id uuid not null references conversations,
    inbox_id        uuid not null references inboxes,
    tier            int not null,
    assignee_id     uuid references agents,
    waiting_on      text not null check (waiting_on in ('us', 'customer', 'third-party')),
    started_at      timestamptz not null,
    ended_at        timestamptz,
    reason          text not null
);
create unique index stints_running on stints (conversation_id) where ended_at is null;
create index stints_conversation on stints (conversation_id, started_at);

create table clocks (
    id              uuid primary key,
    conversation_id uuid not null references conversations,
    stint_id        uuid references stints,
    policy          text not null,
    metric          text not null,
    tier            int not null,
    started_at      timestamptz not null,
    paused_at       timestamptz,
    consumed        interval not null default '0',
    due_at          timestamptz,
    met_at          timestamptz,
    breached_at     timestamptz
);
create index clocks_due on clocks (due_at) where met_at is null and breached_at is null and paused_at is null;
create index clocks_conversation on clocks (conversation_id);

create sequence fences;

create table deliveries (
    id              uuid primary key,
    message_id      uuid not null references messages,
    conversation_id uuid not null references conversations,
    channel         text not null,
    recipient       text not null,
    return_path     text not null default '',
    envelope_id     text not null default '',
    state           text not null check (state in ('held', 'queued', 'sending', 'sent', 'delivered', 'delayed', 'unknown', 'failed', 'cancelled')),
    attempts        int not null default 0,
    next_attempt_at timestamptz not null,
    code            int not null default 0,
    enhanced_code   text not null default '',
    detail          text not null default '',
    lease_until     timestamptz,
    fence           bigint not null default 0,
    -- nothing more will be tried; what a DSN says later changes the state and not this
    settled         boolean not null default false,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    constraint deliveries_once unique (message_id, recipient)
);
create index deliveries_due on deliveries (channel, next_attempt_at) where not settled;
create index deliveries_conversation on deliveries (conversation_id);

create table delivery_attempts (
    delivery_id   uuid not null references deliveries,
    attempt       int not null,
    at            timestamptz not null,
    state         text not null,
    code          int not null default 0,
    enhanced_code text not null default '',
    detail        text not null default '',
    primary key (delivery_id, attempt)
);

-- The rendered bytes of an outbound mail: made once, so that every attempt
-- sends identical bytes under one Message-ID.
create table renderings (
    message_id uuid primary key references messages,
    bytes      bytea not null
);

-- Visitors' chat sessions; the secret is kept as SHA-256 only.
create table chat_sessions (
    id              uuid primary key,
    secret_hash     bytea not null unique,
    widget          text not null,
    name            text not null default '',
    email           text not null default '',
    contact_id      uuid references contacts,
    conversation_id uuid references conversations,
    created_at      timestamptz not null default now(),
    seen_at         timestamptz not null default now(),
    received_seq    bigint not null default 0
);

-- What a visitor may see of his session's conversation after a position: his own
-- lines, and what was sent to this very session; never notes, never other
-- people's mail that came to the same conversation. An answer that may still be
-- undone hides itself and what stands behind it, so that numbers only grow for the
-- visitor. A position in another conversation than the session's is its beginning.
--
-- Everything is a value here and nothing a join: whatever the planner believes of
-- tables that were empty when it planned, this reads one range of messages_seq,
-- and what belongs to each of its rows by key.
create function chat_lines(session uuid, conversation uuid, after bigint)
    returns table (conversation_id uuid, seq bigint, id text, from_visitor boolean, agent text, text text, at timestamptz)
    language sql stable
begin atomic
    select m.conversation_id, m.seq,
           case when m.direction = 'inbound' then substr(m.source_key, 37) else 'ms_' || replace(m.id::text, '-', '') end,
           m.direction = 'inbound', coalesce((select a.name from agents a where a.id = m.author_id), ''), m.text_body, m.received_at
    from (select m.*, (select case when r.channel = 'chat' then r.source_key end from raws r where r.id = m.raw_id) as source_key,
                 (select d.state from deliveries d
                  where d.message_id = m.id and d.recipient = 'vs_' || replace(session::text, '-', '')) as sent
          from messages m
          where m.conversation_id = (select s.conversation_id from chat_sessions s where s.id = session)
            and m.seq > case when conversation = (select s.conversation_id from chat_sessions s where s.id = session) then after else 0 end
            and m.seq < coalesce((select min(h.seq) from deliveries d join messages h on h.id = d.message_id
                                  where d.conversation_id = (select s.conversation_id from chat_sessions s where s.id = session)
                                    and d.recipient = 'vs_' || replace(session::text, '-', '') and d.state = 'held'),
                                 9223372036854775807)
          offset 0) as m
    where m.direction = 'inbound' and starts_with(m.source_key, 'vs_' || replace(session::text, '-', '') || '/')
       or m.direction = 'outbound' and m.sent not in ('held', 'cancelled');
end;

-- The log of everything that happened. xid lets a reader stop below the oldest
-- transaction that is still running, so that a late commit is never skipped.
create table events (
    id              bigint generated always as identity primary key,
    xid             xid8 not null default pg_current_xact_id(),
    at              timestamptz not null,
    conversation_id uuid not null references conversations,
    account_id      uuid not null,
    seq             bigint not null,
    kind            text not null,
    actor           text not null,
    data            jsonb not null default '{}',
    constraint events_seq unique (conversation_id, seq)
);
create index events_tail on events (xid, id);

-- Secrets made at the first start (reply token keys, ...).
create table secrets (
    name  text primary key,
    value bytea not null
);

-- The one rule of who may read a conversation, for every query that shows one:
-- a restricted one is seen by admins and by the agents of its tier. agent.CanRead
-- is its twin.
create function may_read(restricted boolean, tier int, admin boolean, tiers int[]) returns boolean
    language sql immutable parallel safe
    return not restricted or admin or tier = any(tiers);
