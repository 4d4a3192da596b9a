-- name: ingest-load
select id, bytes from raws where id = any($1::uuid[]);

-- name: ingest-report
-- What a DSN says of one recipient. Only a delivery that was handed over can change.
update deliveries d set state = $4, enhanced_code = $5, detail = $6, updated_at = now()
from messages m join placements p on p.message_id = m.id
where m.id = d.message_id and p.conversation_id = $1 and p.until is null and m.message_id = $2 and lower(d.recipient) = $3
  and d.state in ('sent', 'delayed', 'unknown', 'delivered')
returning d.id;

-- name: ingest-snapshot
select part, item from read_snapshot($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::uuid[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::text[], $13::text[]);
