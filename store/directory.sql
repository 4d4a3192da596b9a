-- name: directory-inboxes
-- With the open conversations of each that the agent may see.
select i.id, i.key, i.name, i.tier, t.name as tier_name, n.open, n.unassigned,
       (select count(*) from tasks k join conversations c on c.id = k.conversation_id
        where k.inbox_id = i.id and k.state in ('open', 'in_progress') and may_read(c.restricted, c.tier, c.inbox_id, $1, $2)) as tasks
from inboxes i
join tiers t on t.tier = i.tier
cross join lateral (select count(*) as open, count(*) filter (where c.assignee_id is null) as unassigned
                    from conversations c
                    where c.inbox_id = i.id and c.status = 'open' and c.merged_into is null and may_read(c.restricted, c.tier, c.inbox_id, $1, $2)) n
where not i.archived
order by i.tier, i.name, i.id;

-- name: directory-counts
-- Counts end at $4, so that they take as long on a full desk. $3 is the agent.
select (select count(*) from (select 1 from conversations c
                              where c.assignee_id = $3 and c.status in ('open', 'pending') and c.merged_into is null
                                and may_read(c.restricted, c.tier, c.inbox_id, $1, $2) limit $4) l) as mine,
       (select count(*) from (select 1 from conversations c
                              where c.status = 'open' and coalesce(c.due_at, 'infinity'::timestamptz) < now() + interval '1 hour' and c.merged_into is null
                                and may_read(c.restricted, c.tier, c.inbox_id, $1, $2) order by coalesce(c.due_at, 'infinity'::timestamptz) limit $4) l) as breaching,
       (select count(*) from (select 1 from conversations c
                              where c.gap = any(array['owner', 'clock', 'next_action']) and c.gap <> '' and c.merged_into is null and may_read(c.restricted, c.tier, c.inbox_id, $1, $2) limit $4) l) as gaps,
       (select count(*) from (select 1 from notices t
                              where t.agent_id = $3 and t.acked_at is null
                                and (t.conversation_id is null
                                     or exists (select from conversations c where c.id = t.conversation_id and may_read(c.restricted, c.tier, c.inbox_id, $1, $2) offset 0)) limit $4) l) as notices,
       (select count(*) from (select 1 from tasks k join conversations c on c.id = k.conversation_id
                              where k.assignee_id = $3 and k.state in ('open', 'in_progress') and may_read(c.restricted, c.tier, c.inbox_id, $1, $2) limit $4) l) as tasks,
       (select count(*) from (select 1 from helpers h join conversations c on c.id = h.conversation_id
                              where h.agent_id = $3 and c.assignee_id is distinct from $3 and c.status || '' in ('open', 'pending', 'snoozed')
                                and c.merged_into is null and may_read(c.restricted, c.tier, c.inbox_id, $1, $2) limit $4) l) as swarming,
       least(coalesce(sum(n.free) filter (where s.status = 'open'), 0), $4) as unassigned,
       least(coalesce(sum(n.n) filter (where s.status = 'open'), 0), $4) as open,
       least(coalesce(sum(n.n) filter (where s.status = 'pending'), 0), $4) as pending,
       least(coalesce(sum(n.n) filter (where s.status = 'snoozed'), 0), $4) as snoozed,
       least(coalesce(sum(n.n) filter (where s.status = 'resolved'), 0), $4) as resolved
from inboxes i
cross join (values ('open'), ('pending'), ('snoozed'), ('resolved')) s (status)
cross join lateral (select count(*) as n, count(*) filter (where l.free) as free
                    from (select c.assignee_id is null as free from conversations c
                          where c.inbox_id = i.id and c.status = s.status and c.merged_into is null
                            and may_read(c.restricted, c.tier, c.inbox_id, $1, $2) limit $4) l) n;

