-- A message can be in several conversations, an event can be about something
-- other than a conversation, and a delivery attempt can have several results.

-- The conversations a message is in, and was in. Sequence numbers are dense in
-- a conversation, together with those of its events, and are never reused:
-- moving a message ends one placement and begins another under a new number.
create table placements (
    conversation_id uuid not null,
    seq             bigint not null,
    message_id      uuid not null,
    method          text not null default '', -- why it is there: a threading method, reply, note, merge
    evidence        text not null default '',
    since           timestamptz not null,
    until           timestamptz               -- null: it is there now
);
-- A message and the event that announced it have the same number. Constraints and
-- indexes come afterwards, which is faster than keeping them up to date.
insert into placements (conversation_id, seq, message_id, method, evidence, since)
select m.conversation_id, m.seq, m.id, m.thread_method, m.thread_evidence, coalesce(e.at, m.received_at)
from messages m
left join events e on e.conversation_id = m.conversation_id and e.seq = m.seq;
alter table placements
    add constraint placements_pkey primary key (conversation_id, seq),
    add constraint placements_conversation_id_fkey foreign key (conversation_id) references conversations,
    add constraint placements_message_id_fkey foreign key (message_id) references messages,
    add constraint placements_seq check (seq > 0),
    add constraint placements_until check (until >= since);
-- A message is in a conversation once at a time.
create unique index placements_current on placements (message_id, conversation_id) where until is null;
create index placements_past on placements (message_id) where until is not null;

-- chat_lines depends on the columns that messages loses.
drop function chat_lines;
alter table messages
    drop column conversation_id,
    drop column seq,
    drop column thread_method,
    drop column thread_evidence;

-- The lines of a session's conversation after a position that its visitor may
-- see: their own, and what was sent to this session, but never notes or other
-- people's mail in the same conversation. A reply that can still be undone hides
-- itself and everything after it, so that the visitor receives the lines in
-- ascending order. A position in a conversation other than the session's counts as
-- the beginning.
--
-- Each table is read by key in its own subquery, so that the plan does not depend
-- on the size of the tables when the statement was prepared: it reads one range of
-- placements_pkey, and the rest of each line by key.
create function chat_lines(session uuid, conversation uuid, after bigint)
    returns table (conversation_id uuid, seq bigint, id text, from_visitor boolean, agent text, text text, at timestamptz)
    language sql stable
begin atomic
    select l.conversation_id, l.seq,
           case when l.direction = 'inbound' then substr(l.source_key, 37) else 'ms_' || replace(l.id::text, '-', '') end,
           l.direction = 'inbound', coalesce((select a.name from agents a where a.id = l.author_id), ''), l.text_body, l.received_at
    from (select p.conversation_id, p.seq, m.id, m.direction, m.author_id, m.text_body, m.received_at, d.state,
                 (select case when r.channel = 'chat' then r.source_key end from raws r where r.id = m.raw_id) as source_key,
                 bool_or(d.state = 'held') over (order by p.seq) as held
          from placements p
          cross join lateral (select * from messages m where m.id = p.message_id offset 0) m
          left join lateral (select d.state from deliveries d
                             where d.message_id = p.message_id and d.recipient = 'vs_' || replace(session::text, '-', '') offset 0) d on true
          where p.conversation_id = (select s.conversation_id from chat_sessions s where s.id = session) and p.until is null
            and p.seq > case when conversation = (select s.conversation_id from chat_sessions s where s.id = session) then after else 0 end) as l
    where l.held is not true
      and (l.direction = 'inbound' and starts_with(l.source_key, 'vs_' || replace(session::text, '-', '') || '/')
           or l.direction = 'outbound' and l.state <> 'cancelled');
end;

-- Numbers for reading inboxes by IMAP: one mailbox per inbox. RFC 9051 §2.3.1.1
-- requires ascending UIDs, RFC 7162 §3.1 modification sequences.
create table imap_mailboxes (
    inbox_id       uuid primary key references inboxes,
    uid_validity   bigint not null check (uid_validity between 1 and 4294967295),
    uid_next       bigint not null default 1 check (uid_next between 1 and 4294967296),
    highest_modseq bigint not null default 1 check (highest_modseq > 0)
);
-- A placement's UID. Expunged rows stay, so that clients that were offline can be
-- notified (RFC 7162 §3.2.10, VANISHED); a placement that returns to the inbox gets
-- a new UID.
create table imap_uids (
    inbox_id        uuid not null references imap_mailboxes,
    uid             bigint not null check (uid between 1 and 4294967295),
    conversation_id uuid not null,
    seq             bigint not null,
    modseq          bigint not null check (modseq > 0),
    expunged_at     timestamptz,
    primary key (inbox_id, uid),
    foreign key (conversation_id, seq) references placements
);
create unique index imap_uids_placement on imap_uids (conversation_id, seq, inbox_id) where expunged_at is null;
create index imap_uids_modseq on imap_uids (inbox_id, modseq);

