-- name: schema-version
select coalesce(max(version), 0) from schema_migrations;

-- name: queues
-- Each from its own partial index; one query over both would scan the journal.
select pending, quarantined, coalesce(extract(epoch from now() - first), 0) as oldest,
       (select count(*) from conversations where check_at < now()) as overdue,
       (select count(*) from webhook_deliveries where state = 'pending') as webhook_pending,
       (select count(*) from webhooks where enabled and failing_since is not null) as webhook_failing,
       (select count(*) from webhooks where not enabled and problem <> '') as webhook_dead
from (select count(*) as pending, min(received_at) as first from raws where state = 'pending') p,
     (select count(*) as quarantined from raws where state = 'quarantined') q;

-- name: gap-counts
select g.gap, (select count(*) from conversations c where c.gap = g.gap and c.gap <> '') as n
from unnest(array['owner', 'clock', 'next_action']) g (gap);

-- name: delivery-queues
select channel, count(*) as waiting,
       greatest(coalesce(extract(epoch from now() - min(next_attempt_at)), 0), 0) as late
from deliveries where not settled and not on_hold and channel > '' -- always true; makes deliveries_due usable
group by channel;

-- name: server
select current_setting('server_version') as version, clock_timestamp() as clock;
