-- name: promise-facts
select conversation_id, facts from conversation_facts where conversation_id = any($1::uuid[]);

-- name: promise-due
-- Conversations that a timer has to look at, the longest overdue first. Those that are
-- locked are left to whoever changes them. clock_timestamp() is volatile, so that it cannot
-- be looked up in the index: each of the timers would be compared with it.
select id from conversations where check_at <= statement_timestamp() order by check_at limit $1
for no key update skip locked;
