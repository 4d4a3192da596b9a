-- When a folder was first connected, and how many older messages were left out.
create table mailbox_connections (
    channel      text not null,
    folder       text not null,
    connected_at timestamptz, -- null: before this was recorded; everything was imported
    -- The folder's UIDVALIDITY and UIDNEXT then: mail that is moved into the folder later
    -- is new, however old it is. 0: not known.
    connected_validity bigint not null default 0,
    connected_uid_next bigint not null default 0,
    uid_validity bigint not null default 0, -- under which skipped was counted
    skipped      bigint not null default 0,
    primary key (channel, folder)
);
insert into mailbox_connections (channel, folder) select channel, folder from mailbox_cursors;

-- Mail from before the mailbox was connected: shown as closed history.
alter table raws add column history boolean not null default false;
