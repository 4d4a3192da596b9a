-- name: survey-one
select id, conversation_id, message_id, contact_id, inbox_id, assignee_id, address, kind, scale, sent_at, expires_at, score, comment, answered_at,
       expires_at > now() as current
from surveys where id = $1;

-- name: survey-of-message
select id, kind, scale, sent_at, expires_at from surveys where message_id = $1;

-- name: survey-answer
update surveys set score = $2, comment = $3, answered_at = now() where id = $1;

-- name: survey-results
-- The surveys of kind $1 that were sent from $2 until before $3, in all and by agent ($4) or
-- inbox. Good are 4 and 5 of 5, 5 to 7 of 7, and 2 of 2.
select grouping(g.key) = 1 as total, coalesce(g.key, '') as key, coalesce(g.name, '') as name, g.agent, count(*) as sent, count(s.score) as answered,
       count(*) filter (where s.score > s.scale * 0.7) as good, avg((s.score - 1)::float8 / (s.scale - 1)) as average
from surveys s
cross join lateral (
    select case when not $4::boolean then i.key end as key, case when $4::boolean then coalesce(a.name, '') else i.name end as name, case when $4::boolean then s.assignee_id end as agent
    from inboxes i left join agents a on a.id = s.assignee_id where i.id = s.inbox_id) g
where s.kind = $1 and s.sent_at >= $2 and s.sent_at < $3
group by grouping sets ((g.key, g.name, g.agent), ())
order by total desc, sent desc, name;
