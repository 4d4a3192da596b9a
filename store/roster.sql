-- name: roster
-- Everything that assignment needs to know of each agent, and the time; $1 includes disabled agents, and
-- $2 narrows to one, if it is not null.
select a.id, a.name, a.email, a.tiers, a.admin, a.disabled, a.inboxes, a.skills, a.capacity, a.leads, a.timezone, a.hours, a.inboxes_only, a.mask_addresses, a.display_name, a.signature, agent_inboxes(a) as sees,
       a.availability as chosen, a.away_until as until, p.seen_at, clock_timestamp() as clock, l.loaded, l.open
from agents a
left join agent_presence p on p.agent_id = a.id
cross join lateral (
    select coalesce(array_agg(i.key), '{}') as loaded, coalesce(array_agg(n.open), '{}') as open
    from (select c.inbox_id, count(*) as open from conversations c
          where c.assignee_id = a.id and c.status = 'open' and c.waiting_on = 'us' and c.merged_into is null
          group by c.inbox_id) n
    join inboxes i on i.id = n.inbox_id) l
where ($1 or not a.disabled) and ($2::uuid is null or a.id = $2)
order by lower(a.name), a.id;

-- name: roster-seen
-- More than one node may say so at once.
insert into agent_presence (agent_id, seen_at) select id, clock_timestamp() from agents where id = $1
on conflict (agent_id) do update set seen_at = greatest(agent_presence.seen_at, excluded.seen_at);

-- name: roster-availability
-- Returns a row if that changes something.
update agents set availability = $2, away_until = $3
where id = $1 and not disabled and (availability, away_until) is distinct from ($2, $3::timestamptz)
returning id;
