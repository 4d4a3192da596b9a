-- name: gap-topics
-- Tags of conversations and words of their subjects, opened since $1 and before $2, and as many since $3 before
-- that: of conversations that agents with the limits $4 and $5 may read, and that are no spam.
with p as materialized (
    select p.at >= $1 as now, p.tags, p.words
    from report_points /* source */ p join conversations c on c.id = p.conversation_id
    where p.kind = 'opened' and p.at >= $3 and p.at < $2 and may_read(c.restricted, c.tier, c.inbox_id, $4, $5) and not 'spam' = any(c.tags)
)
(select 'tag' as kind, t as topic, count(*) filter (where now) as count, count(*) filter (where not now) as before
 from p, unnest(p.tags) t group by t having count(*) filter (where now) > 1 order by 3 desc, 2 limit 200)
union all
(select 'word', w, count(*) filter (where now), count(*) filter (where not now)
 from p, unnest(p.words) w group by w having count(*) filter (where now) > 1 order by 3 desc, 2 limit 200);

-- name: gap-articles
-- Whether a public article has all words of a topic in its title or its tags, whether they say nothing in a language,
-- and the article whose text has most of them. $1 and $2 are text queries for all and for any of them; $3 and $4 are
-- languages and their configurations.
with recursive used as (
    select '' as language
    union all
    select (select split_part(a.language, '-', 1) from articles a where split_part(a.language, '-', 1) > used.language order by 1 limit 1) from used where used.language is not null),
variants as materialized (
    select t.place, c.config, to_tsquery(c.config::regconfig, t.wholly) as wholly, to_tsquery(c.config::regconfig, t.partly) as partly
    from unnest($1::text[], $2::text[]) with ordinality t (wholly, partly, place), unnest($3::text[], $4::text[]) c (language, config)
    where c.language in (select language from used) or c.language in ('en', 'de', 'fr', 'es')),
topics as (
    select place, bool_or(numnode(wholly) = 0) as void,
           string_agg('(' || wholly::text || ')', ' | ') filter (where numnode(wholly) > 0)::tsquery as wholly, string_agg('(' || partly::text || ')', ' | ') filter (where numnode(partly) > 0)::tsquery as partly
    from variants group by place)
select t.place, t.void, exists (select from articles a where a.live_head @@ t.wholly and a.public) as covered,
       n.id, n.language, n.title, n.public, n.status
from topics t left join lateral (
    select a.id, a.language, a.title, a.public, a.status from articles a
    where a.words @@ t.partly and a.status <> 'archived' order by ts_rank(a.words, t.partly) desc, a.id limit 1) n on true
order by t.place;

-- name: gap-conversations
-- What became of the conversations of topics ($1 kinds, $2 topics): those of gap-topics since $3 and before $4, for agents
-- with the limits $5 and $6, and the newest ones.
with p as materialized (
    select p.conversation_id, p.at, p.tags, p.words
    from report_points /* source */ p join conversations c on c.id = p.conversation_id
    where p.kind = 'opened' and p.at >= $3 and p.at < $4 and may_read(c.restricted, c.tier, c.inbox_id, $5, $6) and not 'spam' = any(c.tags)
), t as (select * from unnest($1::text[], $2::text[]) with ordinality t (kind, topic, place)),
m as materialized (
    select t.place, p.conversation_id, p.at from p, unnest(p.tags) x join t on t.kind = 'tag' and t.topic = x
    union all
    select t.place, p.conversation_id, p.at from p, unnest(p.words) x join t on t.kind = 'word' and t.topic = x
), r as materialized (
    select p.conversation_id, p.tier from report_points /* source */ p where p.kind = 'resolution' and p.conversation_id in (select conversation_id from m)
), s as (
    select m.place, count(r.conversation_id) as resolved, count(*) filter (where r.tier = 1) as tier1, (array_agg(m.conversation_id order by m.at desc, m.conversation_id))[1:5] as newest
    from m left join r using (conversation_id) group by m.place
)
select s.place, s.resolved, s.tier1, c.id, c.number, c.subject, c.status
from s cross join lateral unnest(s.newest) with ordinality n (id, nth) join conversations c on c.id = n.id
order by s.place, n.nth;
