-- name: holidays-get
select location, content, fetched_at from holiday_sources where location = any($1::text[]);

-- name: holidays-save
insert into holiday_sources (location, content) values ($1, $2)
on conflict (location) do update set content = excluded.content, fetched_at = now();
