-- name: event-after
-- Only events of transactions that are older than every running one: whatever
-- commits later comes after them, so a reader that continues from the last row
-- misses nothing. A bare "order by xid" would use the output column, a text.
--
-- Each row also has the newest position of the log, held back or not, and whether this
-- cluster has reached the cursor's transaction yet. Without events there is one row
-- whose id is 0.
select n.ours, n.newest_xid, n.newest_id, coalesce(l.xid::text, '') as xid, coalesce(l.id, 0) as id, coalesce(l.at, now()) as at,
       coalesce(l.subject_kind, '') as "subject.kind", coalesce(l.subject_id, '') as "subject.id", l.conversation_id, l.account_id,
       coalesce(l.seq, 0) as seq, coalesce(l.kind, '') as kind, coalesce(l.version, 0) as version, coalesce(l.actor, '') as actor, l.data
from (select $1::text::xid8 < pg_snapshot_xmax(pg_current_snapshot()) as ours, coalesce(m.xid::text, '0') as newest_xid, coalesce(m.id, 0) as newest_id
      from (select) as one
      left join (select e.xid, e.id from events e order by e.xid desc, e.id desc limit 1) m on true) n
left join (select * from events e
           where (e.xid, e.id) > ($1::text::xid8, $2) and e.xid < pg_snapshot_xmin(pg_current_snapshot())
           order by e.xid, e.id
           limit $3) l on true
order by l.xid, l.id;

-- name: event-head
select e.xid::text as xid, e.id from events e
where e.xid < pg_snapshot_xmin(pg_current_snapshot())
order by e.xid desc, e.id desc
limit 1;

-- name: event-rebase
-- A restored database has transaction ids of another cluster. All its events
-- become this transaction's; their ids keep the order.
update events set xid = pg_current_xact_id()
where exists (select 1 from events where xid >= pg_snapshot_xmax(pg_current_snapshot()));

-- name: event-record
-- An event about anything but a conversation.
insert into events (at, subject_kind, subject_id, version, kind, actor, data) values (now(), $1, $2, $3, $4, $5, $6::jsonb);
