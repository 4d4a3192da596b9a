-- name: sending-deliveries
-- The deliveries of message $2, if it is a reply in conversation $1. They are locked: no
-- other node claims them meanwhile, and an attempt that has begun is in them.
select d.id, d.message_id, d.conversation_id, d.channel, d.recipient, d.return_path, d.envelope_id, d.state, d.attempts,
    d.next_attempt_at, d.code, d.enhanced_code, d.detail, d.fence, d.on_hold, d.created_at, d.updated_at
from deliveries d
where d.message_id = $2 and exists (select from placements p where p.message_id = $2 and p.conversation_id = $1 and p.until is null)
order by d.id
for update of d;

-- name: sending-message
select m.author_id, m.third_party, p.seq
from placements p join messages m on m.id = p.message_id
where p.conversation_id = $1 and p.message_id = $2 and p.until is null;

-- name: sending-draft
select text, recipients, seen, updated_at, draft_files(drafts) as files from drafts where agent_id = $1 and conversation_id = $2 and kind = $3;
