-- name: chat-resume
update chat_sessions
set seen_at = now(), opened = opened + 1, left_at = null, name = coalesce(nullif($3, ''), name), email = coalesce(nullif($4, ''), email)
where widget = $1 and secret_hash = $2
returning id, name, email, conversation_id, opened;

-- name: chat-begin
insert into chat_sessions (id, secret_hash, widget, name, email) values ($1, $2, $3, $4, $5);

-- name: chat-newest
select coalesce(max(seq), 0) from chat_lines($1, null, 0);

-- name: chat-history
select conversation_id, seq, id, from_visitor, agent, text, at
from chat_lines($1, $2, $3)
order by seq
limit $4;

-- name: chat-marks
select s.id as session, s.conversation_id as conversation, c.last_seq as seq
from chat_sessions s join conversations c on c.id = s.conversation_id
where s.id = any($1::uuid[]);

-- name: chat-session
select conversation_id, received_seq from chat_sessions where id = $1;

-- name: chat-received
update chat_sessions set received_seq = greatest(received_seq, $2), seen_at = now() where id = $1;

-- name: chat-left
update chat_sessions set left_at = now() where id = $1 and opened = $2;

-- name: chat-left-at
select left_at from chat_sessions where id = $1;

-- name: chat-delivered
-- What the visitor has seen has arrived, whatever the sender knows about it.
select d.id as delivery_id, d.message_id, d.recipient, d.attempts
from deliveries d join placements p on p.message_id = d.message_id
where p.conversation_id = $1 and p.until is null and d.conversation_id = $1 and d.channel = 'chat'
  and d.recipient = $2 and p.seq <= $3 and d.state in ('queued', 'sending', 'sent', 'delayed', 'unknown')
order by p.seq;
