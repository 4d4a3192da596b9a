-- name: channel-seen
insert into nodes (node, seen_at) values ($1, now()) on conflict (node) do update set seen_at = excluded.seen_at;

-- name: channel-save
insert into channel_status (channel, node, state, since, last_success, last_error, advice, progress, alarm)
select channel, $2, state, since, last_success, last_error, advice, nullif(progress, 'null')::jsonb, alarm
from unnest($1::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::text[], $8::text[], $9::boolean[])
     as t (channel, state, since, last_success, last_error, advice, progress, alarm)
on conflict (channel, node) do update
set state = excluded.state, since = excluded.since, last_success = excluded.last_success, last_error = excluded.last_error,
    advice = excluded.advice, progress = excluded.progress, alarm = excluded.alarm;

-- name: channel-lock
-- One node at a time compares the channels with the log.
select pg_advisory_xact_lock(hashtextextended('channels', 1));

-- name: channel-health
-- The worst state of each channel over the running nodes, and the state that the
-- event log last reported.
select distinct on (s.channel) s.channel as name, case when s.state = 'running' and s.last_error <> '' then 'degraded' else s.state end as state,
       s.last_error as problem,
       coalesce((select e.data ->> 'to' from events e
                 where e.subject_kind <> 'conversation' and e.subject_kind = 'channel' and e.subject_id = s.channel and e.kind = 'channel.changed'
                 order by e.id desc limit 1), '') as reported
from channel_status s
join nodes n on n.node = s.node
where s.channel = any($1::text[]) and n.seen_at > now() - $2 * interval '1 second'
order by s.channel, array_position(array['unauthorised', 'failing', 'starting', 'running', 'standby', 'stopped'], s.state),
         s.last_error <> '' desc;

-- name: channel-arrival
-- Kept when nodes go. Sorted, so that two nodes lock the rows in the same order.
insert into channel_arrivals (channel, last_item)
select channel, last_item from unnest($1::text[], $2::timestamptz[]) as t (channel, last_item) order by channel
on conflict (channel) do update set last_item = greatest(channel_arrivals.last_item, excluded.last_item);

-- name: channel-forget
-- Nodes that have been gone for a day, and the state of their channels.
with gone as (delete from nodes where seen_at < now() - interval '1 day' returning node)
delete from channel_status s using gone g where s.node = g.node;

-- name: channel-list
-- One row per channel: from the running nodes the worst state of the active ones;
-- from a node that is gone only when no running one has the channel.
select * from (
    select distinct on (s.channel) s.channel, s.node, s.since, max(s.last_success) over (partition by s.channel) as last_success, a.last_item, s.last_error, s.advice, s.progress,
           case when alive or s.state = 'stopped' then s.state else 'silent' end as state,
           case when alive then s.alarm else s.state <> 'stopped' end as alarm,
           r.at as reconciled_at, r.report,
           (select coalesce(sum(m.skipped), 0) from mailbox_connections m where 'imap ' || m.channel = s.channel)::bigint as skipped
    from (select c.*, n.seen_at > now() - $1 * interval '1 second' as alive from channel_status c join nodes n on n.node = c.node) s
    left join mailbox_reconciliations r on r.channel = s.channel
    left join channel_arrivals a on a.channel = s.channel
    order by s.channel, not alive, array_position(array['unauthorised', 'failing', 'starting', 'running', 'standby', 'stopped'], s.state),
             s.since desc
) t order by channel;

-- name: channel-reconcile-due
-- Claims one channel whose comparison is due, for an hour. New channels become
-- due after $2 seconds.
with fresh as (
    insert into mailbox_reconciliations (channel, due_at)
    select c, now() + $2 * interval '1 second' from unnest($1::text[]) as c
    on conflict (channel) do nothing
)
update mailbox_reconciliations set due_at = now() + interval '1 hour'
where channel = (select channel from mailbox_reconciliations
                 where channel = any($1::text[]) and due_at <= now() order by due_at limit 1 for update skip locked)
returning channel;

-- name: channel-reconciled
insert into mailbox_reconciliations (channel, due_at, at, report) values ($1, now() + $2 * interval '1 second', now(), $3::jsonb)
on conflict (channel) do update set due_at = excluded.due_at, at = excluded.at, report = excluded.report;
