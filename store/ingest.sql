-- name: ingest-load
select id, bytes from raws where id = any($1::uuid[]);

-- name: ingest-snapshot
select read_snapshot($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::uuid[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::boolean,
    $16::text[], $17::uuid[], $18::uuid[]);
