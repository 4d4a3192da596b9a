-- Open conversations of accounts that were changed: their segment, and therefore what was
-- promised, may be another one now. A row is written with the change of the account and
-- deleted with that of the conversation, so that a crash in between loses nothing.
create table account_reviews (
    conversation_id uuid primary key references conversations (id) on delete cascade,
    actor           text not null, -- who changed the account
    due_at          timestamptz not null default clock_timestamp()
);
create index account_reviews_due on account_reviews (due_at);
