-- name: imap-ahead
-- Whether there are events whose messages have no numbers yet.
select coalesce((select (e.xid, e.id) > (s.xid, s.event) from events e order by e.xid desc, e.id desc limit 1), false) from imap_state s;

-- name: imap-lock
-- Whoever holds this lock has the next modification sequence.
update imap_state set modseq = modseq + 1
returning modseq as mod_seq, xid::text as xid, event;

-- name: imap-events
-- final: no event before it can appear any more.
select e.conversation_id, e.xid::text as xid, e.id, e.xid < pg_snapshot_xmin(pg_current_snapshot()) as final
from events e
where (e.xid, e.id) > ($1::text::xid8, $2::bigint)
order by e.xid, e.id
limit $3;

-- name: imap-position
update imap_state set xid = $1::text::xid8, event = $2;

-- name: imap-reset
-- After a restore the transaction ids are others, and programs may have seen more than there is.
with users as (update imap_users set epoch = epoch + 1)
update imap_state set xid = '0', event = 0;

-- name: imap-folders
-- The folders that every agent shares.
insert into imap_mailboxes (kind, inbox_id)
select 'inbox', i.id from inboxes i where not exists (select from imap_mailboxes m where m.kind = 'inbox' and m.inbox_id = i.id)
union all
select 'archive', null where not exists (select from imap_mailboxes m where m.kind = 'archive')
on conflict do nothing;

-- name: imap-expunge
-- Takes the messages of conversations out of the folders in which they are not any more.
with gone as (
    update imap_uids u set gone = true, modseq = $2
    where u.conversation_id = any($1::uuid[]) and not u.gone
      and not exists (select from imap_wanted(u.conversation_id) w where w.mailbox_id = u.mailbox_id and w.seq = u.seq and w.restricted = u.restricted)
    returning u.mailbox_id
)
update imap_mailboxes m set modseq = $2 where m.id in (select mailbox_id from gone);

-- name: imap-flag
with changed as (
    update imap_uids u set flagged = not u.flagged, modseq = $2
    where u.conversation_id = any($1::uuid[]) and not u.gone and u.flagged <> (select c.priority in ('high', 'urgent') from conversations c where c.id = u.conversation_id)
    returning u.mailbox_id
)
update imap_mailboxes m set modseq = $2 where m.id in (select mailbox_id from changed);

-- name: imap-add
-- Gives numbers to the messages of conversations that have none in a folder. A reply answers the newest message before it.
with fresh as materialized (
    select w.*, t.id as conversation_id, row_number() over (partition by w.mailbox_id order by w.at, t.id, w.seq) as n
    from unnest($1::uuid[]) t (id) cross join lateral imap_wanted(t.id) w
    where not exists (select from imap_uids u where u.conversation_id = t.id and u.seq = w.seq and u.mailbox_id = w.mailbox_id and not u.gone)
), answered as (
    insert into imap_flags as f (agent_id, conversation_id, seq, answered, modseq)
    select distinct x.author_id, x.conversation_id, p.seq, true, $2::bigint
    from fresh x
    join imap_users g on g.agent_id = x.author_id
    join lateral (select p.seq from placements p join messages m on m.id = p.message_id
                  where p.conversation_id = x.conversation_id and p.until is null and p.seq < x.seq and m.direction = 'inbound'
                  order by p.seq desc limit 1) p on true
    where x.outbound and not exists (select from imap_uids u where u.conversation_id = x.conversation_id and u.seq = x.seq)
    on conflict (agent_id, conversation_id, seq) do update set answered = true, modseq = excluded.modseq where not f.answered
    returning f.agent_id
), users as (
    update imap_users set modseq = $2 where agent_id in (select agent_id from answered)
), added as (
    insert into imap_uids (mailbox_id, uid, conversation_id, seq, message_id, author_id, at, restricted, flagged, modseq)
    select x.mailbox_id, m.uid_next + x.n - 1, x.conversation_id, x.seq, x.message_id, x.author_id, x.at, x.restricted, x.flagged, $2
    from fresh x join imap_mailboxes m on m.id = x.mailbox_id
    returning mailbox_id
)
update imap_mailboxes m set uid_next = m.uid_next + a.n, modseq = $2
from (select mailbox_id, count(*) as n from added group by mailbox_id) a
where m.id = a.mailbox_id;

-- name: imap-newest
select modseq from imap_state;

-- name: imap-changed-folders
select id from imap_mailboxes where modseq > $1;

-- name: imap-changed-users
select agent_id from imap_users where modseq > $1;

-- name: imap-user
select epoch, rights from imap_users where agent_id = $1;

-- name: imap-save-user
insert into imap_users as u (agent_id, rights, modseq) values ($1, $2, $3)
on conflict (agent_id) do update set rights = excluded.rights, epoch = u.epoch + 1 where u.rights <> excluded.rights;

-- name: imap-own-folders
insert into imap_mailboxes (kind, agent_id) values ('assigned', $1), ('sent', $1), ('drafts', $1) on conflict do nothing;

-- name: imap-own-conversations
-- What is assigned to the agent, or answered by them.
select c.id from conversations c where c.assignee_id = $1
union
select p.conversation_id from messages m join placements p on p.message_id = m.id and p.until is null where m.author_id = $1 and m.direction = 'outbound';

-- name: imap-past-answers
insert into imap_flags (agent_id, conversation_id, seq, answered, modseq)
select distinct $1::uuid, r.conversation_id, p.seq, true, $2::bigint
from messages m
join placements r on r.message_id = m.id and r.until is null
join lateral (select p.seq from placements p join messages i on i.id = p.message_id
              where p.conversation_id = r.conversation_id and p.until is null and p.seq < r.seq and i.direction = 'inbound'
              order by p.seq desc limit 1) p on true
where m.author_id = $1 and m.direction = 'outbound'
on conflict do nothing;

-- name: imap-mailboxes
-- Those of the agent ($2) and of the inboxes ($1; null: all).
select m.id, m.kind, m.inbox_id, coalesce(i.key, '') as key, coalesce(i.name, '') as title, coalesce(i.tier, 0) as tier, m.uid_next, m.modseq as mod_seq
from imap_mailboxes m
left join inboxes i on i.id = m.inbox_id
where m.kind = 'archive' or m.agent_id = $2 or m.inbox_id is not null and ($1::uuid[] is null or m.inbox_id = any($1))
order by i.tier, i.name, m.id;
