-- A draft of the policy that is tried with some accounts, before it is published.
alter table policies drop constraint policies_origin_check;
alter table policies add constraint policies_origin_check check (origin in ('default', 'file', 'command', 'api', 'pilot'));

create table pilots (
    version       bigint      primary key references policies (version), -- of the draft, with the origin pilot
    base          bigint      not null references policies (version), -- the version that was live
    share         int         not null check (share between 1 and 100), -- percent of the accounts
    segment       text        not null default '', -- of the live version; empty: all
    reason        text        not null,
    started_at    timestamptz not null default now(),
    started_by    text        not null default '',
    baseline_from timestamptz not null, -- what was before is measured from then on
    ended_at      timestamptz, -- null: it is running
    ended_by      text        not null default '',
    outcome       text        not null default '' check (outcome in ('', 'adopted', 'withdrawn', 'superseded')),
    note          text        not null default '', -- why it ended
    published     bigint      references policies (version), -- the version whose publication ended it
    check ((ended_at is null) = (outcome = ''))
);
create unique index pilots_running on pilots ((true)) where ended_at is null;
