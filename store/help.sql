-- name: help-languages
select distinct language from articles where live_words is not null and public order by 1;

-- name: help-article
select a.id, a.slug, a.language, a.live_title as title, a.live_summary as summary, a.published_at, a.live_body as text, a.tags,
       array(select b.language from articles b where b.slug = a.slug and b.public and b.live_words is not null order by 1) as languages
from articles a
where a.language = $1 and a.slug = $2 and a.public and a.live_words is not null;

-- name: help-index
-- The most frequent tags of a language, each with its first articles.
with tagged as (
    select coalesce(t.tag, '') as tag, a.id, row_number() over w as place, count(*) over (partition by t.tag) as count
    from articles a left join unnest(a.tags) t (tag) on true
    where a.language = $1 and a.public and a.live_words is not null
    window w as (partition by t.tag order by a.helpful - a.unhelpful desc, lower(a.live_title), a.id)),
tags as (select tag, count from tagged where place = 1 order by tag = '', count desc, tag limit 24)
select t.tag, t.count, a.id, a.slug, a.language, a.live_title as title, a.live_summary as summary, a.published_at
from tags t join tagged d using (tag) join articles a on a.id = d.id
where d.place <= 4
order by t.tag = '', t.count desc, t.tag, d.place;

-- name: help-list
-- Articles of a language and with a tag, or all ('').
select a.id, a.slug, a.language, a.live_title as title, a.live_summary as summary, a.published_at
from articles a
where a.public and a.live_words is not null and ($1 = '' or a.language = $1) and ($2 = '' or $2 = any (a.tags))
order by lower(a.live_title), a.id offset $3 limit $4;

-- name: help-search
-- Published public articles: like article-search. Without $2, only titles and tags count.
with recursive used as (
    select '' as language
    union all
    select (select split_part(a.language, '-', 1) from articles a where split_part(a.language, '-', 1) > used.language order by 1 limit 1) from used where used.language is not null),
variants as (
    select distinct to_tsquery(c.config::regconfig, $3) as q from unnest($4::text[], $5::text[]) c (language, config) join used using (language)),
query as (select string_agg('(' || q::text || ')', ' | ')::tsquery as q from variants where numnode(q) > 0),
found as (
    (select a.id from query, articles a where a.live_head @@ query.q and a.public and ($1 = '' or a.language = $1) limit 400)
    union
    (select a.id from query, articles a where $2::boolean and a.live_words @@ query.q and a.public and ($1 = '' or a.language = $1) limit 400))
select a.id, a.slug, a.language, a.live_title as title, a.live_summary as summary, a.published_at
from query, found join articles a using (id)
order by ts_rank(a.live_head, query.q, 1) desc, a.helpful - a.unhelpful desc, a.id limit $6;

-- name: help-answer
-- A published public article in a language ($2, ISO 639-1), in English or in another one.
select a.id, a.slug, a.language, a.live_title as title, a.live_summary as summary, a.published_at, a.live_body as text
from articles a
where a.slug = $1 and a.public and a.live_words is not null
order by split_part(a.language, '-', 1) = $2 desc, a.language = 'en' desc, a.language
limit 1;

-- name: help-published
select distinct slug from articles where slug = any ($1::text[]) and public and live_words is not null;

-- name: help-event
insert into help_events (visit, kind, place, article_id) values ($1, $2, $3, $4)
on conflict on constraint help_events_once do update set at = now();

-- name: help-vote
-- Counts a vote once for each visit; the latest one counts.
with vote as (
    insert into help_events (visit, kind, place, article_id) values ($1, $2, 'page', $3) on conflict on constraint help_events_once do nothing returning 1),
former as (delete from help_events where visit = $1 and article_id = $3 and kind in ('helpful', 'unhelpful') and kind <> $2 and exists (select from vote) returning kind)
update articles set helpful = helpful + ($2 = 'helpful')::int - (select count(*) from former where kind = 'helpful'),
                    unhelpful = unhelpful + ($2 = 'unhelpful')::int - (select count(*) from former where kind = 'unhelpful')
where id = $3 and exists (select from vote);
