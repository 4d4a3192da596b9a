-- name: review-ask
insert into account_reviews (conversation_id, actor)
select id, $2 from conversations where account_id = $1 and status in ('open', 'pending', 'snoozed') and merged_into is null order by id
on conflict (conversation_id) do update set actor = excluded.actor, due_at = excluded.due_at;

-- name: review-due
-- Conversations that are locked are left for later.
select r.conversation_id, r.actor, c.account_id from account_reviews r join conversations c on c.id = r.conversation_id
where r.due_at <= statement_timestamp() order by r.due_at limit $1
for update of r skip locked for no key update of c skip locked;

-- name: review-done
delete from account_reviews where conversation_id = any($1::uuid[]);

-- name: review-accounts
select a.id, a.name, a.attributes, a.tags,
       array(select d.domain from account_domains d where d.account_id = a.id order by d.domain) as domains
from accounts a where a.id = any($1::uuid[]);

-- name: review-put-off
update account_reviews set due_at = clock_timestamp() + $2 * interval '1 second' where conversation_id = $1;
