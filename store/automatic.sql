-- name: automatic-next
-- What is due first. Its row is gone when the transaction commits.
delete from automatic_due where id = (
    select id from automatic_due where at <= now() order by at limit 1 for update skip locked)
returning id, conversation_id, message_id, kind, at, facts;

-- name: automatic-later
-- After a failure: again in a while, and not for ever.
with ended as (delete from automatic_due where id = $1 and attempts >= 9)
update automatic_due set attempts = attempts + 1, at = now() + interval '1 minute' where id = $1 and attempts < 9;

-- name: automatic-timezone
select timezone from accounts where id = $1;

-- name: automatic-lock
-- Until the end of the transaction nobody else sends automatic mail: the budgets are counted
-- and used in one step, on any number of nodes.
select pg_advisory_xact_lock(hashtextextended('switchboard automatic mail', 0));

-- name: automatic-used
-- What was sent before; of surveys to all addresses of the contact $9. Acknowledgements and out-of-hours notices count as one kind.
select
    greatest((select count(*) from automatic_mails where address = $2 and at > now() - $6 * interval '1 second' and (kind = 'survey') = ($1 = 'survey')),
        (select count(*) from surveys where contact_id = $9 and sent_at > now() - $6 * interval '1 second' and $1 = 'survey')) as address,
    (select count(*) from automatic_mails where address = $2 and at > now() - interval '1 day') as address_day,
    (select count(*) from automatic_mails where conversation_id = $5 and (kind = 'survey') = ($1 = 'survey')) as conversation,
    (select count(*) from automatic_mails where organization = $3 and at > now() - interval '1 hour') as domain,
    (select count(*) from automatic_mails where organization = $3 and at > now() - interval '10 minutes') as domain_now,
    (select count(*) from automatic_mails where fingerprint = $4 and fingerprint <> '' and at > now() - interval '1 hour') as fingerprint,
    (select count(*) from automatic_mails where at > now() - interval '1 hour' and not verified) as unverified,
    (select count(*) from automatic_mails where at > now() - $10 * interval '1 second' and not verified) as unverified_now,
    exists (select from address_health where address = $11 and suppressed_at is not null) as unreachable,
    (select until from automatic_stop where until > now()) as stopped,
    (select count(*) from automatic_mails where at > now() - $7 * interval '1 second') as recent,
    (select count(*) from automatic_mails where at > now() - ($7 + $8) * interval '1 second' and at <= now() - $7 * interval '1 second') as normal;

-- name: automatic-sent
insert into automatic_mails (message_id, conversation_id, kind, address, organization, fingerprint, verified, at)
values ($1, $2, $3, $4, $5, $6, $7, now());

-- name: automatic-stop
insert into automatic_stop (since, until, reason) values (now(), $1, $2)
on conflict (one) do update set since = excluded.since, until = excluded.until, reason = excluded.reason;

-- name: automatic-stopped
select until, reason from automatic_stop where until > now();

-- name: automatic-customer
-- The newest message of the conversation's contact, those of people first. Nothing confirms
-- the address if nothing confirms the message.
select m.channel, i.address, m.auto_submitted as auto, case when m.problems @> jsonb_build_array(jsonb_build_object('code', $2::text)) then 'claimed' else i.trust end as trust,
       m.problems @> jsonb_build_array(jsonb_build_object('code', $3::text)) as via, exists (select from agents a where lower(a.email) = i.address) as own
from conversations c
join placements p on p.conversation_id = c.id and p.until is null
join messages m on m.id = p.message_id and m.direction = 'inbound'
join identities i on i.channel = 'email' and i.address = m.from_address and i.contact_id = c.contact_id
where c.id = $1
order by (m.auto_submitted = 'none') desc, m.received_at desc, p.seq desc
limit 1;

-- name: automatic-ask
insert into surveys (id, conversation_id, message_id, contact_id, inbox_id, assignee_id, address, kind, scale, sent_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);
