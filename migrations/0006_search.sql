-- The index of words, by substrings of up to three characters (internal/textindex).
-- It needs no extension, and new messages cost a search a short row each: they are
-- indexed in the background, a thousand at a time, which takes a tenth of the work
-- that a GIN index of the same substrings would take.

-- What a search compares: a message's texts, names and addresses, folded.
create table search_texts (
    message_id uuid primary key,
    block      int,           -- where it is indexed; null: not yet
    sender     text not null, -- "name <address>" of who wrote an inbound message
    text       text not null
);
create index search_texts_fresh on search_texts (message_id) where block is null;

-- A block is up to 1,024 messages. Slot n belongs to the nth conversation number,
-- encoded as textindex.AppendNumbers does. Blocks never change: a message that
-- moves to another conversation is indexed again.
create table search_blocks (
    block         int generated always as identity primary key,
    conversations bytea not null
);
alter table search_blocks alter column conversations set storage plain;

-- Which slots of a block have which substrings, by a part of the substrings' hash.
create table search_postings (
    bucket   int not null,
    block    int not null,
    postings bytea not null,
    primary key (bucket, block)
);
alter table search_postings alter column postings set storage plain;

-- Messages from before this table are indexed in the background, newest first; those
-- with a smaller id than this are not indexed yet. No row: all are.
create table search_backlog (
    below     uuid not null,
    one       boolean primary key default true check (one)
);
insert into search_backlog (below) select 'ffffffff-ffff-ffff-ffff-ffffffffffff' where exists (select from messages);

-- The folded name; null: not folded yet.
alter table accounts add column folded text;
alter table contacts add column folded text;

do $$
begin
    if exists (select from pg_settings where name = 'default_toast_compression' and 'lz4' = any(enumvals)) then
        alter table search_texts alter column text set compression lz4;
    end if;
end $$;

-- Lists are read in their order, up to the page, for each property that can be rare.
drop index conversations_inbox, conversations_account, conversations_assignee;
create index conversations_status on conversations (status, updated_at desc, id desc);
create index conversations_inbox on conversations (inbox_id, updated_at desc, id desc);
create index conversations_inbox_status on conversations (inbox_id, status, updated_at desc, id desc);
create index conversations_tier on conversations (tier, updated_at desc, id desc);
create index conversations_channel on conversations (channel, updated_at desc, id desc);
create index conversations_account on conversations (account_id, updated_at desc, id desc);
create index conversations_assignee on conversations (assignee_id, updated_at desc, id desc) where assignee_id is not null;
create index conversations_unassigned on conversations (updated_at desc, id desc) where assignee_id is null;
create index conversations_tags on conversations using gin (tags) where tags <> '{}';
create index conversations_account_open on conversations (account_id) where status = 'open';
-- Few are restricted, and only those hide a customer.
create index conversations_restricted on conversations (account_id) where restricted;
-- An entry of an index has at most 2,700 octets.
create index accounts_name on accounts (left(lower(name), 200), id);
create index contacts_name on contacts (left(lower(name), 200), id);
