-- The server that an attempt was made at.
alter table delivery_attempts add column server text not null default '';
