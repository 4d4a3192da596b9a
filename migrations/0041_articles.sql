-- The knowledge base. An article has versions of its title and text; agents write new ones
-- while readers still see the published one.
create table articles (
    id           uuid        not null primary key,
    slug         text        not null, -- the same in all languages
    language     text        not null,
    public       boolean     not null default false,
    status       text        not null default 'draft' check (status in ('draft', 'published', 'archived')),
    tags         text[]      not null default '{}',
    owner_id     uuid        references agents (id),
    review_on    date,
    version      int         not null default 1, -- the latest
    title        text        not null,
    summary      text        not null,
    body         text        not null,
    head         tsvector    not null,           -- words of the title and the tags, in the stems of the language and as they are
    words        tsvector    not null,           -- those and the words of the text
    live_version int,                            -- null: never published
    live_title   text,
    live_summary text,
    live_body    text,
    live_head    tsvector,                       -- null unless status is published
    live_words   tsvector,                       -- null unless status is published
    published_at timestamptz,
    helpful      bigint      not null default 0,
    unhelpful    bigint      not null default 0,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    constraint articles_live check ((status = 'published') = (live_words is not null) and (live_version is null) = (live_body is null))
);
create unique index articles_slug on articles (slug, language);
create index articles_head on articles using gin (head) with (fastupdate = off);
create index articles_live_head on articles using gin (live_head) with (fastupdate = off);
create index articles_words on articles using gin (words) with (fastupdate = off);
create index articles_live_words on articles using gin (live_words) with (fastupdate = off);
create index articles_updated on articles (updated_at desc, id);
create index articles_language on articles (split_part(language, '-', 1));

create table article_versions (
    article_id   uuid        not null references articles (id),
    version      int         not null,
    title        text        not null,
    body         text        not null,
    author_id    uuid        not null references agents (id),
    created_at   timestamptz not null default now(),
    published_at timestamptz,
    published_by uuid        references agents (id),
    primary key (article_id, version)
);

alter table events
    drop constraint events_subject_kind,
    add constraint events_subject_kind check (subject_kind in ('conversation', 'agent', 'policy', 'channel', 'account', 'inbox', 'webhook', 'macro', 'article'));