-- Who has to act. The default is right for most of the existing rows, which then
-- need not be rewritten.
alter table conversations
    add column waiting_on text not null default 'customer'
        constraint conversations_waiting_on check (waiting_on in ('us', 'customer', 'third-party'));
update conversations c set waiting_on = s.waiting_on
from stints s
where s.conversation_id = c.id and s.ended_at is null and s.waiting_on <> 'customer';
update conversations c set waiting_on = 'us'
where c.status = 'open' and not exists (select from stints s where s.conversation_id = c.id and s.ended_at is null);
alter table conversations alter column waiting_on set default 'us';

-- What an event is about. For a conversation it is conversation_id, and
-- subject_id is null; other subjects are named by subject_id and have no number.
-- No row is rewritten, and the table is read once for all constraints.
alter table events
    add column subject_kind text not null default 'conversation',
    add column subject_id text,
    add column version int not null default 1, -- of the payload's shape
    alter column conversation_id drop not null,
    alter column account_id drop not null,
    alter column seq drop not null,
    add constraint events_version check (version > 0),
    add constraint events_subject_kind check (subject_kind in ('conversation', 'agent', 'policy', 'channel', 'account')),
    add constraint events_subject check (
        case when subject_kind = 'conversation'
             then subject_id is null and conversation_id is not null and account_id is not null and seq is not null
             else coalesce(subject_id, '') <> '' and conversation_id is null and account_id is null and seq is null end);
create index events_by_subject on events (subject_id, subject_kind, id) where subject_kind <> 'conversation';

-- The results of an attempt: what the next hop answered, what a delivery status
-- notification reported later, what the visitor's client confirmed.
alter table delivery_attempts
    drop constraint delivery_attempts_pkey,
    add column id bigint generated always as identity primary key,
    add column source text not null default 'attempt'
        constraint delivery_attempts_source check (source in ('attempt', 'dsn', 'client'));
create index delivery_attempts_delivery on delivery_attempts (delivery_id, at);

-- Writes everything that changes conversations (desk.Changes). changes has a list of
-- rows for each table that is written to; texts has text_body, html_body and new_text
-- of each message, and blobs the bytes of each blob, because these would have to be
-- escaped in JSON. One call is one round trip, and tables that are not in changes
-- cost nothing.
--
-- numbers are those of the new conversations, in the same order. raws_lost and
-- deliveries_lost count claims that other nodes have taken over; if there are any, the
-- caller rolls back.
--
-- The settings make every plan look up rows by key: the first plan may be made on
-- empty tables, where a scan looks as cheap.
create function write_changes(changes jsonb, texts text[], blobs bytea[],
        out numbers bigint[], out raws_lost int, out deliveries_lost int)
    language plpgsql
    set plan_cache_mode = force_generic_plan
    set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
    result record;
    tries  int;
    rows   int;
