-- name: runbook-list
-- Published internal articles for a conversation that rules ($1) routed, with tags and an inbox.
select id, slug, language, live_title as title, live_body as text, published_at,
       array(select unnest(attach_routes) intersect select unnest($1::text[]) order by 1) as routes,
       array(select unnest(attach_tags) intersect select unnest($2::text[]) order by 1) as tags,
       $3 = any (attach_inboxes) as inbox
from articles
where status = 'published' and not public and (attach_routes <> '{}' or attach_tags <> '{}' or attach_inboxes <> '{}')
  and (attach_routes && $1::text[] or attach_tags && $2::text[] or $3 = any (attach_inboxes))
order by live_title, id
limit 20;

-- name: runbook-done
select r.article_id, r.step, r.done_at, r.agent_id as "by.id", a.name as "by.name"
from runbook_steps r join agents a on a.id = r.agent_id
where r.conversation_id = $1;

-- name: runbook-tick
insert into runbook_steps (conversation_id, article_id, step, agent_id) values ($1, $2, $3, $4) on conflict do nothing;

-- name: runbook-untick
delete from runbook_steps where conversation_id = $1 and article_id = $2 and step = $3;

-- name: runbook-attach
update articles set attach_routes = $2::text[], attach_tags = $3::text[], attach_inboxes = $4::text[] where id = $1;
