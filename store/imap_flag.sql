-- name: imap-set-flags
-- Changes an agent's flags of some messages ($3) of a conversation, and the read mark with them: it is before the first
-- message from outside that is not seen.
with own as materialized (
    select p.seq, m.direction = 'inbound' as inbound, coalesce(m.author_id = $1, false) as mine, p.seq = any($3::bigint[]) as named, f.seen as kept,
           coalesce(f.answered, false) as was_answered,
           coalesce(f.seen, coalesce(m.author_id = $1, false) or p.seq <= coalesce(r.seq, 0)) as was
    from placements p
    join messages m on m.id = p.message_id
    left join imap_flags f on f.agent_id = $1 and f.conversation_id = p.conversation_id and f.seq = p.seq
    left join read_marks r on r.agent_id = $1 and r.conversation_id = p.conversation_id
    where p.conversation_id = $2 and p.until is null
), want as materialized (
    select o.*, case when o.named then coalesce($4::boolean, o.was) else o.was end as seen, case when o.named then coalesce($5::boolean, o.was_answered) else o.was_answered end as answered
    from own o
), mark as (
    select case when $4::boolean is null then coalesce((select r.seq from read_marks r where r.agent_id = $1 and r.conversation_id = $2), 0)
                else coalesce(min(w.seq) filter (where w.inbound and not w.seen) - 1, max(w.seq)) end as seq
    from want w
), marked as (
    insert into read_marks as r (agent_id, conversation_id, seq)
    select $1, $2, k.seq from mark k where $4::boolean is not null and k.seq is not null
    on conflict (agent_id, conversation_id) do update set seq = excluded.seq where r.seq <> excluded.seq
), flags as (
    insert into imap_flags as f (agent_id, conversation_id, seq, seen, answered, modseq)
    select $1, $2, w.seq, case when w.seen <> (w.mine or w.seq <= k.seq) then w.seen end, w.answered,
           case when w.seen <> w.was or w.answered <> w.was_answered then $6::bigint else 0 end
    from want w, mark k
    where w.seen <> w.was or w.answered <> w.was_answered
       or $4::boolean is not null and (case when w.seen <> (w.mine or w.seq <= k.seq) then w.seen end) is distinct from w.kept
    on conflict (agent_id, conversation_id, seq) do update set seen = excluded.seen, answered = excluded.answered, modseq = greatest(f.modseq, excluded.modseq)
)
update imap_users set modseq = $6 where agent_id = $1;

-- name: imap-read-to
-- What a read mark ($3) of the console says about all messages of a conversation.
with own as materialized (
    select p.seq, coalesce(m.author_id = $1, false) as mine, f.seen as kept, coalesce(f.answered, false) as answered,
           coalesce(f.seen, coalesce(m.author_id = $1, false) or p.seq <= coalesce(r.seq, 0)) as was
    from placements p
    join messages m on m.id = p.message_id
    left join imap_flags f on f.agent_id = $1 and f.conversation_id = p.conversation_id and f.seq = p.seq
    left join read_marks r on r.agent_id = $1 and r.conversation_id = p.conversation_id
    where p.conversation_id = $2 and p.until is null
), flags as (
    insert into imap_flags as f (agent_id, conversation_id, seq, seen, answered, modseq)
    select $1, $2, o.seq, null, o.answered, case when o.was <> (o.mine or o.seq <= $3) then $4::bigint else 0 end
    from own o
    where o.was <> (o.mine or o.seq <= $3) or o.kept is not null
    on conflict (agent_id, conversation_id, seq) do update set seen = null, modseq = greatest(f.modseq, excluded.modseq)
)
update imap_users set modseq = $4 where agent_id = $1;

-- name: imap-add-draft
with m as (update imap_mailboxes set uid_next = uid_next + 1, modseq = $4 where id = $1 returning uid_next - 1 as uid)
insert into imap_drafts (mailbox_id, uid, bytes, flags, modseq) select $1, m.uid, $2, $3::text[], $4 from m
returning uid;

-- name: imap-count-drafts
select count(*) from imap_drafts where mailbox_id = $1 and not gone;

-- name: imap-flag-draft
with d as (update imap_drafts set flags = $3::text[], modseq = $4 where mailbox_id = $1 and uid = $2 and not gone)
update imap_mailboxes set modseq = $4 where id = $1;

-- name: imap-drop-drafts
-- Their content is removed at once.
with d as (update imap_drafts set gone = true, bytes = '', modseq = $3 where mailbox_id = $1 and uid = any($2::bigint[]) and not gone)
update imap_mailboxes set modseq = $3 where id = $1;
