-- name: changes-write
select numbers, raws_lost, deliveries_lost from write_changes($1::jsonb, $2::text[], $3::bytea[]);