begin
    numbers := '{}';
    raws_lost := 0;
    deliveries_lost := 0;
    if changes ? 'accounts' then
        insert into accounts (id, name, segment, timezone, attributes, tags, created_at)
        select id, name, segment, timezone, attributes, tags, created_at
        from jsonb_populate_recordset(null::accounts, changes->'accounts');
    end if;
    if changes ? 'domains' then
        insert into account_domains (domain, account_id)
        select domain, account_id from jsonb_populate_recordset(null::account_domains, changes->'domains');
    end if;
    if changes ? 'contacts' then
        insert into contacts (id, account_id, name, created_at)
        select id, account_id, name, created_at from jsonb_populate_recordset(null::contacts, changes->'contacts');
    end if;
    if changes ? 'identities' then
        -- A known address keeps its contact, and its trust is only raised.
        insert into identities as i (channel, address, contact_id, trust, verified_at)
        select channel, address, contact_id, trust, verified_at
        from jsonb_populate_recordset(null::identities, changes->'identities')
        on conflict (channel, address) do update
            set trust = case when excluded.trust = 'verified' or i.trust = 'claimed' then excluded.trust else i.trust end,
                verified_at = coalesce(excluded.verified_at, i.verified_at)
            where excluded.trust <> i.trust and i.trust <> 'verified' and excluded.trust <> 'claimed'
               or excluded.verified_at is not null;
    end if;
    if changes ? 'opened' then
        with opened as (
            insert into conversations (id, account_id, contact_id, subject, channel, status, priority, inbox_id, tier, assignee_id, tags,
                restricted, path, policy_version, reply_channel, reply_to, reply_from, participants, waiting_on, preview,
                last_inbound_at, last_reply_at, waiting_since, snoozed_until, resolved_at, merged_into, last_seq, created_at, updated_at)
            select id, account_id, contact_id, subject, channel, status, priority, inbox_id, tier, assignee_id, tags,
                restricted, path, policy_version, reply_channel, reply_to, reply_from, participants, waiting_on, preview,
                last_inbound_at, last_reply_at, waiting_since, snoozed_until, resolved_at, merged_into, last_seq, created_at, updated_at
            from jsonb_populate_recordset(null::conversations, changes->'opened')
            returning number
        )
        select array_agg(number order by number) into numbers from opened;
    end if;
    if changes ? 'updated' then
        update conversations c set (account_id, contact_id, subject, channel, status, priority, inbox_id, tier, assignee_id, tags,
                restricted, path, policy_version, reply_channel, reply_to, reply_from, participants, waiting_on, preview,
                last_inbound_at, last_reply_at, waiting_since, snoozed_until, resolved_at, merged_into, last_seq, updated_at)
            = (v.account_id, v.contact_id, v.subject, v.channel, v.status, v.priority, v.inbox_id, v.tier, v.assignee_id, v.tags,
                v.restricted, v.path, v.policy_version, v.reply_channel, v.reply_to, v.reply_from, v.participants, v.waiting_on, v.preview,
                v.last_inbound_at, v.last_reply_at, v.waiting_since, v.snoozed_until, v.resolved_at, v.merged_into, v.last_seq, v.updated_at)
        from jsonb_populate_recordset(null::conversations, changes->'updated') v
        where c.id = v.id;
        get diagnostics rows = row_count;
        if rows <> jsonb_array_length(changes->'updated') then
            raise exception '% of % conversations to update are missing', jsonb_array_length(changes->'updated') - rows, jsonb_array_length(changes->'updated');
        end if;
    end if;
    if changes ? 'blobs' then
        insert into blobs (sha256, size, bytes)
        select b->>'sha256', (b->>'size')::bigint, blobs[n] from jsonb_array_elements(changes->'blobs') with ordinality as t (b, n)
        on conflict (sha256) do nothing;
    end if;
    if changes ? 'messages' then
        insert into messages (id, account_id, direction, channel, raw_id, message_id, in_reply_to, refs, addresses, from_address, subject,
            sent_at, received_at, preview, text_body, html_body, new_text, attachments, auto_submitted, list_id, report, problems,
            authentication, signature, author_id, content)
        select id, account_id, direction, channel, raw_id, message_id, in_reply_to, refs, addresses, from_address, subject,
            sent_at, received_at, preview, texts[3*n - 2], texts[3*n - 1], texts[3*n], attachments, auto_submitted, list_id, report, problems,
            authentication, signature, author_id, content
        from rows from (jsonb_to_recordset(changes->'messages') as (id uuid, account_id uuid, direction text, channel text, raw_id uuid,
            message_id text, in_reply_to text[], refs text[], addresses jsonb, from_address text, subject text, sent_at timestamptz,
            received_at timestamptz, preview text, attachments jsonb, auto_submitted text, list_id text, report jsonb, problems jsonb,
            authentication jsonb, signature jsonb, author_id uuid, content bytea)) with ordinality as m (id, account_id, direction, channel, raw_id,
            message_id, in_reply_to, refs, addresses, from_address, subject, sent_at, received_at, preview, attachments, auto_submitted,
            list_id, report, problems, authentication, signature, author_id, content, n);
    end if;
    if changes ? 'placements' then
        -- A number that already exists is an error, unless the row ends its placement.
        insert into placements as p (conversation_id, seq, message_id, method, evidence, since, until)
        select conversation_id, seq, message_id, method, evidence, since, until
        from jsonb_populate_recordset(null::placements, changes->'placements')
        order by until nulls last
        on conflict (conversation_id, seq) do update set until = excluded.until
            where p.message_id = excluded.message_id and excluded.until is not null;
        get diagnostics rows = row_count;
        if rows <> jsonb_array_length(changes->'placements') then
            raise unique_violation using constraint = 'placements_pkey', message = 'a number in a conversation was taken by another transaction';
        end if;
    end if;
    if changes ? 'refs' then
        insert into thread_refs as r (message_id, conversation_id, account_id, own)
        select message_id, conversation_id, account_id, own from jsonb_populate_recordset(null::thread_refs, changes->'refs')
        on conflict (message_id, conversation_id) do update set own = true where excluded.own and not r.own;
    end if;
    -- A conversation has one running stint: the old one ends before the new one begins.
    if changes ? 'ended' then
        update stints s set ended_at = e.ended_at from jsonb_populate_recordset(null::stints, changes->'ended') e
        where s.id = e.id and s.ended_at is null;
    end if;
    if changes ? 'begun' then
        insert into stints (id, conversation_id, inbox_id, tier, assignee_id, waiting_on, started_at, ended_at, reason)
        select id, conversation_id, inbox_id, tier, assignee_id, waiting_on, started_at, ended_at, reason
        from jsonb_populate_recordset(null::stints, changes->'begun');
    end if;
    if changes ? 'deliveries' then
        insert into deliveries (id, message_id, conversation_id, channel, recipient, return_path, envelope_id, state, attempts,
            next_attempt_at, code, enhanced_code, detail, lease_until, fence, settled, created_at, updated_at)
        select id, message_id, conversation_id, channel, recipient, return_path, envelope_id, state, attempts,
            coalesce(next_attempt_at, created_at), code, enhanced_code, detail, lease_until, fence,
            state in ('sent', 'delivered', 'failed', 'cancelled'), created_at, updated_at
        from jsonb_populate_recordset(null::deliveries, changes->'deliveries');
    end if;
    if changes ? 'results' then
        for result in
            select * from jsonb_to_recordset(changes->'results') as (delivery_id uuid, fence bigint, source text, at timestamptz, state text,
                code int, enhanced_code text, detail text, next_attempt_at timestamptz)
        loop
            -- The result of an attempt completes the delivery or sets the time of the next
            -- attempt. A DSN, which reports what happened later, does not change that time.
            update deliveries d set state = result.state, updated_at = result.at,
                code = case when result.source = 'attempt' or result.code <> 0 then result.code else d.code end,
                enhanced_code = case when result.source = 'client' then d.enhanced_code else result.enhanced_code end,
                detail = case when result.source = 'client' then d.detail else result.detail end,
                next_attempt_at = case when result.source = 'dsn' then d.next_attempt_at else coalesce(result.next_attempt_at, result.at) end,
                settled = case when result.source = 'dsn' then d.settled else result.next_attempt_at is null end,
                lease_until = case when result.source = 'dsn' then d.lease_until end
            where d.id = result.delivery_id
              and (result.fence = 0 or d.fence = result.fence and d.state = 'sending')
              and case result.source
                  when 'dsn' then d.state in ('sent', 'delayed', 'unknown', 'delivered')
                  when 'client' then d.state in ('queued', 'sending', 'sent', 'delayed', 'unknown')
                  else true end
            returning d.attempts into tries;
            if found then
                insert into delivery_attempts (delivery_id, attempt, at, source, state, code, enhanced_code, detail)
                values (result.delivery_id, tries, result.at, result.source, result.state, result.code, result.enhanced_code, result.detail);
            elsif result.fence <> 0 then
                deliveries_lost := deliveries_lost + 1;
            end if;
        end loop;
    end if;
    if changes ? 'events' then
        insert into events (at, subject_kind, subject_id, conversation_id, account_id, seq, kind, version, actor, data)
        select at, subject_kind, subject_id, conversation_id, account_id, seq, kind, version, actor, data
        from jsonb_populate_recordset(null::events, changes->'events');
    end if;
    -- Sessions are locked after conversations, as everywhere, to prevent deadlocks.
    if changes ? 'sessions' then
        update chat_sessions s set contact_id = l.contact_id, conversation_id = l.conversation_id, seen_at = now()
        from jsonb_to_recordset(changes->'sessions') as l (id uuid, contact_id uuid, conversation_id uuid)
        where s.id = l.id;
    end if;
    if changes ? 'processed' then
        -- Each row must still have the fence of this claim.
        update raws r set state = 'processed', problem = '', lease_until = null, message_id = p.message_id
        from jsonb_to_recordset(changes->'processed') as p (id uuid, fence bigint, message_id uuid)
        where r.id = p.id and r.fence = p.fence and r.state = 'pending';
        get diagnostics rows = row_count;
        raws_lost := jsonb_array_length(changes->'processed') - rows;
    end if;
    if changes ? 'repeated' then
        -- Bytes identical to the message's first raw row are stored once: a whole folder
        -- is received again when its server has renumbered it.
        update raws r set bytes = '', same_as = f.id
        from messages m join raws f on f.id = m.raw_id
        where r.id = any(array(select jsonb_array_elements_text(changes->'repeated')::uuid)) and m.id = r.message_id and f.id <> r.id
          and f.same_as is null and r.same_as is null and f.bytes = r.bytes;
    end if;
