-- name: secret-get
select value from secrets where name = $1;

-- name: secret-set
insert into secrets (name, value) values ($1, $2) on conflict (name) do nothing;

-- name: secret-replace
update secrets set value = $2 where name = $1;
