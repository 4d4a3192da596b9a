-- name: draft-list
-- The agent's drafts in conversations they may read, newest first.
select d.conversation_id, d.kind, d.text, d.recipients, d.seen, d.updated_at, draft_files(d) as files
from drafts d join conversations c on c.id = d.conversation_id
where d.agent_id = $3 and may_read(c.restricted, c.tier, c.inbox_id, $1, $2)
order by d.updated_at desc, d.conversation_id, d.kind
limit $4;

-- name: draft-save
-- A version is named by its time, which therefore always rises.
insert into drafts (agent_id, conversation_id, kind, text, recipients, seen, attachments) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (agent_id, conversation_id, kind)
    do update set text = excluded.text, recipients = excluded.recipients, seen = excluded.seen, attachments = excluded.attachments,
        updated_at = greatest(now(), drafts.updated_at + interval '1 microsecond')
returning updated_at, draft_files(drafts) as files;

-- name: draft-create
-- Saves a draft where there is none yet. One with the same text may be there, if the
-- answer to an earlier request was lost.
insert into drafts (agent_id, conversation_id, kind, text, recipients, seen, attachments) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (agent_id, conversation_id, kind) do update set seen = excluded.seen
    where drafts.text = excluded.text and drafts.recipients is not distinct from excluded.recipients and drafts.attachments = excluded.attachments
returning updated_at, draft_files(drafts) as files;

-- name: draft-replace
-- Saves a draft in place of the version of $8, or of the same text, as above.
update drafts set text = $4, recipients = $5, seen = $6, attachments = $7, updated_at = greatest(now(), updated_at + interval '1 microsecond')
where agent_id = $1 and conversation_id = $2 and kind = $3 and (updated_at = $8 or text = $4 and recipients is not distinct from $5::jsonb and attachments = $7)
returning updated_at, draft_files(drafts) as files;

-- name: draft-delete
-- Whether no draft is left: there was none, or it was the version of $4 (null: any).
with gone as (
    delete from drafts where agent_id = $1 and conversation_id = $2 and kind = $3 and ($4::timestamptz is null or updated_at = $4) returning 1
)
select exists (select from gone) or not exists (select from drafts where agent_id = $1 and conversation_id = $2 and kind = $3);

-- name: draft-read-mark
insert into read_marks (agent_id, conversation_id, seq) values ($1, $2, $3)
on conflict (agent_id, conversation_id) do update set seq = excluded.seq;
