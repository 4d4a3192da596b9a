-- The key of an account in another system, the agent who looks after it, and when it was last
-- changed by a person or an import.
alter table accounts
    add column external_id text unique check (external_id <> ''),
    add column owner_id    uuid references agents (id),
    add column updated_at  timestamptz not null default now();
update accounts set updated_at = created_at;
