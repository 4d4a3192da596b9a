-- name: saved-list
-- All saved reports, or one ($1), with their owners. Package savedreport decides who sees them.
select r.id, r.name, r.owner_id, o.name as owner_name, o.leads as owner_leads, o.disabled as owner_disabled, r.scope, r.measures, r.period, r.grouping, r.business, r.tz, r.created_at, r.updated_at
from saved_reports r join agents o on o.id = r.owner_id
where $1::uuid is null or r.id = $1
order by lower(r.name), r.id;

-- name: saved-lock
select r.id, r.name, r.owner_id, o.name as owner_name, o.leads as owner_leads, o.disabled as owner_disabled, r.scope, r.measures, r.period, r.grouping, r.business, r.tz, r.created_at, r.updated_at
from saved_reports r join agents o on o.id = r.owner_id
where r.id = $1
for no key update of r;

-- name: saved-count
select count(*) from saved_reports where owner_id = $1;

-- name: saved-insert
insert into saved_reports (id, name, owner_id, scope, measures, period, grouping, business, tz) values ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: saved-edit
update saved_reports set name = $2, scope = $3, measures = $4, period = $5, grouping = $6, business = $7, tz = $8, updated_at = clock_timestamp() where id = $1;

-- name: saved-delete
delete from saved_reports where id = $1;

-- name: subscriber-list
-- The subscribers of all reports, or of one ($1).
select s.report_id, s.agent_id as "agent.id", a.name as "agent.name", a.timezone as "agent.timezone", a.leads, s.added_by, s.since, coalesce(s.done::text, '') as done, s.sent_at, s.failure
from report_subscribers s join agents a on a.id = s.agent_id
where ($1::uuid is null or s.report_id = $1) and not a.disabled
order by lower(a.name), a.id;

-- name: subscriber-add
-- Once: again changes nothing.
insert into report_subscribers (report_id, agent_id, added_by) values ($1, $2, $3) on conflict do nothing;

-- name: subscriber-count
select count(*) from report_subscribers where report_id = $1;

-- name: subscriber-added
select added_by from report_subscribers where report_id = $1 and agent_id = $2 for update;

-- name: subscriber-remove
delete from report_subscribers where report_id = $1 and agent_id = $2;

-- name: subscriber-waiting
-- Those of which no attempt is under way or put off.
select s.report_id, s.agent_id, s.since, coalesce(s.done::text, '') as done
from report_subscribers s where s.mail_at is null or s.mail_at <= now()
order by s.report_id, s.agent_id;

-- name: subscriber-claim
-- For one attempt, unless another node has it. The lease is longer than an attempt can take (RFC 5321 §4.5.3.2).
update report_subscribers set mail_at = now() + interval '20 minutes', attempts = attempts + 1
where report_id = $1 and agent_id = $2 and coalesce(done::text, '') = $3 and (mail_at is null or mail_at <= now())
returning attempts, sending;

-- name: subscriber-sending
-- From here on the mail server may have it; not if another node has the mail meanwhile.
update report_subscribers set sending = true where report_id = $1 and agent_id = $2 and attempts = $3 and not sending;

-- name: subscriber-sent
-- What came of an attempt: with $5 it is made again, otherwise the mail of the day $3 is done.
update report_subscribers
set sending = false, failure = $4, mail_at = $5, sent_at = case when $4 = '' then now() else sent_at end,
    done = case when $5::timestamptz is null then $3::date else done end, attempts = case when $5::timestamptz is null then 0 else attempts end
where report_id = $1 and agent_id = $2 and attempts = $6;
