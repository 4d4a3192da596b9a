-- name: delivery-claim
-- Due deliveries of a channel, oldest first, but of each destination only as many as there is
-- room for. $5 is the most attempts at once to a destination and $6 the seconds between two
-- messages to it; $7 are others of these, by name. $8 and $9 are after how many seconds
-- people are warned, and a delivery is given up: an attempt is made then even if the
-- destination waits, so that each has an answer of its own.
--
-- One whose lease ran out in the middle of sending is claimed again for the same attempt, as
-- abandoned if its content may have been sent. That stays on record until the attempt has a
-- result.
with recursive busy as materialized (
    select destination, count(*)::int as n from deliveries
    where channel = $1 and state = 'sending' and lease_until > now()
    group by destination
), oldest as materialized (
    select id, destination, next_attempt_at, state = 'sending' or ($8::float8 > 0 and warned_at is null and coalesce(period_at, created_at) + $8::float8 * interval '1 second' <= now())
               or coalesce(period_at, created_at) + $9::float8 * interval '1 second' <= now() as pressing
    from deliveries
    where channel = $1 and not settled and not on_hold and state in ('held', 'queued', 'delayed', 'unknown', 'sending') and next_attempt_at <= now()
    order by next_attempt_at -- as the index has them: not all are read
    limit 4 * $2::int + 64
), others (destination) as (
    -- If there are more, they may be of destinations that are not among the oldest: one step
    -- in the index for each destination.
    select (select min(d.destination) from deliveries d where d.channel = $1 and not d.settled and not d.on_hold)
    where (select count(*) from oldest) >= 4 * $2::int + 64
    union all
    select (select min(d.destination) from deliveries d where d.channel = $1 and not d.settled and not d.on_hold and d.destination > o.destination)
    from others o where o.destination is not null
), places as materialized (
    select p.destination, coalesce(n.blocked_until > now(), false) as blocked, coalesce(n.failures > 0, false) as failing, coalesce(l.pace, $6::float8) as pace,
           case when n.paced_until > now() then 0 else least($2::int, coalesce(l.most, $5::int) - coalesce(b.n, 0),
               case when coalesce(l.pace, $6::float8) > 0 then greatest(1, floor(5 / coalesce(l.pace, $6::float8)))::int end) end as free,
           case when n.blocked_until > now() then 0 when n.failures > 0 then greatest(0, 1 - coalesce(b.n, 0)) else $2::int end as fit
    from (select destination from oldest union select destination from others where destination is not null) p
    left join destinations n on n.name = p.destination
    left join busy b on b.destination = p.destination
    left join jsonb_to_recordset($7::jsonb) as l (name text, most int, pace float8) on l.name = p.destination
), found as (
    select id, destination, next_attempt_at, pressing from oldest
    union
    select d.id, d.destination, d.next_attempt_at, d.pressing
    from others o join places p on p.destination = o.destination and p.free > 0 and not p.blocked
    cross join lateral (
        select id, destination, next_attempt_at, state = 'sending' or ($8::float8 > 0 and warned_at is null and coalesce(period_at, created_at) + $8::float8 * interval '1 second' <= now())
               or coalesce(period_at, created_at) + $9::float8 * interval '1 second' <= now() as pressing
        from deliveries
        where channel = $1 and destination = o.destination and not settled and not on_hold
          and state in ('held', 'queued', 'delayed', 'unknown', 'sending') and next_attempt_at <= now()
        order by next_attempt_at limit p.free) d
), ranked as (
    select f.id, f.next_attempt_at, f.pressing, p.free, p.fit, p.blocked, p.failing,
           row_number() over (partition by f.destination, p.blocked and not f.pressing order by f.next_attempt_at, f.id) as place
    from found f join places p on p.destination = f.destination
), chosen as (
    select id, failing from ranked
    where place <= free and (place <= fit or pressing)
    order by next_attempt_at, id
    limit $2::int
), due as (
    select d.id, d.state, d.state = 'sending' and (d.owner is null or d.content_started_at is not null) as abandoned from deliveries d
    where d.id in (select id from chosen) and not d.settled and not d.on_hold
      and d.state in ('held', 'queued', 'delayed', 'unknown', 'sending') and d.next_attempt_at <= now()
    for update skip locked
), waiting as (
    select d.id, n.blocked_until from deliveries d join destinations n on n.name = d.destination
    where d.id in (select id from ranked where blocked and not pressing) and d.next_attempt_at <= now() and d.state in ('held', 'queued', 'delayed', 'unknown')
    for update of d skip locked
), postponed as (
    update deliveries d
    set next_attempt_at = delivery_postponed(w.blocked_until, coalesce(d.period_at, d.created_at), d.warned_at, $8::float8, $9::float8),
        state = case when d.state = 'held' then 'queued' else d.state end
    from waiting w where d.id = w.id
), fence as (select nextval('fences') as fence), claimed as (
    update deliveries d
    set state = 'sending', fence = f.fence, owner = $4::uuid,
        content_started_at = case when due.abandoned then coalesce(d.content_started_at, d.updated_at) end,
        lease_until = now() + $3::float8 * interval '1 second', updated_at = now(),
        next_attempt_at = now() + $3::float8 * interval '1 second',
        attempts = attempts + case when due.state = 'sending' then 0 else 1 end
    from due join chosen c on c.id = due.id, fence f
    where d.id = due.id
    returning d.id, d.message_id, d.conversation_id, d.channel, d.recipient, d.return_path, d.envelope_id, d.state, d.attempts,
        d.next_attempt_at, d.code, d.enhanced_code, d.detail, d.lease_until, d.fence, d.created_at, d.updated_at, d.destination,
        coalesce(d.period_at, d.created_at) as period_at, d.period_attempts, d.warned_at as warned, due.abandoned, c.failing,
        (select count(*) from delivery_attempts a
         where a.delivery_id = d.id and a.source = 'attempt' and a.state = 'unknown' and a.attempt > d.period_attempts) as unknowns
), paced as (
    insert into destinations as n (name, paced_until)
    select c.destination, now() + count(*) * max(p.pace) * interval '1 second'
    from claimed c join places p on p.destination = c.destination and p.pace > 0
    group by c.destination order by c.destination
    on conflict (name) do update set paced_until = greatest(n.paced_until, now()) + (excluded.paced_until - now())
)
select * from claimed;

