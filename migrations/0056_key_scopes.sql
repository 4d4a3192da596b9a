-- What an API key may do (internal/scope); empty: whatever its agent may.
alter table api_keys add scopes text[] not null default '{}';
