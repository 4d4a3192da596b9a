-- When people were warned that a delivery is late.
alter table deliveries add column warned_at timestamptz;

-- Addresses that could not be reached. The failures are those since they were last reached;
-- a suppressed address gets no replies.
create table address_health (
    address text primary key,
    suppressed_at timestamptz,
    reason text not null default '' check (reason in ('', 'no-mailbox', 'repeated')),
    failures int not null default 0,
    code int not null default 0,
    enhanced_code text not null default '',
    detail text not null default '',
    first_failed_at timestamptz not null,
    last_failed_at timestamptz not null,
    lifted_at timestamptz,
    lifted_by uuid references agents
);

-- Why and since when an address gets no replies; null if it does.
create function unreachable(address text)
    returns jsonb
    language sql stable
begin atomic
    select jsonb_build_object('address', h.address, 'reason', h.reason, 'failures', h.failures, 'code', h.code, 'enhanced_code', h.enhanced_code,
        'detail', h.detail, 'since', h.suppressed_at)
    from address_health h where h.address = lower(unreachable.address) and h.suppressed_at is not null;
end;
