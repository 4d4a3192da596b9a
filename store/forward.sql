-- name: forward-messages
-- The messages $3 of conversation $1, or with $2 all that were exchanged with the customer and
-- that a person wrote, in order, but none that has not left or was not allowed to. One more
-- than can be forwarded at once.
select m.id, p.conversation_id, p.seq, m.direction, m.channel, m.message_id, m.in_reply_to, m.refs, m.addresses, m.subject, m.sent_at,
       m.received_at, m.preview, m.text_body, m.html_body, m.new_text, m.attachments, m.auto_submitted, m.author_id, m.third_party
from placements p
join messages m on m.id = p.message_id
where p.conversation_id = $1 and p.until is null
  and case when $2::boolean then m.direction <> 'note' and not m.third_party and m.auto_submitted in ('none', 'list')
                                 and not m.problems @> '[{"code": "unverified-sender"}]' and not m.problems @> '[{"code": "forged-sender"}]'
           else m.id = any($3::uuid[]) end
  and not exists (select from deliveries d where d.message_id = m.id and d.state in ('held', 'scheduled', 'cancelled'))
order by m.received_at, p.seq
limit 201;

-- name: forward-received
select r.bytes from messages m join raws r on r.id = m.raw_id where m.id = $1 and m.direction = 'inbound' and m.channel = 'email' and r.bytes <> '';
