-- Files that agents have uploaded to send with a reply. A reply copies the content to
-- blobs. Rows are removed after two days, used or not: a reply that is undone can be
-- sent again until then.
create table uploads (
    id         uuid primary key,
    agent_id   uuid not null references agents on delete cascade,
    name       text not null,
    type       text not null,
    picture    text not null,
    sha256     text not null,
    size       bigint not null,
    bytes      bytea not null,
    created_at timestamptz not null default now()
);
alter table uploads alter column bytes set storage external;
create index uploads_created_at on uploads (created_at);
