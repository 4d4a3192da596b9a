-- What the SLA policy promises for each conversation. conversations.service is the state
-- that package lifecycle keeps, with the open clocks; clocks has a row for every clock
-- there ever was, for reports.
alter table conversations
    add column sla      text not null default '',
    add column segment  text not null default '',
    add column gap      text not null default '',
    add column due_at   timestamptz, -- the earliest deadline of its open clocks
    add column check_at timestamptz, -- when a timer has to look at it
    add column service  jsonb;

update conversations set check_at = snoozed_until where status = 'snoozed';
drop index conversations_snoozed;
create index conversations_check on conversations (check_at) where check_at is not null;
create index conversations_gap on conversations (gap, id) where gap <> '';
create index conversations_due on conversations (coalesce(due_at, 'infinity'::timestamptz), updated_at desc, id desc)
    where status = 'open' and merged_into is null;

-- The facts that the routing decision was based on, as far as later rules cannot know
-- them better.
create table conversation_facts (
    conversation_id uuid primary key references conversations,
    facts           jsonb not null
);

alter table clocks rename to clocks_0001;
create table clocks (
    id              uuid primary key,
    conversation_id uuid not null references conversations,
    metric          text not null,
    policy          text not null,
    policy_version  bigint not null,
    tier            int not null,
    state           text not null check (state in ('running', 'paused', 'breached', 'met', 'void', 'superseded')),
    started_at      timestamptz not null,
    due_at          timestamptz,
    met_at          timestamptz,
    breached_at     timestamptz,
    ended_at        timestamptz,
    target_us       bigint not null, -- business time, in microseconds
    used_us         bigint not null, -- counted until counted_at
    counted_at      timestamptz not null,
    paused          boolean not null,
    warnings        jsonb not null
);
insert into clocks (id, conversation_id, metric, policy, policy_version, tier, state, started_at, due_at, met_at, breached_at, ended_at,
    target_us, used_us, counted_at, paused, warnings)
select id, conversation_id, metric, policy, 0, tier,
    case when met_at is not null then 'met' when breached_at is not null then 'breached' when paused_at is not null then 'paused' else 'running' end,
    started_at, due_at, met_at, breached_at, met_at, 0, extract(epoch from consumed) * 1000000, coalesce(paused_at, started_at), paused_at is not null, '[]'
from clocks_0001;
drop table clocks_0001;
create index clocks_conversation on clocks (conversation_id);

-- What agents have to be told: one row for each agent.
create table notices (
    id              uuid not null,
    agent_id        uuid not null references agents,
    conversation_id uuid not null references conversations,
    kind            text not null,
    rule            text not null,
    text            text not null,
    at              timestamptz not null,
    acked_at        timestamptz,
    primary key (agent_id, id)
);
create index notices_open on notices (agent_id, at) where acked_at is null;
create index notices_conversation on notices (conversation_id);
