-- name: event-after
-- Only what is older than every transaction that still runs: whatever commits
-- later stands behind it, so a reader that goes on from the last row skips nothing.
-- "order by xid" alone would be by the text of the output column.
select e.xid::text as xid, e.id, e.at, e.conversation_id, e.account_id, e.seq, e.kind, e.actor, e.data
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
-- The newest one tells, read from the end of the index.
select coalesce((select (e.xid, e.id) > ($1::text::xid8, $2) from events e order by e.xid desc, e.id desc limit 1), false);

-- name: event-ours
-- Whether this cluster has come to a cursor's transaction yet.
select $1::text::xid8 < pg_snapshot_xmax(pg_current_snapshot());

-- name: event-rebase
-- A restored database carries transaction ids of another cluster. All its events
-- become this transaction's; their ids keep the order.
update events set xid = pg_current_xact_id()
where exists (select 1 from events where xid >= pg_snapshot_xmax(pg_current_snapshot()));
