-- name: mta-sts
select id, mode, mx, max_age, fetched_at from mta_sts where domain = $1;

-- name: mta-sts-save
insert into mta_sts (domain, id, mode, mx, max_age, fetched_at) values ($1, $2, $3, $4, $5, $6)
on conflict (domain) do update set id = excluded.id, mode = excluded.mode, mx = excluded.mx, max_age = excluded.max_age, fetched_at = excluded.fetched_at;
