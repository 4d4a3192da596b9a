-- name: imap-entries
-- The newest messages of a folder ($4) as an agent ($3) sees them.
select u.uid, greatest(u.modseq, f.modseq) as mod_seq, u.conversation_id, u.seq, u.message_id, u.at, u.flagged, false as gone, false as draft, false as deleted,
       coalesce(f.seen, u.author_id = $3 or u.seq <= coalesce(r.seq, 0), u.seq <= coalesce(r.seq, 0)) as seen, coalesce(f.answered, false) as answered
from imap_uids u
join conversations c on c.id = u.conversation_id
left join imap_flags f on f.agent_id = $3 and f.conversation_id = u.conversation_id and f.seq = u.seq
left join read_marks r on r.agent_id = $3 and r.conversation_id = u.conversation_id
where u.mailbox_id = $4 and not u.gone and may_read(c.restricted, c.tier, c.inbox_id, $1, $2)
order by u.uid desc
limit $5;

-- name: imap-changes
-- What has changed since a modification sequence ($5).
select u.uid, greatest(u.modseq, f.modseq) as mod_seq, u.conversation_id, u.seq, u.message_id, u.at, u.flagged,
       u.gone or not may_read(c.restricted, c.tier, c.inbox_id, $1, $2) as gone, false as draft, false as deleted,
       coalesce(f.seen, u.author_id = $3 or u.seq <= coalesce(r.seq, 0), u.seq <= coalesce(r.seq, 0)) as seen, coalesce(f.answered, false) as answered
from (select x.mailbox_id, x.uid from imap_uids x where x.mailbox_id = $4 and x.modseq > $5
      union
      select x.mailbox_id, x.uid from imap_flags y join imap_uids x on x.conversation_id = y.conversation_id and x.seq = y.seq and x.mailbox_id = $4 and not x.gone
      where y.agent_id = $3 and y.modseq > $5) n
join imap_uids u on u.mailbox_id = n.mailbox_id and u.uid = n.uid
join conversations c on c.id = u.conversation_id
left join imap_flags f on f.agent_id = $3 and f.conversation_id = u.conversation_id and f.seq = u.seq
left join read_marks r on r.agent_id = $3 and r.conversation_id = u.conversation_id
order by u.uid;

-- name: imap-position-of
-- The folder's next UID, and the newest modification sequence of it and of the agent's flags.
select m.uid_next, greatest(m.modseq, u.modseq) as mod_seq
from imap_mailboxes m, imap_users u
where m.id = $1 and u.agent_id = $2;

-- name: imap-contents
-- Messages that the agent may read. The bytes are those received or sent, unless others have been made or have to be: of
-- a chat line, a form or a note, and for an agent who does not see addresses ($4). $5: how many octets of them.
select m.id, p.conversation_id, p.seq, c.number, c.subject as conversation_subject, c.reply_channel, m.direction, m.channel, m.message_id, m.addresses, m.subject,
       m.text_body, case when not $4 and x.bytes is null and b.bytes is null then m.html_body else '' end as html_body,
       case when x.bytes is null and b.bytes is null then m.attachments else '[]' end as attachments, m.auto_submitted, m.author_id, m.third_party,
       m.sent_at, m.received_at, coalesce(nullif(g.display_name, ''), g.name, '') as author, t.name as customer,
       coalesce(e.message_id, '') as earlier, e.id as earlier_id,
       coalesce(octet_length(x.bytes), octet_length(b.bytes), 0) as size,
       coalesce(substring(x.bytes from 1 for $5::int), substring(b.bytes from 1 for $5::int)) as bytes
from unnest($3::uuid[]) n (id)
join messages m on m.id = n.id
join lateral (select p.* from placements p join conversations c on c.id = p.conversation_id
              where p.message_id = m.id and p.until is null and may_read(c.restricted, c.tier, c.inbox_id, $1, $2) order by p.since, p.conversation_id limit 1) p on true
