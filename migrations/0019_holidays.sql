-- The last good copies of the iCalendar data that the policy names, for all nodes and restarts.
create table holiday_sources (
    location   text primary key,
    content    bytea not null,
    fetched_at timestamptz not null default now()
);
