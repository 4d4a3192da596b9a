-- Conversations that a person has separated, by undoing a merge: no mail merges them
-- again. Each pair is there in both directions. What one of them is merged into later is
-- kept apart from the other one, too (write_changes).
create table separations (
    conversation_id uuid not null references conversations,
    other_id        uuid not null references conversations,
    since           timestamptz not null default now(),
    primary key (conversation_id, other_id)
);
