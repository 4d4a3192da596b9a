-- name: schema-version
select coalesce(max(version), 0) from schema_migrations;

-- name: queues
select count(*) filter (where state = 'pending') as pending,
       count(*) filter (where state = 'quarantined') as quarantined,
       coalesce(extract(epoch from now() - min(received_at) filter (where state = 'pending')), 0) as oldest
from raws where state in ('pending', 'quarantined');

-- name: delivery-queues
select channel, count(*) as waiting,
       greatest(coalesce(extract(epoch from now() - min(next_attempt_at)), 0), 0) as late
from deliveries where not settled
group by channel;

-- name: server
select current_setting('server_version') as version, clock_timestamp() as clock;
