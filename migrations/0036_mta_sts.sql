-- The MTA-STS policies of domains that mail was delivered to (RFC 8461): they must be known
-- even if somebody suppresses the record that announces them.
create table mta_sts (
    domain     text primary key,
    id         text        not null, -- of the record
    mode       text        not null check (mode in ('none', 'testing', 'enforce')),
    mx         text[]      not null,
    max_age    bigint      not null, -- seconds
    fetched_at timestamptz not null
);
