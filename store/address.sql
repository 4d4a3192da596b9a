-- name: address-unreachable
-- Of the addresses $1, in lower case, those that get no replies.
select address, reason, failures, code, enhanced_code, detail, suppressed_at as since
from address_health where address = any($1::text[]) and suppressed_at is not null
order by address;
