-- name: advisory-list
-- All, or one ($1).
select a.id, a.subject, a.body as text, a.inbox, a.segments, a.accounts, a.state, a.author_id as "author.id", g.name as "author.name", a.created_at, a.updated_at, a.started_at, a.finished_at,
       n.waiting, n.sent, n.skipped, n.cancelled
from advisories a
join agents g on g.id = a.author_id
cross join lateral (
    select count(*) filter (where r.state = 'waiting') as waiting, count(*) filter (where r.state = 'sent') as sent,
           count(*) filter (where r.state = 'skipped') as skipped, count(*) filter (where r.state = 'cancelled') as cancelled
    from advisory_recipients r where r.advisory_id = a.id) n
where ($1::uuid is null or a.id = $1)
order by a.created_at desc, a.id offset $2 limit $3;

-- name: advisory-account-names
select id, name from accounts where id = any($1::uuid[]) order by name, id;

-- name: advisory-insert
insert into advisories (id, subject, body, inbox, segments, accounts, author_id) values ($1, $2, $3, $4, $5, $6, $7);

-- name: advisory-edit
update advisories set subject = $2, body = $3, inbox = $4, segments = $5, accounts = $6, author_id = $7, updated_at = now() where id = $1;

-- name: advisory-lock
select id, subject, body as text, inbox, segments, accounts, state, author_id as author, updated_at from advisories where id = $1 for update;

-- name: advisory-state
update advisories
set state = $2, updated_at = now(), started_at = case when $2 = 'sending' then coalesce(started_at, now()) else started_at end,
    finished_at = case when $2 = 'cancelled' then now() end, author_id = case when $2 = 'sending' then $3 else author_id end
where id = $1;

-- name: advisory-accounts
-- What segments depend on, of all accounts.
select a.id, a.name, a.attributes, a.tags, array(select d.domain from account_domains d where d.account_id = a.id order by d.domain) as domains from accounts a;

-- name: advisory-audience
-- The contacts of accounts, with the address of each that mail reaches best.
select t.id, t.name, t.account_id, o.name as account, coalesce(e.address, '') as address, coalesce(e.trust <> 'claimed', false) as verified,
       exists (select from (select channel from identities where contact_id = t.id offset 0) i where i.channel <> 'email') as other,
       exists (select from advisory_optouts u where u.contact_id = t.id) as opted_out, coalesce(e.dead, false) as dead
from unnest($1::uuid[]) w (id)
join accounts o on o.id = w.id
join contacts t on t.account_id = o.id
left join lateral (
    select i.address, i.trust, exists (select from address_health h where h.address = i.address and h.suppressed_at is not null) as dead
    from (select * from identities where contact_id = t.id offset 0) i where i.channel = 'email'
    order by 3, i.trust = 'claimed', i.verified_at desc nulls last, i.address limit 1) e on true
order by o.name, t.name, t.id;

-- name: advisory-budget
-- Until the end of the transaction no other advisory is sent: the budget is counted and used in
-- one step, on any number of nodes.
select pg_advisory_xact_lock(hashtextextended('switchboard advisories', 0));

-- name: advisory-today
select count(*) from advisory_recipients where state in ('waiting', 'sent') and queued_at > now() - interval '1 day';

-- name: advisory-queue
insert into advisory_recipients (advisory_id, contact_id, address, state, reason)
select $1, w.id, w.address, case when w.reason = '' then 'waiting' else 'skipped' end, w.reason
from jsonb_to_recordset($2::jsonb) as w (id uuid, address text, reason text)
on conflict do nothing;

-- name: advisory-withdraw
update advisory_recipients set state = 'cancelled', at = now() where advisory_id = $1 and state = 'waiting';

-- name: advisory-recipients
select t.id as "contact.id", t.name as "contact.name", r.address as "contact.address", t.account_id as "account.id", o.name as "account.name", r.state, r.reason,
       r.conversation_id, case when r.state <> 'waiting' then r.at end as at
from advisory_recipients r join contacts t on t.id = r.contact_id join accounts o on o.id = t.account_id
where r.advisory_id = $1 and ($2 = '' or r.state = $2)
order by o.name, t.name, t.id offset $3 limit $4;

-- name: advisory-next
-- What is due first. The row is settled when the transaction commits, and nobody else has it
-- until then.
select r.advisory_id as id, r.contact_id, r.address, a.author_id as author, a.subject, a.body as text, a.inbox, clock_timestamp() as clock
from advisory_recipients r join advisories a on a.id = r.advisory_id and a.state = 'sending'
where r.state = 'waiting' and r.at <= now()
order by r.at limit 1
for update of r skip locked;

-- name: advisory-contact
-- A contact now, of whom the address $2 is known.
select t.id, t.name, t.account_id, o.name as account, o.attributes, o.tags, array(select d.domain from account_domains d where d.account_id = o.id order by d.domain) as domains,
       coalesce(i.trust <> 'claimed', false) as verified, i.address is null as gone,
       exists (select from advisory_optouts u where u.contact_id = t.id) as opted_out,
       exists (select from address_health h where h.address = $2 and h.suppressed_at is not null) as dead
from contacts t join accounts o on o.id = t.account_id
left join identities i on i.channel = 'email' and i.address = $2 and i.contact_id = t.id
where t.id = $1
for key share of t;

-- name: advisory-settle
update advisory_recipients
set state = case when $3 = '' then 'sent' else 'skipped' end, at = now(), reason = $3, conversation_id = $4::uuid, message_id = $5::uuid
where advisory_id = $1 and contact_id = $2;

-- name: advisory-later
-- After a failure: again in a while, and not for ever.
update advisory_recipients
set attempts = attempts + 1, at = now() + interval '1 minute', state = case when attempts >= 9 then 'skipped' else state end,
    reason = case when attempts >= 9 then 'it failed ten times: see the log of the server' else '' end
where advisory_id = $1 and contact_id = $2 and state = 'waiting';

-- name: advisory-finish
update advisories a set state = 'done', finished_at = now(), updated_at = now()
where a.state = 'sending' and not exists (select from advisory_recipients r where r.advisory_id = a.id and r.state = 'waiting');

-- name: advisory-of-message
select contact_id from advisory_recipients where message_id = $1;

-- name: advisory-opted-out
select exists (select from advisory_optouts u where u.contact_id = t.id) from contacts t where t.id = $1;

-- name: advisory-opt-out
insert into advisory_optouts (contact_id) values ($1) on conflict do nothing returning contact_id;

-- name: advisory-opt-in
delete from advisory_optouts where contact_id = $1 returning contact_id;

-- name: advisory-account-of
select account_id from contacts where id = $1;
