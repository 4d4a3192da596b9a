-- name: article-insert
-- $11 is the text search configuration, $12 the text without formatting.
insert into articles (id, slug, language, public, tags, owner_id, review_on, title, summary, body, head, words)
select $1, $2, $3, $4, $5::text[], $6, nullif($7, '')::date, $8, $9, $10, h.head, h.head || to_tsvector($11::regconfig, $12) || to_tsvector('simple', $12)
from (select setweight(to_tsvector($11::regconfig, $8) || to_tsvector('simple', $8), 'A') || setweight(to_tsvector($11::regconfig, array_to_string($5::text[], ' ')) || to_tsvector('simple', array_to_string($5::text[], ' ')), 'B') as head) h;

-- name: article-edit
update articles set slug = $2, language = $3, public = $4, tags = $5::text[], owner_id = $6, review_on = nullif($7, '')::date, title = $8, summary = $9, body = $10, updated_at = now(), version = $13,
       head = h.head, words = h.head || to_tsvector($11::regconfig, $12) || to_tsvector('simple', $12)
from (select setweight(to_tsvector($11::regconfig, $8) || to_tsvector('simple', $8), 'A') || setweight(to_tsvector($11::regconfig, array_to_string($5::text[], ' ')) || to_tsvector('simple', array_to_string($5::text[], ' ')), 'B') as head) h
where id = $1;

-- name: article-live
-- Publishes a version, or renews what a published one is found by.
update articles set status = 'published', live_version = $2, live_title = $3, live_summary = $4, live_body = $5, updated_at = now(),
       published_at = case when $8 then now() else published_at end,
       live_head = h.head, live_words = h.head || to_tsvector($6::regconfig, $7) || to_tsvector('simple', $7)
from (select setweight(to_tsvector($6::regconfig, $3) || to_tsvector('simple', $3), 'A') || setweight(to_tsvector($6::regconfig, array_to_string(a.tags, ' ')) || to_tsvector('simple', array_to_string(a.tags, ' ')), 'B') as head from articles a where a.id = $1) h
where id = $1;

-- name: article-archive
update articles set status = 'archived', live_head = null, live_words = null, updated_at = now() where id = $1;

-- name: article-lock
select id, slug, language, public, status, tags, owner_id, coalesce(review_on::text, '') as review_on, version, coalesce(live_version, 0) as live_version, title, body as text, updated_at,
       attach_routes, attach_tags, attach_inboxes
from articles where id = $1 for update;

-- name: article-version-insert
insert into article_versions (article_id, version, title, body, author_id) values ($1, $2, $3, $4, $5);

-- name: article-version-published
update article_versions set published_at = now(), published_by = $3 where article_id = $1 and version = $2;

-- name: article-versions
select v.version, v.title, v.author_id as "author.id", coalesce(g.name, '') as "author.name", v.created_at, v.published_at
from article_versions v left join agents g on g.id = v.author_id
where v.article_id = $1 and v.version < $2 order by v.version desc limit $3;

-- name: article-version
select v.version, v.title, v.body as text, v.author_id as "author.id", coalesce(g.name, '') as "author.name", v.created_at, v.published_at
from article_versions v left join agents g on g.id = v.author_id
where v.article_id = $1 and v.version = $2;

-- name: article-one
select a.id, a.slug, a.language, a.title, a.summary, a.public, a.status, a.tags, a.owner_id as "owner.id", coalesce(g.name, '') as "owner.name", a.review_on::text as review_on,
       a.version, a.live_version, a.helpful, a.unhelpful, a.published_at, a.created_at, a.updated_at, a.body as text, a.live_title, a.live_body as live_text,
       a.attach_routes, a.attach_tags, a.attach_inboxes
from articles a left join agents g on g.id = a.owner_id
where a.id = $1;

-- name: article-list
-- Articles after ($8, $9), the latest changes first.
select a.id, a.slug, a.language, a.title, a.summary, a.public, a.status, a.tags, a.owner_id as "owner.id", coalesce(g.name, '') as "owner.name", a.review_on::text as review_on,
       a.version, a.live_version, a.helpful, a.unhelpful, a.published_at, a.created_at, a.updated_at
from articles a left join agents g on g.id = a.owner_id
where ($1 = '' or a.language = $1) and ($2 = '' or $2 = any (a.tags)) and ($3 = '' or a.status = $3) and ($4::boolean is null or a.public = $4)
  and (not $5::boolean or a.review_on <= current_date and a.status <> 'archived')
  and ($6::uuid is null or a.owner_id = $6) and (not $7::boolean or a.owner_id is null)
  and ($8::timestamptz is null or a.updated_at <= $8 and (a.updated_at < $8 or a.id > $9::uuid))
order by a.updated_at desc, a.id limit $10;

-- name: article-search
-- The same for articles with all words ($8, a text query) in the stems of their languages, or
-- as they are: the best ones of 400 that have them in the title or the tags, and of
-- another 400. $9 and $10 are languages and their configurations, $11 skips rows and $12 limits them.
with recursive used as (
    select '' as language
    union all
    select (select split_part(a.language, '-', 1) from articles a where split_part(a.language, '-', 1) > used.language order by 1 limit 1) from used where used.language is not null),
variants as (
    select distinct to_tsquery(c.config::regconfig, $8) as q from unnest($9::text[], $10::text[]) c (language, config) join used using (language)),
query as (select string_agg('(' || q::text || ')', ' | ')::tsquery as q from variants where numnode(q) > 0),
found as (
    (select a.id from query, articles a where a.head @@ query.q
        and ($1 = '' or a.language = $1) and ($2 = '' or $2 = any (a.tags)) and ($3 = '' or a.status = $3) and ($4::boolean is null or a.public = $4)
        and (not $5::boolean or a.review_on <= current_date and a.status <> 'archived')
        and ($6::uuid is null or a.owner_id = $6) and (not $7::boolean or a.owner_id is null) limit 400)
    union
    (select a.id from query, articles a where a.words @@ query.q
        and ($1 = '' or a.language = $1) and ($2 = '' or $2 = any (a.tags)) and ($3 = '' or a.status = $3) and ($4::boolean is null or a.public = $4)
        and (not $5::boolean or a.review_on <= current_date and a.status <> 'archived')
        and ($6::uuid is null or a.owner_id = $6) and (not $7::boolean or a.owner_id is null) limit 400)),
best as (select a.id, ts_rank(a.head, query.q) as rank from query, found join articles a using (id) order by 2 desc, a.updated_at desc, a.id offset $11 limit $12)
select a.id, a.slug, a.language, a.title, a.summary, a.public, a.status, a.tags, a.owner_id as "owner.id", coalesce(g.name, '') as "owner.name", a.review_on::text as review_on,
       a.version, a.live_version, a.helpful, a.unhelpful, a.published_at, a.created_at, a.updated_at
from best join articles a using (id) left join agents g on g.id = a.owner_id
order by best.rank desc, a.updated_at desc, a.id;
