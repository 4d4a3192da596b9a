-- name: update-insert
insert into root_cause_updates (id, root_cause_id, body, following, author_id, left_out, send_at)
values ($1, $2, $3, $4, $5, $6, now() + $7::float8 * interval '1 second') returning send_at;

-- name: update-recipients
-- The update $3 goes to the linked conversations of $4 that its author may read.
insert into root_cause_recipients (update_id, conversation_id, at)
select $3, l.conversation_id, $5 from root_cause_conversations l join conversations c on c.id = l.conversation_id
where l.root_cause_id = $4 and may_read(c.restricted, c.tier, c.inbox_id, $1, $2)
on conflict do nothing;

-- name: update-list
-- The updates about a root cause ($1), or one of them ($2).
select u.id, u.body as text, u.following as "then", u.author_id as "author.id", a.name as "author.name", u.created_at, u.send_at, u.left_out,
       n.waiting, n.sent, n.skipped, n.cancelled
from root_cause_updates u
join agents a on a.id = u.author_id
cross join lateral (
    select count(*) filter (where r.state = 'waiting') as waiting, count(*) filter (where r.state = 'sent') as sent,
           count(*) filter (where r.state = 'skipped') as skipped, count(*) filter (where r.state = 'cancelled') as cancelled
    from root_cause_recipients r where r.update_id = u.id) n
where u.root_cause_id = $1 and ($2::uuid is null or u.id = $2)
order by u.created_at desc, u.id;

-- name: update-not-sent
select r.update_id, c.id as "conversation.id", c.number as "conversation.number", c.subject as "conversation.subject", c.status as "conversation.status", r.reason
from root_cause_updates u
join root_cause_recipients r on r.update_id = u.id and r.state = 'skipped'
join conversations c on c.id = r.conversation_id
where u.root_cause_id = $3 and may_read(c.restricted, c.tier, c.inbox_id, $1, $2)
order by c.number;

-- name: update-cancel
update root_cause_recipients r set state = 'cancelled', at = now()
from root_cause_updates u
where u.id = r.update_id and u.id = $1 and u.root_cause_id = $2 and r.state = 'waiting'
returning r.conversation_id;

-- name: update-next
-- What is due first. The row is settled when the transaction commits, and nobody else has it
-- until then.
select r.update_id as id, r.conversation_id as linked, u.author_id as author, u.body as text, u.following as "then"
from root_cause_recipients r join root_cause_updates u on u.id = r.update_id
where r.state = 'waiting' and r.at <= now()
order by r.at limit 1
for update of r skip locked;

-- name: update-got
-- The number of the conversation $2 if it got the update $1.
select c.number from root_cause_recipients r join conversations c on c.id = r.answered_id where r.update_id = $1 and r.answered_id = $2 and r.state = 'sent';

-- name: update-settle
update root_cause_recipients
set state = case when $4 = '' then 'sent' else 'skipped' end, at = now(), answered_id = $3, message_id = $5::uuid, reason = $4
where update_id = $1 and conversation_id = $2;

-- name: update-later
-- After a failure: again in a while, and not for ever.
update root_cause_recipients
set attempts = attempts + 1, at = now() + interval '1 minute', state = case when attempts >= 9 then 'skipped' else state end,
    reason = case when attempts >= 9 then 'it failed ten times: see the log of the server' else '' end
where update_id = $1 and conversation_id = $2 and state = 'waiting';
