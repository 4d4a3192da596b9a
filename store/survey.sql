-- name: survey-one
select id, conversation_id, message_id, contact_id, inbox_id, assignee_id, address, kind, scale, sent_at, expires_at, score, comment, answered_at,
       expires_at > now() as current
from surveys where id = $1;

-- name: survey-answer
update surveys set score = $2, comment = $3, answered_at = now() where id = $1;
