-- The database's clock may have been wrong for a while: what was scheduled by it must not
-- wait until that time comes. $1 is in seconds, more than anything is scheduled ahead.

-- name: clock-deliveries
update deliveries set next_attempt_at = now(), lease_until = case when lease_until is not null then now() end
where channel in ('email', 'chat', 'form') and not settled and not on_hold and state <> 'scheduled' and next_attempt_at > now() + $1 * interval '1 second';

-- name: clock-raws
-- In the order of raw-claim, so that nothing waits at the head of the queue.
update raws r set next_at = now(), lease_until = null
from (select id, next_at, lease_until from raws where state = 'pending' order by channel = 'email', arrival limit 1000) as head
where r.id = head.id and r.state || '' = 'pending' -- see raw-unclaim
  and (r.next_at > now() + $1 * interval '1 second' or r.lease_until > now() + $1 * interval '1 second');

-- name: clock-mailboxes
update mailbox_leases set lease_until = '-infinity' where lease_until > now() + $1 * interval '1 second';
