-- What people do to deliveries: a hold stops the attempts, and a retry begins a new period
-- of attempts.
alter table deliveries
    add column on_hold boolean not null default false,
    add column period_at timestamptz,
    add column period_attempts int not null default 0;

drop index deliveries_due;
create index deliveries_due on deliveries (channel, next_attempt_at) where not settled and not on_hold;
-- The mail that has not been sent. Identifiers are in the order of time.
create index deliveries_outbox on deliveries (id) where channel = 'email' and state not in ('sent', 'delivered', 'cancelled');

alter table delivery_attempts
    add column action text not null default '',
    add column agent_id uuid references agents,
    drop constraint delivery_attempts_source,
    add constraint delivery_attempts_source check (source in ('attempt', 'dsn', 'client', 'person'));

-- The part of the outbox that a delivery is in.
create function outbox_part(state text, on_hold boolean)
    returns text
    language sql immutable
return case when on_hold and state in ('held', 'queued', 'delayed', 'unknown') then 'on_hold'
    when state in ('scheduled', 'held', 'queued') then 'waiting'
    when state = 'delivered' then 'sent'
    else state end;
