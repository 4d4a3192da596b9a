-- Reviews of the answers in resolved conversations, which are drawn each week.
create table quality_reviews (
    id              uuid        primary key,
    conversation_id uuid        not null unique references conversations (id),
    week            date        not null, -- the Monday of the week in which it was resolved
    tier            int         not null, -- inbox and tier that resolved it
    inbox_id        uuid        not null references inboxes (id),
    agent_id        uuid        not null references agents (id), -- who wrote most of the answers
    authors         uuid[]      not null, -- who wrote any
    resolved_at     timestamptz not null,
    scores          jsonb       not null default '[]', -- [{"criterion", "score": 1 to 5 or null, "none"}]
    note            text        not null default '',
    reviewer_id     uuid        references agents (id), -- who has saved it last; null: nobody
    done_at         timestamptz, -- null: open
    updated_at      timestamptz not null default now()
);
create index quality_reviews_open on quality_reviews (resolved_at, id) where done_at is null;
create index quality_reviews_done on quality_reviews (done_at, id) where done_at is not null;
create index quality_reviews_agent on quality_reviews (agent_id, done_at) where done_at is not null;

-- The weeks that were drawn: by one node, once.
create table quality_draws (
    week     date        primary key,
    drawn_at timestamptz not null default now()
);
