-- Order within a source stream.

-- A row waits for the earlier pending rows of its stream (ingest.Stream): a chat
-- session's lines, or what one account sends. The owner is the program that holds
-- the lease, so that another one can tell whether it is still running. Pending rows
-- of earlier versions have no stream that could be read from them here; they share one.
alter table raws
    add column stream text not null default '',
    add column owner  uuid;
update raws set stream = 'pending at the upgrade' where state = 'pending';
create index raws_stream on raws (stream, arrival) where state = 'pending';

-- Copies of a row that were not stored. Counting them in the row itself would lock it
-- and make raw-claim pass over it.
create table raw_duplicates (
    raw_id uuid not null references raws,
    at     timestamptz not null default now()
);
create index raw_duplicates_raw on raw_duplicates (raw_id);