end $$;

-- Reads everything that a batch's decisions depend on (ingest.Snapshot), in one call:
-- it locks the accounts concerned, reads, and locks the conversations and deliveries
-- that it returns. A volatile function takes a new snapshot for each of its statements,
-- so it sees everything that was committed before its locks were granted.
--
-- It returns an object with a list of rows for each part that was asked for. A
-- statement costs more than the few rows that it reads, so each part is one statement,
-- and is left out when nothing depends on it. opens says that a message may open a
-- conversation, for which the routing policy counts the account's open ones; that a
-- session has no open conversation yet is found here. The transaction does not wait
-- for the disk when it commits: see Store.Process.
create function read_snapshot(scope_addresses text[], scope_domains text[], channels text[], addresses text[], domains text[],
        sessions uuid[], tokens uuid[], message_ids text[], own_ids text[], reported text[], authors text[],
        recent_channels text[], recent_addresses text[], opens boolean)
    returns json
    language plpgsql
    set plan_cache_mode = force_generic_plan
    set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
    mode      text := set_config('synchronous_commit', 'off', true);
    wanted    uuid[] := tokens; -- conversations
    accounts  uuid[];
    recent    uuid[];
    more      uuid[];
    hosts     text[];
    known_by  bigint;
    begins    boolean;
    session_rows json; contact_rows json; domain_rows json; known_rows json; sent_rows json; agent_rows json; last_rows json;
    stored_rows json; conversation_rows json; stint_rows json; account_rows json; delivery_rows json;
