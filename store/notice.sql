-- name: notice-list
-- An agent's ($3) notices about conversations that they may read, newest first, below the
-- position ($5, $6); only those that are not acknowledged if $4.
select n.id, n.kind, n.rule, n.text, n.at, n.acked_at, c.id as "conversation.id", coalesce(c.number, 0) as "conversation.number", coalesce(c.subject, '') as "conversation.subject"
from notices n
left join conversations c on c.id = n.conversation_id
where n.agent_id = $3 and (n.conversation_id is null or may_read(c.restricted, c.tier, c.inbox_id, $1, $2)) and (not $4 or n.acked_at is null)
  and (n.at, n.id) < (coalesce($5::timestamptz, 'infinity'), coalesce($6::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
order by n.at desc, n.id desc
limit $7;

-- name: notice-ack
-- A page is acknowledged for everyone who was paged.
update notices n set acked_at = coalesce(n.acked_at, now())
where n.id = $2 and (n.agent_id = $1 or n.kind = 'page') and exists (select from notices o where o.id = $2 and o.agent_id = $1)
returning n.conversation_id, n.kind;

-- name: notice-ack-all
update notices set acked_at = now() where agent_id = $1 and acked_at is null and kind <> 'page';

-- name: notice-claim-mail
-- The lease is longer than an attempt can take (RFC 5321 §4.5.3.2).
-- Notices of the last day that are older than $1 seconds and still to be sent by mail. What
-- nobody is told about now does not wait for a mail server that is away for longer. An agent
-- gets about $3 an hour, so that a bad day, or a program that answers them, is no flood.
with due as (
    select n.agent_id, n.id, n.conversation_id
    from notices n
    where n.acked_at is null and n.mailed_at is null and n.kind in ('escalation', 'page', 'rule-failed', 'webhook', 'targets')
      and n.at < now() - $1 * interval '1 second' and n.at > now() - interval '1 day' and (n.mail_at is null or n.mail_at <= now())
      and (select count(*) from notices s where s.agent_id = n.agent_id and s.mailed_at > now() - interval '1 hour') < $3
    order by n.at
    limit $2
    for update skip locked
)
update notices n set mail_at = now() + interval '20 minutes', mail_attempts = n.mail_attempts + 1
from due left join conversations c on c.id = due.conversation_id
where n.agent_id = due.agent_id and n.id = due.id
returning n.id, n.agent_id as agent, n.kind, n.text, n.at, n.mail_attempts as attempts,
          c.id as conversation, coalesce(c.number, 0) as number, coalesce(c.subject, '') as subject, coalesce(c.restricted, false) as restricted, coalesce(c.tier, 0) as tier, c.inbox_id;

-- name: notice-mailed
-- Records what came of an attempt; without $4 it was the last one.
update notices set mailed_at = case when $4::timestamptz is null then now() end, mail_at = $4, mail_error = $3
where agent_id = $1 and id = $2;

-- name: notice-admins
-- Tells all admins ($1: the notices have its identifier, $2: their kind).
insert into notices (id, agent_id, kind, rule, text, at)
select $1, a.id, $2, '', $3, now() from agents a where a.admin and not a.disabled
returning agent_id;

-- name: notice-tell
-- Tells an agent something that is not about a conversation.
insert into notices (id, agent_id, kind, rule, text, at) values ($1, $2, $3, '', $4, now());

-- name: notice-about
insert into notices (id, agent_id, conversation_id, kind, rule, text, at) values ($1, $2, $3, $4, '', $5, now());

-- name: targets-reviewed
select exists (select from target_reviews where quarter = $1);

-- name: targets-review
-- A row if no other node has done it.
insert into target_reviews (quarter) values ($1) on conflict do nothing returning quarter;

-- name: targets-reviewers
select id from agents where (admin or leads <> '{}') and not disabled order by id;
