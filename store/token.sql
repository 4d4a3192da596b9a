-- name: token-read
select sealed from oauth_tokens where name = $1;

-- name: token-keep
insert into oauth_tokens (name, sealed) values ($1, $2)
on conflict (name) do update set sealed = excluded.sealed, updated_at = now();
