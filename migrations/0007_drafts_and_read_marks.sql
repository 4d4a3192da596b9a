-- What an agent has begun to write, at most one reply and one note per conversation.
create table drafts (
    agent_id        uuid not null references agents,
    conversation_id uuid not null references conversations on delete cascade,
    kind            text not null check (kind in ('reply', 'note')),
    text            text not null,
    recipients      jsonb, -- {"to": [...], "cc": [...]}; null: those of a reply to everyone
    seen            bigint not null, -- number of the newest message the author had seen
    updated_at      timestamptz not null default now(),
    primary key (agent_id, conversation_id, kind)
);
create index drafts_conversation on drafts (conversation_id);

-- How far each agent has read. Customers' messages with higher numbers are unread.
create table read_marks (
    agent_id        uuid not null references agents,
    conversation_id uuid not null references conversations on delete cascade,
    seq             bigint not null,
    primary key (agent_id, conversation_id)
);
create index read_marks_conversation on read_marks (conversation_id);

-- An upgrade makes nothing unread.
insert into read_marks (agent_id, conversation_id, seq)
select a.id, c.id, c.last_seq from agents a, conversations c where not a.disabled and c.status = 'open' and c.merged_into is null;
