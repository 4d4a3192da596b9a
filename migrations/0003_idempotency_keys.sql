-- The answers to requests with an Idempotency-Key, for a day. A row without a status
-- is a request in progress, under a claim that ends at claimed_until. done is set by
-- the transaction that does what the request asks, so that nothing is done twice,
-- even if the process ends before the answer is stored.
create table idempotency_keys (
    agent_id      uuid not null references agents,
    key           text not null,
    fingerprint   bytea not null, -- SHA-256 of the method, the path and the body
    claim         uuid not null,
    claimed_until timestamptz not null,
    done          boolean not null default false,
    status        int,
    headers       jsonb,
    body          bytea,
    expires_at    timestamptz not null,
    primary key (agent_id, key)
);
create index idempotency_keys_expires_at on idempotency_keys (expires_at);
