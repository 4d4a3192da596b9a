-- name: simulation-openings
-- Conversations that agents started are not routed. What opened a conversation is its first
-- message and its event.
select c.id, c.number, c.created_at as at, c.subject, coalesce(f.facts, '{}') as facts, coalesce(m.new_text, '') as new_text,
    coalesce(e.data->>'follow_up_of', '') <> '' as follow_up, coalesce(m.auto_submitted, 'none') not in ('none', 'list') as auto,
    c.policy_version as version, c.policy_version in (select version from pilots) as pilot, coalesce(e.data->>'inbox', '') as inbox
from conversations c
left join conversation_facts f on f.conversation_id = c.id
left join lateral (
    select m.new_text, m.auto_submitted from placements p join messages m on m.id = p.message_id
    where p.conversation_id = c.id order by p.seq limit 1
) m on true
left join lateral (
    select data from events where conversation_id = c.id and kind = 'conversation.opened' order by seq limit 1
) e on true
where c.created_at >= $1 and not coalesce(c.path[1] like 'started in %', false)
order by c.created_at, c.id;