begin
    -- One lock for each account, in sorted order. An account that does not exist yet is
    -- identified by the domain or address for which it would be created. No address is
    -- an identity on both channels.
    perform pg_advisory_xact_lock(k)
    from (select distinct hashtextextended(coalesce(
              (select c.account_id from identities i join contacts c on c.id = i.contact_id
               where i.channel = any(array['email', 'chat']) and i.address = s.address limit 1)::text,
              (select d.account_id from account_domains d where d.domain = s.domain)::text,
              nullif(s.domain, ''), s.address), 0) as k
          from unnest(scope_addresses, scope_domains) as s (address, domain)
          order by 1) as keys;

    if cardinality(sessions) > 0 then
        select json_agg(t), array_agg(t.conversation_id) filter (where t.conversation_id is not null),
               array_agg(t.host) filter (where t.host is not null), bool_or(t.conversation_id is null)
        into session_rows, more, hosts, begins
        from (select s.id, s.contact_id, s.conversation_id, c.account_id, s.name, s.email,
                     case when s.email like '%@_%' then lower(substr(s.email, strpos(s.email, '@') + 1)) end as host
              from chat_sessions s left join contacts c on c.id = s.contact_id where s.id = any(sessions)) t;
        wanted := wanted || more;
        domains := domains || hosts;
        opens := opens or coalesce(begins, true);
    end if;
    select json_agg(t), array_agg(t.account_id), count(*) into contact_rows, accounts, known_by
    from (select i.channel, i.address, i.trust, i.verified_at, c.id, c.account_id, c.name, c.created_at
          from unnest(channels, addresses) as k (channel, address)
          join identities i on i.channel = k.channel and i.address = k.address
          join contacts c on c.id = i.contact_id) t;
    if known_by < cardinality(addresses) then
        -- A domain leads a new contact to an account.
        opens := true;
        select json_agg(t), array_agg(t.account_id) into domain_rows, more
        from (select d.domain, d.account_id from account_domains d where d.domain = any(domains)) t;
        accounts := accounts || more;
    end if;
    if cardinality(message_ids) > 0 then
        select json_agg(t), array_agg(t.conversation_id) into known_rows, more
        from (select r.message_id, r.conversation_id, r.own from thread_refs r where r.message_id = any(message_ids)) t;
        wanted := wanted || more;
        select json_agg(t) into sent_rows
        from (select m.id, m.message_id, p.conversation_id from messages m join placements p on p.message_id = m.id
              where m.message_id = any(message_ids) and m.direction = 'outbound' and p.until is null) t;
    end if;
    if cardinality(authors) > 0 then
        select json_agg(t) into agent_rows
        from (select a.id, a.name, a.email, a.tiers, a.admin from agents a where a.email = any(authors) and not a.disabled) t;
    end if;
    if cardinality(recent_addresses) > 0 then
        -- The newest conversations of senders whose mail may be a reply without headers.
        recent := array(select v.id
            from unnest(recent_channels, recent_addresses) as k (channel, address)
            join identities i on i.channel = k.channel and i.address = k.address
            cross join lateral (select v.id from conversations v where v.contact_id = i.contact_id order by v.updated_at desc limit 20) v);
        wanted := wanted || recent;
        select json_agg(t) into last_rows
        from (select p.conversation_id, m.message_id, m.from_address, coalesce(m.addresses->'from'->0->>'name', '') as from_name,
                     m.sent_at, left(m.new_text, 20000) as new_text, left(m.text_body, 20000) as text_body
              from (select distinct r from unnest(recent) as u (r)) as c
              cross join lateral (select p.conversation_id, p.seq, p.message_id from placements p
                                  where p.conversation_id = c.r and p.until is null
                                    and (select n.direction from messages n where n.id = p.message_id) <> 'note'
                                  order by p.seq desc limit 5) p
              join messages m on m.id = p.message_id
              order by p.conversation_id, p.seq desc) t;
    end if;
    if cardinality(own_ids) > 0 then
        select json_agg(t), array_agg(t.conversation_id) into stored_rows, more
        from (select m.id, p.conversation_id, m.account_id, m.message_id, encode(m.content, 'hex') as content
              from messages m join placements p on p.message_id = m.id
              where m.message_id = any(own_ids) and m.direction = 'inbound' and p.until is null) t;
        wanted := wanted || more;
    end if;
    if cardinality(wanted) > 0 then
        -- Include the conversations that these were merged into.
        if exists (select from conversations v where v.id = any(wanted) and v.merged_into is not null) then
            with recursive merged (id) as (
                select unnest(wanted)
                union
                select (select v.merged_into from conversations v where v.id = w.id) from merged w where w.id is not null
            )
            select array_agg(id) into wanted from merged where id is not null;
        end if;
        -- In order of id, so that two batches cannot deadlock.
        select json_agg(t), opens or bool_or(t.status in ('resolved', 'closed')) into conversation_rows, opens
        from (select * from conversations where id = any(wanted) order by id for no key update) t;
        select json_agg(t) into stint_rows
        from (select * from stints where conversation_id = any(wanted) and ended_at is null) t;
    end if;
    if cardinality(accounts) > 0 then
        select json_agg(t) into account_rows
        from (select a.*, case when opens then (select array_agg(d.domain order by d.domain) from account_domains d where d.account_id = a.id) end as domains,
                     case when opens then (select count(*) from conversations v where v.account_id = a.id and v.status = 'open') else 0 end as open
              from accounts a where a.id = any(accounts)) t;
    end if;
    if cardinality(reported) > 0 then
        select json_agg(t) into delivery_rows
        from (select d.*, (select m.author_id is not null from messages m where m.id = d.message_id) as personal
              from deliveries d
              where d.message_id = any(array(select m.id from messages m where m.message_id = any(reported) and m.direction = 'outbound'))
              order by d.id for no key update) t;
    end if;
    return json_build_object('now', now(), 'sessions', session_rows, 'contacts', contact_rows, 'domains', domain_rows, 'known', known_rows,
        'sent', sent_rows, 'agents', agent_rows, 'last', last_rows, 'stored', stored_rows, 'conversations', conversation_rows,
        'stints', stint_rows, 'accounts', account_rows, 'deliveries', delivery_rows);
end $$;
