-- Runbooks: internal articles that are shown beside the conversations that a rule brought there,
-- that have a tag, or that are in an inbox.
alter table articles
    add column attach_routes  text[] not null default '{}',
    add column attach_tags    text[] not null default '{}',
    add column attach_inboxes text[] not null default '{}', -- keys
    add constraint articles_runbook check (not public or attach_routes = '{}' and attach_tags = '{}' and attach_inboxes = '{}');
create index articles_attached on articles (id) where status = 'published' and not public and (attach_routes <> '{}' or attach_tags <> '{}' or attach_inboxes <> '{}');

-- Steps of runbooks that are done in a conversation. A step is known by its text, so that a new
-- version of the runbook keeps what is done of it.
create table runbook_steps (
    conversation_id uuid        not null references conversations (id),
    article_id      uuid        not null references articles (id),
    step            text        not null,
    agent_id        uuid        not null references agents (id),
    done_at         timestamptz not null default now(),
    primary key (conversation_id, article_id, step)
);
