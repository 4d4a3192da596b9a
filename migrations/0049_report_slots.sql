-- How many points of some kinds there are in each quarter of an hour, so that what is only
-- counted needs no single points: days and hours begin at such an instant in all time zones. Triggers
-- keep it with report_points.
create table report_slots (
    kind     text        not null,
    slot     timestamptz not null, -- its beginning
    inbox_id uuid,
    tier     int,
    agent_id uuid,
    segment  text        not null,
    channel  text        not null,
    n        bigint      not null, -- points
    value    float8      not null  -- the sum of their values
);
create unique index report_slots_key on report_slots (kind, slot, coalesce(inbox_id, '00000000-0000-0000-0000-000000000000'), coalesce(tier, -1),
    coalesce(agent_id, '00000000-0000-0000-0000-000000000000'), segment, channel);

-- The sign is the trigger's argument; points are the rows that were added or deleted.
create function report_slots_change() returns trigger language plpgsql as $$
begin
    insert into report_slots as s
    select kind, to_timestamp(floor(extract(epoch from at) / 900) * 900), inbox_id, tier, agent_id, segment, channel, tg_argv[0]::int * count(*), tg_argv[0]::int * coalesce(sum(value), 0)
    from points where kind in ('opened', 'resolved', 'backlog')
    group by 1, 2, 3, 4, 5, 6, 7
    order by 1, 2, 3, 4, 5, 6, 7 -- so that two of them cannot wait for one another
    on conflict (kind, slot, coalesce(inbox_id, '00000000-0000-0000-0000-000000000000'), coalesce(tier, -1), coalesce(agent_id, '00000000-0000-0000-0000-000000000000'), segment, channel)
    do update set n = s.n + excluded.n, value = s.value + excluded.value;
    return null;
end $$;
create trigger report_slots_add after insert on report_points referencing new table as points for each statement execute function report_slots_change('1');
create trigger report_slots_remove after delete on report_points referencing old table as points for each statement execute function report_slots_change('-1');

insert into report_slots
select kind, to_timestamp(floor(extract(epoch from at) / 900) * 900), inbox_id, tier, agent_id, segment, channel, count(*), coalesce(sum(value), 0)
from report_points where kind in ('opened', 'resolved', 'backlog')
group by 1, 2, 3, 4, 5, 6, 7;

-- What all holders of a conversation had together, and by who it waited for: reports that do not ask for holders need not add up
-- each conversation's.
create table report_spent partition of report_points for values in ('spent');
create table report_waited partition of report_points for values in ('waited');
with h as (
    select conversation_id, detail, sum(value) as value, sum(business) as business from report_held group by 1, 2
), p as (
    select 'waited' as kind, conversation_id, detail, value, business from h
    union all
    select 'spent', conversation_id, '', sum(value), sum(business) from h group by 2
)
insert into report_points (kind, conversation_id, at, inbox_id, tier, agent_id, segment, channel, detail, outcome, value, business, tags)
select p.kind, r.conversation_id, r.at, r.inbox_id, r.tier, r.agent_id, r.segment, r.channel, p.detail, '', p.value, p.business, r.tags
from p join report_resolution r using (conversation_id);