join conversations c on c.id = p.conversation_id
join contact_names t on t.id = c.contact_id
left join agents g on g.id = m.author_id
left join imap_texts x on x.message_id = m.id and x.masked = $4
left join lateral (select coalesce(w.bytes, r.bytes) as bytes
                   from (select) one left join raws w on w.id = m.raw_id left join renderings r on r.message_id = m.id
                   where x.bytes is null and not $4 and m.channel = 'email' and m.direction <> 'note' and octet_length(coalesce(w.bytes, r.bytes)) > 0
                     and not exists (select from surveys s where s.message_id = m.id)) b on true
left join lateral (select i.id, i.message_id from placements q join messages i on i.id = q.message_id
                   where x.bytes is null and b.bytes is null and q.conversation_id = p.conversation_id and q.until is null and q.seq < p.seq
                     and i.channel = 'email' and i.direction <> 'note' order by q.seq desc limit 1) e on true;

-- name: imap-keep-texts
insert into imap_texts (message_id, masked, bytes) select n.id, $2, n.bytes from unnest($1::uuid[], $3::bytea[]) n (id, bytes) on conflict do nothing;

-- name: imap-match
-- The messages of a folder ($3) that contain a text ($4): in subject, addresses or body, as $5 says, or anywhere.
select u.uid
from imap_uids u
join messages m on m.id = u.message_id
join conversations c on c.id = u.conversation_id
where u.mailbox_id = $3 and not u.gone and may_read(c.restricted, c.tier, c.inbox_id, $1, $2)
  and case $5::text when 'subject' then coalesce(nullif(m.subject, ''), c.subject) ilike $4
      when 'from' then coalesce(m.addresses -> 'from', '[]')::text ilike $4 or exists (select from agents g where g.id = m.author_id and g.name ilike $4)
          or m.direction = 'inbound' and exists (select from contacts t where t.id = c.contact_id and t.name ilike $4)
      when 'to' then (m.addresses -> 'to')::text ilike $4
      when 'cc' then (m.addresses -> 'cc')::text ilike $4
      when 'body' then m.text_body ilike $4
      else m.text_body ilike $4 or coalesce(nullif(m.subject, ''), c.subject) ilike $4 or m.addresses::text ilike $4 end;

-- name: imap-blobs
select sha256, bytes from blobs where sha256 = any($1::text[]);

-- name: imap-drafts
select d.uid, d.modseq as mod_seq, d.at, d.gone, 'flagged' = any(d.flags) as flagged, 'seen' = any(d.flags) as seen, 'answered' = any(d.flags) as answered,
       'deleted' = any(d.flags) as deleted, true as draft
from imap_drafts d
where d.mailbox_id = $1 and (d.modseq > $2 and $2 > 0 or not d.gone)
order by d.uid;

-- name: imap-draft
select octet_length(bytes) as size, substring(bytes from 1 for $3::int) as bytes from imap_drafts where mailbox_id = $1 and uid = $2 and not gone;

-- name: imap-find
-- The messages with a Message-ID, or one of the ids ($4), that the agent may read, each in the conversations where it is.
select m.id as message_id, m.message_id as header, p.conversation_id, p.seq, c.number, m.direction = 'note' as note
from messages m
join placements p on p.message_id = m.id and p.until is null
join conversations c on c.id = p.conversation_id
where (m.message_id = any($3::text[]) or m.id = any($4::uuid[])) and may_read(c.restricted, c.tier, c.inbox_id, $1, $2) and c.merged_into is null;

-- name: imap-unseen-after
-- The number of the message before the first one after $3 that the agent has neither read nor written; null: there is none.
select min(p.seq) - 1
from placements p
join messages m on m.id = p.message_id
left join imap_flags f on f.agent_id = $1 and f.conversation_id = p.conversation_id and f.seq = p.seq
left join read_marks r on r.agent_id = $1 and r.conversation_id = p.conversation_id
where p.conversation_id = $2 and p.until is null and p.seq > $3
  and m.author_id is distinct from $1 and not coalesce(f.seen, p.seq <= coalesce(r.seq, 0));
