-- name: quality-week
-- No row: it was drawn before.
insert into quality_draws (week) values ($1) on conflict do nothing returning week;

-- name: quality-untake
delete from quality_draws where week = $1;

-- name: quality-candidates
-- Conversations that are still resolved, of which the last resolution was in [$2, $3), with who wrote answers: the most first, and of those who
-- wrote as many the last one. What is drawn already, and what is marked as spam, is not drawn.
select p.conversation_id as conversation, p.tier, p.inbox_id as inbox, p.at, a.authors
from report_points /* source */ p
join conversations c on c.id = p.conversation_id
cross join lateral (
    select array_agg(r.agent order by r.n desc, r.last desc) as authors
    from (select substr(e.actor, 4)::uuid as agent, count(*) as n, max(e.seq) as last from events e
          where e.conversation_id = p.conversation_id and e.kind = 'message.sent' and e.actor like 'ag\_%' and not e.data ? 'automatic'
            and not exists (select from events x where x.conversation_id = e.conversation_id and x.kind = 'message.cancelled' and x.data->>'message_id' = e.data->>'message_id' and x.seq > e.seq)
          group by 1) r join agents a on a.id = r.agent and not a.disabled
) a
where p.kind = any($1::text[]) and p.at >= $2 and p.at < $3 and ($4::uuid[] is null or p.inbox_id = any($4::uuid[])) and a.authors is not null and p.tier is not null
  and c.merged_into is null and not 'spam' = any(c.tags)
  and not exists (select from quality_reviews q where q.conversation_id = p.conversation_id);

-- name: quality-add
insert into quality_reviews (id, conversation_id, week, tier, inbox_id, agent_id, authors, resolved_at)
values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (conversation_id) do nothing;

-- name: quality-list
-- Reviews that the agent $3 may see, of conversations that they may read ($1, $2): admins (limits $4 null) and leads (of inboxes
-- $4) all of theirs, others what is done about their own answers. Open ones are those that they may score. $5: open; $6: one of them.
select q.id, to_char(q.week, 'YYYY-MM-DD') as week, q.tier, q.scores, q.note, q.resolved_at, q.done_at, q.updated_at, q.authors,
       c.id as "conversation.id", c.number as "conversation.number", c.subject as "conversation.subject",
       i.key as "inbox.key", i.name as "inbox.name", a.id as "agent.id", a.name as "agent.name", r.id as "reviewer.id", coalesce(r.name, '') as "reviewer.name"
from quality_reviews q
join conversations c on c.id = q.conversation_id
join inboxes i on i.id = q.inbox_id
join agents a on a.id = q.agent_id
left join agents r on r.id = q.reviewer_id
where may_read(c.restricted, c.tier, c.inbox_id, $1, $2)
  and ($6::uuid is not null or (q.done_at is null) = $5) and ($6::uuid is null or q.id = $6)
  and case when q.done_at is null then c.merged_into is null and ($4::text[] is null or i.key = any($4::text[])) and not $3 = any(q.authors)
           else q.agent_id = $3 or $4::text[] is null or i.key = any($4::text[]) end
  and ($7::timestamptz is null or case when $5 then (q.resolved_at, q.id) > ($7, $8::uuid) else (q.done_at, q.id) < ($7, $8::uuid) end)
order by case when $5 then q.resolved_at end, q.done_at desc, case when $5 then q.id end, q.id desc
limit $9;

-- name: quality-save
update quality_reviews set scores = $2, note = $3, reviewer_id = $4, done_at = case when $5 then coalesce(done_at, now()) end, updated_at = now() where id = $1;
