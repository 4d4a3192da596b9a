-- name: draft-list
-- The agent's drafts in conversations they may read, newest first.
select d.conversation_id, d.kind, d.text, d.recipients, d.seen, d.updated_at
from drafts d join conversations c on c.id = d.conversation_id
where d.agent_id = $3 and may_read(c.restricted, c.tier, $1, $2)
order by d.updated_at desc, d.conversation_id, d.kind
limit $4;

-- name: draft-save
insert into drafts (agent_id, conversation_id, kind, text, recipients, seen) values ($1, $2, $3, $4, $5, $6)
on conflict (agent_id, conversation_id, kind)
    do update set text = excluded.text, recipients = excluded.recipients, seen = excluded.seen, updated_at = now()
returning updated_at;

-- name: draft-delete
delete from drafts where agent_id = $1 and conversation_id = $2 and kind = $3;

-- name: draft-read-mark
insert into read_marks (agent_id, conversation_id, seq) values ($1, $2, $3)
on conflict (agent_id, conversation_id) do update set seq = excluded.seq;
