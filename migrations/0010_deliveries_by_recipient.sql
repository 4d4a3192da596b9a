-- A bounce that names neither our Message-ID nor a reply address is recognized by the
-- recipient and the subject of a recent delivery.
create index deliveries_recipient on deliveries (lower(recipient), created_at);