-- name: delivery-begin
-- The claims $2 of the deliveries $1 are about to send the content $4 of the messages $3; not
-- if a report says that an earlier attempt, whose outcome was unknown, arrived. Content that
-- is stored already stays: every attempt sends the same bytes. Messages are in the order of
-- their ids, in which other transactions lock them too. The limit makes the plan look up
-- deliveries by key, however few there are.
with wanted as materialized (
    select * from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::bytea[]) as w (id, fence, message_id, bytes) limit 32
), begun as (
    update deliveries d set content_started_at = now() from wanted w where d.id = w.id and d.fence = w.fence and d.state = 'sending'
      and (d.attempts = 1
           or not exists (select from delivery_attempts a where a.delivery_id = d.id and a.attempt = d.attempts and a.source in ('dsn', 'copy'))
           or not exists (select from delivery_attempts a where a.delivery_id = d.id and a.attempt < d.attempts and a.state = 'unknown'))
    returning d.id
), saved as (
    insert into renderings (message_id, bytes)
    select w.message_id, w.bytes from wanted w join begun b on b.id = w.id where w.bytes is not null order by w.message_id
    on conflict (message_id) do nothing
    returning message_id
)
select b.id, s.message_id is not null as saved from begun b join wanted w on w.id = b.id left join saved s on s.message_id = w.message_id;

-- name: delivery-claimed
-- Whether delivery $1 still has the claim $2.
select exists (select from deliveries where id = $1 and fence = $2 and state = 'sending');

-- name: delivery-reported
-- What was reported about delivery $1 while its attempt $2 was running, the last first. A
-- copy says nothing about an attempt that was refused ($3).
select source, state, enhanced_code, detail from delivery_attempts
where delivery_id = $1 and attempt = $2 and (source = 'dsn' or source = 'copy' and not $3::boolean)
order by id desc limit 1;

-- name: delivery-gone
-- The programs that have ended while they were sending: $1 is the class of the advisory
-- lock that each program holds while it runs.
select distinct owner from deliveries d
where state = 'sending' and owner is not null and lease_until > now()
  and not exists (select from pg_locks l where l.locktype = 'advisory' and l.granted and l.objsubid = 2 and l.classid::bigint = $1::bigint
                      and l.database = (select oid from pg_database where datname = current_database())
                      and l.objid::bigint = hashtext(d.owner::text)::bigint & 4294967295);

-- name: delivery-release
-- Attempts of programs that have ended, see delivery-gone, are due at once; $2 are the
-- programs in question, null: all. They come before what has waited in the queue behind them.
-- A row that is locked is being completed.
update deliveries set next_attempt_at = least(created_at, now()), lease_until = now()
where id in (
    select id from deliveries d
    where state = 'sending' and owner is not null and ($2::uuid[] is null or owner = any($2))
      and not exists (select from pg_locks l where l.locktype = 'advisory' and l.granted and l.objsubid = 2 and l.classid::bigint = $1::bigint
                          and l.database = (select oid from pg_database where datname = current_database())
                          and l.objid::bigint = hashtext(d.owner::text)::bigint & 4294967295)
    for update skip locked
);

-- name: delivery-messages
select m.id, p.conversation_id, p.seq, m.direction, m.channel, m.message_id, m.in_reply_to, m.refs, m.addresses, m.subject, m.sent_at,
       m.received_at, m.preview, m.text_body, m.html_body, m.new_text, m.attachments, m.auto_submitted, m.author_id
from messages m
cross join lateral (select * from placements p where p.message_id = m.id and p.until is null order by p.since, p.conversation_id limit 1) p
where m.id = any($1::uuid[]);

-- name: delivery-by-person
-- Whether an agent wrote each message, who then has to know that it failed, and whether it
-- went to a third party.
select id, author_id is not null as personal, third_party from messages where id = any($1::uuid[]);

-- name: delivery-next
-- In seconds from now, so that it does not matter whose clock is right. What has been due for
-- longer waits for its destination; that a slot of it becomes free is known elsewhere.
select extract(epoch from least(
    (select min(next_attempt_at) from deliveries
     where channel = $1 and not settled and not on_hold and state in ('held', 'queued', 'delayed', 'unknown', 'sending')
       and next_attempt_at > now() - interval '50 milliseconds'),
    (select min(n.paced_until) from destinations n where n.paced_until > now() and $1 = 'email')) - now());

-- name: rendering-get
select bytes from renderings where message_id = $1;

-- name: rendering-save
-- The first one stays: every attempt sends the same bytes.
insert into renderings (message_id, bytes) values ($1, $2) on conflict (message_id) do nothing;

-- name: blob-get
select bytes from blobs where sha256 = $1;
