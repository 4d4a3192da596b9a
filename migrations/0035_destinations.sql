-- Where mail goes: each delivery has a destination, which is a smarthost or the recipient's
-- domain. A destination that cannot be reached waits as a whole, and only so many attempts
-- at once are made to one.
create table mail_routes (
    sender      text primary key, -- an address, '@' with a domain, or '' for all others
    destination text not null     -- '': the recipient's domain
);

create table destinations (
    name          text primary key,
    failures      int not null default 0,    -- attempts in a row, at different times, that did not reach it
    failing_since timestamptz,
    blocked_until timestamptz,               -- no attempts until then, and then one at a time
    paced_until   timestamptz,               -- the rate allows no message until then
    detail        text not null default ''   -- why it was not reached
);

alter table deliveries add column destination text not null default '';
update deliveries set destination = lower(split_part(recipient, '@', -1)) where channel = 'email' and not settled;
create index deliveries_destination on deliveries (channel, destination, next_attempt_at) where not settled and not on_hold;

-- The destination of a delivery, by the address of its sender.
create function delivery_destination(channel text, recipient text, sender text)
    returns text
    language sql stable
return case when channel <> 'email' then '' else coalesce(
    nullif((select r.destination from mail_routes r
            where r.sender in (lower(delivery_destination.sender), '@' || lower(split_part(delivery_destination.sender, '@', -1)), '')
            order by length(r.sender) = 0, r.sender like '@%' limit 1), ''),
    lower(split_part(recipient, '@', -1))) end;

-- When the next attempt is due of a delivery to a destination that waits: not after people
-- have to be warned, or the delivery is given up.
create function delivery_postponed(blocked_until timestamptz, since timestamptz, warned_at timestamptz, warn float8, give_up float8)
    returns timestamptz
    language sql stable
return least(blocked_until,
    case when warn > 0 and warned_at is null and since + warn * interval '1 second' > now() then since + warn * interval '1 second' end,
    case when since + give_up * interval '1 second' > now() then since + give_up * interval '1 second' end);
