-- What reports are made of. A point is something that happened to a conversation once and
-- that a measure counts: it was opened, it was answered after so long, it was resolved.
-- conversation_points (functions/) derives the points of conversations from their stints,
-- clocks, events and surveys, and from nothing else. The table keeps the points of
-- conversations that have not changed since; it can be emptied at any time.
create table report_points (
    kind            text        not null,
    conversation_id uuid        not null,
    at              timestamptz not null, -- when it happened, or was complete
    inbox_id        uuid,                 -- inbox, tier and assignee at that instant
    tier            int,
    agent_id        uuid,
    segment         text        not null, -- of the conversation
    channel         text        not null,
    detail          text        not null,
    outcome         text        not null,
    value           float8,               -- seconds, unless the kind is no duration
    business        float8,               -- the same in the business time of the inbox
    promised        float8,               -- seconds
    handoffs        int,
    reassignments   int,
    tags            text[],               -- of the conversation
    words           text[]                -- of its subject, unless it is restricted
) partition by list (kind);

-- A report reads the points of one kind: they are together.
create table report_opened         partition of report_points for values in ('opened');
create table report_acknowledged   partition of report_points for values in ('acknowledged');
create table report_first_response partition of report_points for values in ('first_response');
create table report_next_response  partition of report_points for values in ('next_response');
create table report_resolved       partition of report_points for values in ('resolved');
create table report_resolution     partition of report_points for values in ('resolution');
create table report_fcr            partition of report_points for values in ('fcr');
create table report_held           partition of report_points for values in ('held');
create table report_routed         partition of report_points for values in ('routed');
create table report_clock          partition of report_points for values in ('clock');
create table report_backlog        partition of report_points for values in ('backlog');
create table report_others         partition of report_points default;
create index report_points_at on report_points (at);
create index report_points_conversation on report_points (conversation_id);

-- The open time of the inboxes' calendars, for business time. An inbox without rows is
-- always open. passed is how many seconds of open time there are before opens.
create table report_hours (
    inbox_id uuid             not null references inboxes,
    opens    timestamptz      not null,
    closes   timestamptz      not null,
    passed   double precision not null,
    primary key (inbox_id, opens)
);

-- What report_hours was made from.
create table report_calendars (
    one    boolean     primary key default true check (one),
    digest text        not null,
    since  timestamptz not null,
    until  timestamptz not null
);

-- The open time before an instant t of which i is the last opening before it; 0: none is.
create function open_seconds(i int, t timestamptz, opens timestamptz[], closes timestamptz[], passed float8[]) returns float8
    language sql immutable parallel safe
as $$ select case when i = 0 then 0 else passed[i] + date_part('epoch', least(t, closes[i]) - opens[i]) end $$;

-- The words of a subject that topics are counted by: at least four letters, each once.
create function subject_words(subject text) returns text[] language sql immutable parallel safe
as $$ select array_agg(distinct w) from regexp_split_to_table(lower(left(subject, 300)), '[^[:alnum:]]+') w where length(w) between 4 and 30 and w ~ '[[:alpha:]]' $$;
