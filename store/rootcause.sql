-- name: root-cause-list
-- Those that an agent ($3) sees: one who is limited to inboxes sees their own, and those of
-- conversations that they read. $4 is a state, empty: any; $5 a pattern, empty: any; $6 a
-- conversation that is linked, itself or one that was merged into it, null: any; $7 one of them,
-- null: all.
select r.id, r.title, r.state, r.url, r.note, n.conversations, r.created_by as "created_by.id", a.name as "created_by.name", r.created_at, r.updated_at, r.fixed_at
from root_causes r
join agents a on a.id = r.created_by
cross join lateral (
    select count(*) as conversations from root_cause_conversations l join conversations c on c.id = l.conversation_id
    where l.root_cause_id = r.id and may_read(c.restricted, c.tier, c.inbox_id, $1, $2)) n
where ($1::uuid[] is null or r.created_by = $3 or n.conversations > 0)
  and ($4 = '' or r.state = $4) and ($5 = '' or r.title ilike $5 or r.note ilike $5) and ($7::uuid is null or r.id = $7)
  and ($6::uuid is null or r.id in (
      with recursive chain (id) as (
          select $6::uuid
          union
          select c.id from chain w join conversations c on c.merged_into = w.id)
      select l.root_cause_id from chain w join root_cause_conversations l on l.conversation_id = w.id))
order by r.state = 'open' desc, r.created_at desc, r.id offset $8 limit $9;

-- name: root-cause-affected
-- The linked conversations that an agent may read, and what each was merged into in the end.
select c.id as "conversation.id", c.number as "conversation.number", c.subject as "conversation.subject", c.status as "conversation.status", c.reply_channel as channel,
       c.contact_id as "contact.id", t.name as "contact.name", coalesce(t.address, '') as "contact.address", c.account_id as "account.id", o.name as "account.name",
       m.id as "merged_into.id", coalesce(m.number, 0) as "merged_into.number", l.linked_by as "linked_by.id", a.name as "linked_by.name", l.linked_at
from root_cause_conversations l
join conversations c on c.id = l.conversation_id
join contact_names t on t.id = c.contact_id
join accounts o on o.id = c.account_id
join agents a on a.id = l.linked_by
left join lateral (
    with recursive chain (id, number, merged_into) as (
        select s.id, s.number, s.merged_into from conversations s where s.id = c.merged_into
        union
        select s.id, s.number, s.merged_into from chain w join conversations s on s.id = w.merged_into)
    select id, number from chain where merged_into is null limit 1) m on c.merged_into is not null
where l.root_cause_id = $3 and may_read(c.restricted, c.tier, c.inbox_id, $1, $2)
order by l.linked_at desc, c.id;

-- name: root-cause-hidden
select count(*) from root_cause_conversations l join conversations c on c.id = l.conversation_id
where l.root_cause_id = $3 and not may_read(c.restricted, c.tier, c.inbox_id, $1, $2);

-- name: root-cause-insert
insert into root_causes (id, title, state, note, url, created_by, fixed_at) values ($1, $2, $3, $4, $5, $6, case when $3 = 'fixed' then now() end);

-- name: root-cause-edit
update root_causes set title = $2, state = $3, note = $4, url = $5, updated_at = now(), fixed_at = case when $3 = 'fixed' then coalesce(fixed_at, now()) end where id = $1;

-- name: root-cause-lock
select id, title, state, note, url, created_by, updated_at from root_causes where id = $1 for update;

-- name: root-cause-linked
select count(*) from root_cause_conversations where root_cause_id = $1;

-- name: root-cause-link
insert into root_cause_conversations (root_cause_id, conversation_id, linked_by) values ($1, $2, $3) on conflict do nothing returning true;

-- name: root-cause-unlink
delete from root_cause_conversations where root_cause_id = $1 and conversation_id = $2 returning true;

-- name: root-cause-names
-- What texts call a conversation and its customer.
select p.name as contact, o.name as account, i.name as inbox, c.subject, c.number
from conversations c join contacts p on p.id = c.contact_id join accounts o on o.id = c.account_id join inboxes i on i.id = c.inbox_id
where c.id = $1;
