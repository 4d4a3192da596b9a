-- Saved reports: measures, their period and grouping under a name, and who gets them by mail.
create table saved_reports (
    id         uuid        primary key,
    name       text        not null,
    owner_id   uuid        not null references agents (id),
    scope      text        not null check (scope in ('own', 'team', 'all')),
    measures   text[]      not null,
    period     text        not null,
    grouping   text        not null default '',  -- empty: what is usual for each measure
    business   boolean     not null default false,
    tz         text        not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create unique index saved_reports_name on saved_reports (owner_id, lower(name));

-- A mail each Monday. When the next one is sent follows from since and done and the zone that
-- the agent has by then.
create table report_subscribers (
    report_id uuid        not null references saved_reports (id) on delete cascade,
    agent_id  uuid        not null references agents (id),
    added_by  uuid        not null references agents (id),
    since     timestamptz not null default now(),
    done      date,                              -- the Monday of the last mail that was sent, or given up
    mail_at   timestamptz,                       -- the next attempt, or how long the present one may last
    attempts  int         not null default 0,    -- at the present mail
    sending   boolean     not null default false,-- the mail server may have it
    sent_at   timestamptz,                       -- when the last one was sent
    failure   text        not null default '',   -- why the last attempt failed
    primary key (report_id, agent_id)
);
create index report_subscribers_agent on report_subscribers (agent_id);

-- The quarters (2026-Q4) of which the reminder to review the targets has been given.
create table target_reviews (
    quarter text        primary key,
    at      timestamptz not null default now()
);
