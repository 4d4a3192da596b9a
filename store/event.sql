-- name: event-after
-- Only events of transactions that are older than every running one: whatever
-- commits later comes after them, so a reader that continues from the last row
-- misses nothing. A bare "order by xid" would use the output column, a text.
select e.xid::text as xid, e.id, e.at, e.subject_kind as "subject.kind", coalesce(e.subject_id, '') as "subject.id",
       e.conversation_id, e.account_id, coalesce(e.seq, 0) as seq, e.kind, e.version, e.actor, e.data
from events e
where (e.xid, e.id) > ($1::text::xid8, $2) and e.xid < pg_snapshot_xmin(pg_current_snapshot())
order by e.xid, e.id
limit $3;

-- name: event-head
select e.xid::text as xid, e.id from events e
where e.xid < pg_snapshot_xmin(pg_current_snapshot())
order by e.xid desc, e.id desc
limit 1;

-- name: event-pending
-- Compares the newest event, read from the end of the index.
select coalesce((select (e.xid, e.id) > ($1::text::xid8, $2) from events e order by e.xid desc, e.id desc limit 1), false);

-- name: event-ours
-- Whether this cluster has reached a cursor's transaction yet.
select $1::text::xid8 < pg_snapshot_xmax(pg_current_snapshot());

-- name: event-rebase
-- A restored database has transaction ids of another cluster. All its events
-- become this transaction's; their ids keep the order.
update events set xid = pg_current_xact_id()
where exists (select 1 from events where xid >= pg_snapshot_xmax(pg_current_snapshot()));

-- name: event-record
-- An event about anything but a conversation.
insert into events (at, subject_kind, subject_id, version, kind, actor, data) values (now(), $1, $2, $3, $4, $5, $6::jsonb);
