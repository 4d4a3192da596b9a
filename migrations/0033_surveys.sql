-- What customers were asked about their conversations, and what they answered.
create table surveys (
    id              uuid        not null primary key,
    conversation_id uuid        not null references conversations (id),
    message_id      uuid        not null references messages (id),
    contact_id      uuid        not null references contacts (id),
    inbox_id        uuid        not null references inboxes (id), -- when it was sent
    assignee_id     uuid        references agents (id),           -- when the conversation was resolved
    address         text        not null,                         -- lower case
    kind            text        not null check (kind in ('csat', 'effort')),
    scale           int         not null check (scale between 2 and 7),
    sent_at         timestamptz not null,
    expires_at      timestamptz not null,
    score           int         check (score between 1 and scale), -- null: not answered
    comment         text        not null default '',
    answered_at     timestamptz
);
create unique index surveys_once on surveys (conversation_id, address, kind);
create index surveys_contact on surveys (contact_id, sent_at);
create index surveys_sent on surveys (sent_at);
create index surveys_answered on surveys (answered_at) where answered_at is not null;
