-- name: merge-placements
-- The current placements of conversations.
select conversation_id, seq, message_id, method, evidence, since
from placements where conversation_id = any($1::uuid[]) and until is null
order by conversation_id, seq;

-- name: merge-apart
select conversation_id, other_id from separations where conversation_id = any($1::uuid[]);

-- name: merge-last
-- The newest merge in which $1 was absorbed.
select e.at, e.data from events e
where e.conversation_id = $1 and e.kind = 'conversation.merged' and e.data ->> 'absorbed' = $2
order by e.seq desc
limit 1;

-- name: merge-other-half
-- The event of the same merge in the surviving conversation, and whether anything that
-- the merge itself did not do has happened there since.
select e.seq, e.data,
       exists (select from events n where n.conversation_id = e.conversation_id and n.seq > e.seq
                 and not (n.at = e.at and n.kind in ('conversation.status', 'conversation.assigned') and coalesce(n.data ->> 'reason', '') = 'merged')) as changed
from events e
where e.conversation_id = $1 and e.kind = 'conversation.merged' and e.at = $2 and e.data ->> 'absorbed' = $3
order by e.seq desc
limit 1;

-- name: merge-moved
-- The placements that a merge at $2 ended in $1.
select conversation_id, seq, message_id, method, evidence, since, until
from placements where conversation_id = $1 and until = $2
order by seq;

-- name: merge-arrived
-- The current placements in conversation $1 of the messages that a merge at $3 moved there
-- from $2, or that were there already. Later merges and their undoing may have moved them
-- away and back.
select n.conversation_id, n.seq, n.message_id, n.method, n.evidence, n.since,
       exists (select from placements b where b.message_id = p.message_id and b.conversation_id = $1 and b.since = $3 and b.method = 'merge') as moved
from placements p
join placements n on n.message_id = p.message_id and n.conversation_id = $1 and n.until is null
where p.conversation_id = $2 and p.until = $3
order by n.seq;

-- name: merge-people
-- Everyone who wrote or was written to in a conversation, except in the messages $2, in
-- lower case.
select distinct lower(a ->> 'email')
from placements p join messages m on m.id = p.message_id
cross join lateral (select jsonb_array_elements(coalesce(nullif(m.addresses -> k, 'null'), '[]')) as a
                    from unnest(array['from', 'to', 'cc', 'reply_to']) as k) l
where p.conversation_id = $1 and p.until is null and not p.message_id = any($2::uuid[]) and m.direction <> 'note' and not m.third_party;