-- name: directory-accounts
-- By name, after ($3, $4); $5 is a folded part of a name or domain. $7 narrows to ids,
-- if it is not null. Contacts are listed if $8.
select a.id, a.name, a.segment, a.timezone, a.attributes, a.tags, a.created_at, a.updated_at, coalesce(a.external_id, '') as external_id,
       coalesce(a.attributes ->> 'plan', '') as plan, a.owner_id as "owner.id", coalesce((select g.name from agents g where g.id = a.owner_id), '') as "owner.name",
       array(select d.domain from account_domains d where d.account_id = a.id order by d.domain) as domains,
       (select count(*) from conversations c
        where c.account_id = a.id and c.status = 'open' and c.merged_into is null and may_read(c.restricted, c.tier, c.inbox_id, $1, $2)) as open,
       case when not $8::boolean then '[]' else
           coalesce((select jsonb_agg(jsonb_build_object('id', 'ct_' || replace(t.id::text, '-', ''), 'name', t.name, 'created_at', t.created_at,
                        'no_advisories_since', (select u.since from advisory_optouts u where u.contact_id = t.id),
                        'account', jsonb_build_object('id', 'ac_' || replace(a.id::text, '-', ''), 'name', a.name),
                        'identities', coalesce((select jsonb_agg(jsonb_build_object('channel', d.channel, 'address', d.address,
                                          'trust', d.trust, 'verified_at', d.verified_at, 'unreachable', unreachable(d.address)) order by d.channel, d.address)
                                      from identities d where d.contact_id = t.id), '[]')) order by lower(t.name), t.id)
                     from contacts t where t.account_id = a.id and ($2::int[] is null
                         or $1::uuid[] is null and not exists (select 1 from conversations c where c.account_id = t.account_id and c.restricted and not may_read(c.restricted, c.tier, c.inbox_id, $1, $2)
                             and (c.contact_id = t.id or exists (select 1 from identities d where d.contact_id = t.id and d.address = any(c.participants))))
                         or exists (select 1 from conversations c where c.account_id = t.account_id and may_read(c.restricted, c.tier, c.inbox_id, $1, $2)
                             and (c.contact_id = t.id or exists (select 1 from identities d where d.contact_id = t.id and d.address = any(c.participants)))))),
                    '[]') end as contacts
from accounts a
where ($7::uuid[] is null or a.id = any($7))
  -- an account with conversations is shown only if the agent may read one of them
  and ($2::int[] is null or $1::uuid[] is null and not exists (select 1 from conversations c where c.account_id = a.id and c.restricted and not may_read(c.restricted, c.tier, c.inbox_id, $1, $2))
       or exists (select 1 from conversations c where c.account_id = a.id and may_read(c.restricted, c.tier, c.inbox_id, $1, $2)))
  and (left(lower(a.name), 200), a.id) > (left(lower($3::text), 200), coalesce($4::uuid, '00000000-0000-0000-0000-000000000000'))
  and ($5 = '' or strpos(coalesce(a.folded, lower(a.name)), $5) > 0
       or exists (select 1 from account_domains d where d.account_id = a.id and strpos(d.domain, $5) > 0))
order by left(lower(a.name), 200), a.id
limit $6;

-- name: directory-contacts
-- By name, after ($1, $2); $3 is a folded part of a name or address. $5
-- narrows to ids, if it is not null; addresses are not compared if $8. Contacts of
-- conversations that the agent ($6, $7) may not read are shown only if they also
-- take part in one that the agent may read.
select t.id, t.name, t.account_id as "account.id", a.name as "account.name", t.created_at,
       (select u.since from advisory_optouts u where u.contact_id = t.id) as no_advisories_since,
       coalesce((select jsonb_agg(jsonb_build_object('channel', d.channel, 'address', d.address, 'trust', d.trust,
                    'verified_at', d.verified_at, 'unreachable', unreachable(d.address)) order by d.channel, d.address)
                 from identities d where d.contact_id = t.id), '[]') as identities
from contacts t
join accounts a on a.id = t.account_id
where ($5::uuid[] is null or t.id = any($5))
  and ($7::int[] is null or $6::uuid[] is null and not exists (select 1 from conversations c where c.account_id = t.account_id and c.restricted and not may_read(c.restricted, c.tier, c.inbox_id, $6, $7)
           and (c.contact_id = t.id or exists (select 1 from identities d where d.contact_id = t.id and d.address = any(c.participants))))
       or exists (select 1 from conversations c where c.account_id = t.account_id and may_read(c.restricted, c.tier, c.inbox_id, $6, $7)
           and (c.contact_id = t.id or exists (select 1 from identities d where d.contact_id = t.id and d.address = any(c.participants)))))
  and (left(lower(t.name), 200), t.id) > (left(lower($1::text), 200), coalesce($2::uuid, '00000000-0000-0000-0000-000000000000'))
  and ($3 = '' or strpos(coalesce(t.folded, lower(t.name)), $3) > 0
       or not $8 and exists (select 1 from identities d where d.contact_id = t.id and strpos(d.address, $3) > 0))
order by left(lower(t.name), 200), t.id
limit $4;

-- name: directory-find-contacts
-- Contacts with $1 in the name or an address, at most $2; some twice, so that the search
-- can stop at $2.
select t.id from contacts t where strpos(coalesce(t.folded, lower(t.name)), $1) > 0
union all
select d.contact_id from identities d where strpos(d.address, $1) > 0
limit $2;
