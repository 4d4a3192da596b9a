-- Inboxes as folders of the agents' mail programs. Nothing used the tables of 0002.
drop table imap_uids;
drop table imap_mailboxes;

-- Up to which event the messages have their numbers, and the newest modification sequence (RFC 7162 §3.1). Whoever
-- changes what mail programs see locks the row, so that numbers rise in the order of commits.
create table imap_state (
    one    boolean primary key default true check (one),
    xid    xid8    not null default '0',
    event  bigint  not null default 0,
    modseq bigint  not null default 1
);
insert into imap_state default values;

-- Agents who have signed in by IMAP. A new epoch, which is a part of UIDVALIDITY, makes their programs read
-- everything again: another set of messages is theirs, or others are shown without addresses.
create table imap_users (
    agent_id uuid   primary key references agents (id),
    epoch    bigint not null default 1,
    rights   text   not null,
    modseq   bigint not null default 1 -- of the newest change of their flags
);

create table imap_mailboxes (
    id       bigint generated always as identity primary key,
    kind     text   not null check (kind in ('inbox', 'archive', 'assigned', 'sent', 'drafts')),
    inbox_id uuid   references inboxes (id),
    agent_id uuid   references agents (id),
    uid_next bigint not null default 1 check (uid_next between 1 and 4294967296),
    modseq   bigint not null default 1,
    check ((inbox_id is not null) = (kind = 'inbox') and (agent_id is not null) = (kind in ('assigned', 'sent', 'drafts')))
);
create unique index imap_mailboxes_once on imap_mailboxes (kind, inbox_id, agent_id) nulls not distinct;
create index imap_mailboxes_modseq on imap_mailboxes (modseq);

-- A message in a folder. It gets another number when it returns. Those that are gone stay for programs that were offline.
create table imap_uids (
    mailbox_id      bigint      not null references imap_mailboxes (id),
    uid             bigint      not null check (uid between 1 and 4294967295),
    conversation_id uuid        not null references conversations (id),
    seq             bigint      not null,
    message_id      uuid        not null references messages (id),
    author_id       uuid,
    at              timestamptz not null,
    restricted      boolean     not null,
    flagged         boolean     not null,
    gone            boolean     not null default false,
    modseq          bigint      not null,
    primary key (mailbox_id, uid)
);
create unique index imap_uids_once on imap_uids (conversation_id, seq, mailbox_id) where not gone;
create index imap_uids_modseq on imap_uids (mailbox_id, modseq);

-- What an agent's flags are if they are not what the read mark and the author say.
create table imap_flags (
    agent_id        uuid    not null references agents (id),
    conversation_id uuid    not null references conversations (id) on delete cascade,
    seq             bigint  not null,
    seen            boolean,
    answered        boolean not null default false,
    modseq          bigint  not null,
    primary key (agent_id, conversation_id, seq)
);
create index imap_flags_modseq on imap_flags (agent_id, modseq);

-- The bytes of messages that are not shown as they were received or sent. They never change, as a program may have
-- read a part of them.
create table imap_texts (
    message_id uuid    not null references messages (id) on delete cascade,
    masked     boolean not null,
    bytes      bytea   not null,
    primary key (message_id, masked)
);

-- What mail programs keep in Drafts.
create table imap_drafts (
    mailbox_id bigint      not null references imap_mailboxes (id),
    uid        bigint      not null check (uid between 1 and 4294967295),
    bytes      bytea       not null,
    flags      text[]      not null default '{}',
    at         timestamptz not null default now(),
    gone       boolean     not null default false,
    modseq     bigint      not null,
    primary key (mailbox_id, uid)
);
alter table imap_texts alter column bytes set storage external; -- parts are read
alter table imap_drafts alter column bytes set storage external;
create index imap_drafts_modseq on imap_drafts (mailbox_id, modseq);

-- Passwords of programs that cannot sign in otherwise.
create table app_passwords (
    id           uuid        primary key,
    agent_id     uuid        not null references agents (id),
    name         text        not null,
    hash         bytea       not null unique,
    created_at   timestamptz not null default now(),
    last_used_at timestamptz
);
create index app_passwords_agent on app_passwords (agent_id);

-- The folders in which the messages of a conversation belong.
create function imap_wanted(conversation uuid) returns table (mailbox_id bigint, seq bigint, message_id uuid, author_id uuid, outbound boolean, at timestamptz, restricted boolean, flagged boolean)
    language sql stable
    begin atomic
        select m.id, p.seq, p.message_id, g.author_id, g.direction = 'outbound', p.since, c.restricted, c.priority in ('high', 'urgent')
        from conversations c
        join placements p on p.conversation_id = c.id and p.until is null
        join messages g on g.id = p.message_id
        join imap_mailboxes m on m.kind = case when c.status in ('resolved', 'closed') then 'archive' else 'inbox' end
            and m.inbox_id is not distinct from case when c.status in ('resolved', 'closed') then null else c.inbox_id end
        where c.id = conversation and c.merged_into is null
        union all
        select m.id, p.seq, p.message_id, g.author_id, g.direction = 'outbound', p.since, c.restricted, c.priority in ('high', 'urgent')
        from conversations c
        join imap_mailboxes m on m.kind = 'assigned' and m.agent_id = c.assignee_id
        join placements p on p.conversation_id = c.id and p.until is null
        join messages g on g.id = p.message_id
        where c.id = conversation and c.merged_into is null and c.status not in ('resolved', 'closed')
        union all
        select m.id, p.seq, p.message_id, g.author_id, true, p.since, c.restricted, c.priority in ('high', 'urgent')
        from conversations c
        join placements p on p.conversation_id = c.id and p.until is null
        join messages g on g.id = p.message_id and g.direction = 'outbound'
        join imap_mailboxes m on m.kind = 'sent' and m.agent_id = g.author_id
        where c.id = conversation and c.merged_into is null;
    end;
