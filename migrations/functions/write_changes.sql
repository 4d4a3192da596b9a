-- Writes everything that changes conversations (desk.Changes). changes has a list of
-- rows for each table that is written to; texts has text_body, html_body and new_text
-- of each message, then the sender and the text that searches compare, and blobs the
-- bytes of each blob, because these would have to be escaped in JSON. One call is one round trip, and tables that are not in changes
-- cost nothing.
--
-- numbers are those of the new conversations, in the same order. raws_lost and
-- deliveries_lost count claims that other nodes have taken over; if there are any, the
-- caller rolls back.
--
-- The settings make every plan look up rows by key: the first plan may be made on
-- empty tables, where a scan looks as cheap.
create or replace function write_changes(changes jsonb, texts text[], blobs bytea[],
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
        insert into accounts (id, name, folded, segment, timezone, attributes, tags, created_at)
        select id, name, folded, segment, timezone, attributes, tags, created_at
        from jsonb_populate_recordset(null::accounts, changes->'accounts');
    end if;
    if changes ? 'domains' then
        insert into account_domains (domain, account_id)
        select domain, account_id from jsonb_populate_recordset(null::account_domains, changes->'domains');
    end if;
    if changes ? 'contacts' then
        insert into contacts (id, account_id, name, folded, created_at)
        select id, account_id, name, folded, created_at from jsonb_populate_recordset(null::contacts, changes->'contacts');
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
                last_inbound_at, last_reply_at, waiting_since, snoozed_until, resolved_at, merged_into, last_seq, created_at, updated_at,
                sla, segment, gap, due_at, check_at, service)
            select id, account_id, contact_id, subject, channel, status, priority, inbox_id, tier, assignee_id, tags,
                restricted, path, policy_version, reply_channel, reply_to, reply_from, participants, waiting_on, preview,
                last_inbound_at, last_reply_at, waiting_since, snoozed_until, resolved_at, merged_into, last_seq, created_at, updated_at,
                sla, segment, gap, due_at, check_at, service
            from jsonb_populate_recordset(null::conversations, changes->'opened')
            returning number
        )
        select array_agg(number order by number) into numbers from opened;
    end if;
    if changes ? 'updated' then
        update conversations c set (account_id, contact_id, subject, channel, status, priority, inbox_id, tier, assignee_id, tags,
                restricted, path, policy_version, reply_channel, reply_to, reply_from, participants, waiting_on, preview,
                last_inbound_at, last_reply_at, waiting_since, snoozed_until, resolved_at, merged_into, last_seq, updated_at,
                sla, segment, gap, due_at, check_at, service)
            = (v.account_id, v.contact_id, v.subject, v.channel, v.status, v.priority, v.inbox_id, v.tier, v.assignee_id, v.tags,
                v.restricted, v.path, v.policy_version, v.reply_channel, v.reply_to, v.reply_from, v.participants, v.waiting_on, v.preview,
                v.last_inbound_at, v.last_reply_at, v.waiting_since, v.snoozed_until, v.resolved_at, v.merged_into, v.last_seq, v.updated_at,
                v.sla, v.segment, v.gap, v.due_at, v.check_at, v.service)
        from jsonb_populate_recordset(null::conversations, changes->'updated') v
        where c.id = v.id;
        get diagnostics rows = row_count;
        if rows <> jsonb_array_length(changes->'updated') then
            raise exception '% of % conversations to update are missing', jsonb_array_length(changes->'updated') - rows, jsonb_array_length(changes->'updated');
        end if;
    end if;
    if changes ? 'facts' then
        insert into conversation_facts as f (conversation_id, facts)
        select conversation_id, facts from jsonb_populate_recordset(null::conversation_facts, changes->'facts')
        on conflict (conversation_id) do update set facts = excluded.facts;
    end if;
    if changes ? 'clocks' then
        -- A clock that has ended changes only when it continues, because the conversation is
        -- reopened or the reply that met it is undone, and when a later reply meets it instead.
        insert into clocks as k (id, conversation_id, metric, policy, policy_version, tier, state, started_at, due_at, met_at, breached_at,
            ended_at, target_us, used_us, counted_at, paused, warnings)
        select id, conversation_id, metric, policy, policy_version, tier, state, started_at, due_at, met_at, breached_at,
            ended_at, target_us, used_us, counted_at, paused, warnings
        from jsonb_populate_recordset(null::clocks, changes->'clocks')
        on conflict (id) do update set (policy, policy_version, state, due_at, met_at, breached_at, ended_at, target_us, used_us, counted_at, paused, warnings)
            = (excluded.policy, excluded.policy_version, excluded.state, excluded.due_at, excluded.met_at, excluded.breached_at, excluded.ended_at,
                excluded.target_us, excluded.used_us, excluded.counted_at, excluded.paused, excluded.warnings)
            where k.ended_at is null or excluded.ended_at is null or k.state = 'met' and excluded.state in ('met', 'void');
    end if;
    if changes ? 'notices' then
        -- Each is addressed to one or several agents; an inbox that nobody leads has its
        -- admins told. Those who may not read the conversation are not told.
        with told as (
            insert into notices (id, agent_id, conversation_id, kind, rule, text, at)
            select n.id, a.id, n.conversation_id, n.kind, n.rule, n.text, n.at
            from jsonb_to_recordset(changes->'notices') as n (id uuid, conversation_id uuid, inbox_id uuid, "to" text, agent_id uuid, kind text, rule text, text text, at timestamptz)
            join conversations c on c.id = n.conversation_id
            join inboxes i on i.id = n.inbox_id
            join agents a on not a.disabled and (a.id = n.agent_id or a.email = n."to" or n."to" = 'inbox-lead' and i.key = any(a.leads)
                or a.admin and (n."to" = 'admins' or n."to" = 'inbox-lead' and not exists (select from agents l where not l.disabled and i.key = any(l.leads))))
            where may_read(c.restricted, c.tier, c.inbox_id, agent_inboxes(a), case when not a.admin then a.tiers end)
            on conflict do nothing
            returning id, agent_id, conversation_id, kind, at
        )
        insert into events (at, subject_kind, subject_id, kind, version, actor, data)
        select at, 'agent', 'ag_' || replace(agent_id::text, '-', ''), 'notice.created', 1, 'system',
            jsonb_build_object('notice_id', 'nt_' || replace(id::text, '-', ''), 'conversation_id', 'cv_' || replace(conversation_id::text, '-', ''), 'notice', kind)
        from told;
    end if;
    if changes ? 'blobs' then
        insert into blobs (sha256, size, bytes)
        select b->>'sha256', (b->>'size')::bigint, blobs[n] from jsonb_array_elements(changes->'blobs') with ordinality as t (b, n)
        on conflict (sha256) do nothing;
    end if;
    if changes ? 'messages' then
        insert into messages (id, account_id, direction, channel, raw_id, message_id, in_reply_to, refs, addresses, from_address, subject,
            sent_at, received_at, preview, text_body, html_body, new_text, attachments, auto_submitted, list_id, report, problems,
            authentication, signature, author_id, third_party, content)
        select id, account_id, direction, channel, raw_id, message_id, in_reply_to, refs, addresses, from_address, subject,
            sent_at, received_at, preview, texts[3*n - 2], texts[3*n - 1], texts[3*n], attachments, auto_submitted, list_id, report, problems,
            authentication, signature, author_id, coalesce(third_party, false), content
        from rows from (jsonb_to_recordset(changes->'messages') as (id uuid, account_id uuid, direction text, channel text, raw_id uuid,
            message_id text, in_reply_to text[], refs text[], addresses jsonb, from_address text, subject text, sent_at timestamptz,
            received_at timestamptz, preview text, attachments jsonb, auto_submitted text, list_id text, report jsonb, problems jsonb,
            authentication jsonb, signature jsonb, author_id uuid, third_party boolean, content bytea)) with ordinality as m (id, account_id, direction, channel, raw_id,
            message_id, in_reply_to, refs, addresses, from_address, subject, sent_at, received_at, preview, attachments, auto_submitted,
            list_id, report, problems, authentication, signature, author_id, third_party, content, n);
        rows := 3 * jsonb_array_length(changes->'messages');
        insert into search_texts (message_id, sender, text)
        select id, texts[rows + 2*n - 1], texts[rows + 2*n]
        from rows from (jsonb_to_recordset(changes->'messages') as (id uuid)) with ordinality as m (id, n);
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
        -- A message that was known before is indexed again, for its new conversation.
        if rows > coalesce(jsonb_array_length(changes->'messages'), 0) then
            update search_texts s set block = null
            from jsonb_populate_recordset(null::placements, changes->'placements') p
            where s.message_id = p.message_id and p.until is null and s.block is not null;
        end if;
    end if;
    if changes ? 'refs' then
        insert into thread_refs as r (message_id, conversation_id, account_id, own)
        select message_id, conversation_id, account_id, own from jsonb_populate_recordset(null::thread_refs, changes->'refs')
        on conflict (message_id, conversation_id) do update set own = true where excluded.own and not r.own;
    end if;
    if changes ? 'merges' then
        -- Messages moved from one conversation ("left") to another ("joined"), where they are
        -- numbered up to last. Agents who had read all of both have read them there.
        insert into read_marks as r (agent_id, conversation_id, seq)
        select k.agent_id, m.joined, m.last
        from jsonb_to_recordset(changes->'merges') as m (left_id uuid, joined uuid, first bigint, last bigint, at timestamptz)
        join read_marks k on k.conversation_id = m.left_id
        where not exists (select from placements p where p.conversation_id = m.left_id and p.until = m.at and p.seq > k.seq
                            and (select i.direction from messages i where i.id = p.message_id) = 'inbound')
          and not exists (select from placements p where p.conversation_id = m.joined and p.until is null and p.seq < m.first
                            and p.seq > coalesce((select o.seq from read_marks o where o.agent_id = k.agent_id and o.conversation_id = m.joined), 0)
                            and (select i.direction from messages i where i.id = p.message_id) = 'inbound')
        on conflict (agent_id, conversation_id) do update set seq = greatest(r.seq, excluded.seq);
        -- Drafts follow, unless their author has begun another one there, too.
        update drafts d set conversation_id = m.joined, seen = 0
        from jsonb_to_recordset(changes->'merges') as m (left_id uuid, joined uuid, undone boolean)
        where not m.undone and d.conversation_id = m.left_id
          and not exists (select from drafts o where o.agent_id = d.agent_id and o.conversation_id = m.joined and o.kind = d.kind);
        -- Conversations that a person has separated stay separated.
        insert into separations (conversation_id, other_id)
        select unnest(array[m.joined, m.left_id]), unnest(array[m.left_id, m.joined])
        from jsonb_to_recordset(changes->'merges') as m (left_id uuid, joined uuid, undone boolean) where m.undone
        union
        select unnest(array[m.joined, s.other_id]), unnest(array[s.other_id, m.joined])
        from jsonb_to_recordset(changes->'merges') as m (left_id uuid, joined uuid, undone boolean)
        join separations s on s.conversation_id = m.left_id
        where not m.undone and s.other_id <> m.joined
        on conflict do nothing;
        -- Tasks go along, and come back with the undo. Those who help with one conversation
        -- help with the other one.
        for result in
            select left_id, joined, undone from rows from (jsonb_to_recordset(changes->'merges') as (left_id uuid, joined uuid, undone boolean))
                with ordinality as m (left_id, joined, undone, n) order by n
        loop
            update tasks t set conversation_id = result.joined,
                moved_from = case when result.undone then t.moved_from[2:] else result.left_id || t.moved_from end
            where t.conversation_id = result.left_id and (not result.undone or t.moved_from[1] = result.joined);
            if not result.undone then
                insert into helpers (conversation_id, agent_id, invited_by, since)
                select result.joined, h.agent_id, h.invited_by, h.since from helpers h where h.conversation_id = result.left_id
                on conflict do nothing;
            end if;
        end loop;
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
    if changes ? 'overdue' then
        update tasks t set overdue_at = o.at
        from jsonb_to_recordset(changes->'overdue') as o (id uuid, at timestamptz)
        where t.id = o.id;
    end if;
    if changes ? 'tasks' then
        insert into tasks (id, conversation_id, inbox_id, title, note, state, assignee_id, opened_by, due_in_us, due_at, overdue_at,
            result, result_id, opened_at, updated_at, closed_at, closed_by)
        select id, conversation_id, inbox_id, title, note, state, assignee_id, opened_by, due_in_us, due_at, overdue_at,
            result, result_id, opened_at, updated_at, closed_at, closed_by
        from jsonb_populate_recordset(null::tasks, changes->'tasks')
        on conflict (id) do update set (title, state, assignee_id, due_at, overdue_at, result, result_id, updated_at, closed_at, closed_by)
            = (excluded.title, excluded.state, excluded.assignee_id, excluded.due_at, excluded.overdue_at, excluded.result,
                excluded.result_id, excluded.updated_at, excluded.closed_at, excluded.closed_by);
    end if;
    if changes ? 'left' then
        delete from helpers h
        using jsonb_populate_recordset(null::helpers, changes->'left') l
        where h.conversation_id = l.conversation_id and h.agent_id = l.agent_id;
    end if;
    if changes ? 'invited' then
        insert into helpers (conversation_id, agent_id, invited_by, since)
        select conversation_id, agent_id, invited_by, since from jsonb_populate_recordset(null::helpers, changes->'invited')
        on conflict do nothing;
    end if;
    if changes ? 'deliveries' then
        insert into deliveries (id, message_id, conversation_id, channel, recipient, return_path, envelope_id, state, attempts,
            next_attempt_at, code, enhanced_code, detail, lease_until, fence, settled, created_at, updated_at, destination)
        select id, message_id, conversation_id, channel, recipient, return_path, envelope_id, state, attempts,
            coalesce(next_attempt_at, created_at), code, enhanced_code, detail, lease_until, fence,
            state in ('sent', 'delivered', 'failed', 'cancelled'), created_at, updated_at,
            delivery_destination(channel, recipient, (select m.from_address from messages m where m.id = d.message_id))
        from jsonb_populate_recordset(null::deliveries, changes->'deliveries') d;
    end if;
    if changes ? 'results' then
        for result in
            select * from jsonb_to_recordset(changes->'results') as (delivery_id uuid, fence bigint, source text, at timestamptz, state text, server text,
                code int, enhanced_code text, detail text, next_attempt_at timestamptz, late boolean)
        loop
            -- The result of an attempt completes the delivery or sets the time of the next
            -- attempt. What is reported later, by a DSN or a copy, ends the attempts.
            update deliveries d set state = result.state, updated_at = result.at,
                code = case when result.source = 'attempt' or result.code <> 0 then result.code else d.code end,
                enhanced_code = case when result.source = 'client' then d.enhanced_code else result.enhanced_code end,
                detail = case when result.source = 'client' then d.detail else result.detail end,
                next_attempt_at = case when result.source in ('dsn', 'copy') then d.next_attempt_at else coalesce(result.next_attempt_at, result.at) end,
                settled = result.next_attempt_at is null,
                lease_until = case when result.source in ('dsn', 'copy') then d.lease_until end,
                warned_at = case when result.late then result.at else d.warned_at end,
                owner = case when result.source in ('dsn', 'copy') then d.owner end
            where d.id = result.delivery_id
              and (result.fence = 0 or d.fence = result.fence and d.state = 'sending')
              and case result.source
                  when 'dsn' then d.state in ('sent', 'delayed', 'unknown', 'delivered')
                  when 'copy' then d.state = 'unknown'
                  when 'client' then d.state in ('queued', 'sending', 'sent', 'delayed', 'unknown')
                  else true end
            returning d.attempts into tries;
            if found then
                insert into delivery_attempts (delivery_id, attempt, at, source, state, server, code, enhanced_code, detail)
                values (result.delivery_id, tries, result.at, result.source, result.state, coalesce(result.server, ''), result.code, result.enhanced_code, result.detail);
            elsif result.fence <> 0 then
                deliveries_lost := deliveries_lost + 1;
            elsif result.source in ('dsn', 'copy') then
                -- While an attempt is running, a report is kept until the attempt ends: see delivery-reported.
                insert into delivery_attempts (delivery_id, attempt, at, source, state, enhanced_code, detail)
                select d.id, d.attempts, result.at, result.source, result.state, result.enhanced_code, result.detail
                from deliveries d where d.id = result.delivery_id and d.state = 'sending';
            end if;
        end loop;
    end if;
    if changes ? 'operations' then
        for result in
            select * from jsonb_to_recordset(changes->'operations') as (delivery_id uuid, action text, was text, state text, on_hold boolean,
                next_attempt_at timestamptz, reason text, by_id uuid, at timestamptz)
        loop
            update deliveries d set state = result.state, on_hold = result.on_hold, updated_at = result.at,
                next_attempt_at = coalesce(result.next_attempt_at, d.next_attempt_at),
                settled = case result.action when 'retry' then false when 'hold' then d.settled when 'release' then d.settled else true end,
                period_at = case when result.action = 'retry' then result.at else d.period_at end,
                warned_at = case when result.action <> 'retry' then d.warned_at end,
                period_attempts = case when result.action = 'retry' then d.attempts else d.period_attempts end
            where d.id = result.delivery_id and d.state = result.was
            returning d.attempts into tries;
            if found then
                insert into delivery_attempts (delivery_id, attempt, at, source, state, detail, action, agent_id)
                values (result.delivery_id, tries, result.at, 'person', result.state, result.reason, result.action, result.by_id);
                -- Whoever retries may know that the destination works again.
                if result.action = 'retry' then
                    update destinations n set failures = 0, failing_since = null, blocked_until = null
                    from deliveries d where d.id = result.delivery_id and n.name = d.destination and n.failures > 0;
                end if;
            else
                deliveries_lost := deliveries_lost + 1;
            end if;
        end loop;
    end if;
    if changes ? 'unreached' then
        insert into address_health as h (address, suppressed_at, reason, failures, code, enhanced_code, detail, first_failed_at, last_failed_at)
        select address, case when permanent or after <= 1 then at end, case when permanent then 'no-mailbox' when after <= 1 then 'repeated' else '' end, 1,
            code, enhanced_code, detail, at, at
        from (select distinct on (address) * from jsonb_to_recordset(changes->'unreached') as u (address text, permanent boolean, after int, code int,
                enhanced_code text, detail text, at timestamptz) order by address, permanent desc) u
        on conflict (address) do update set failures = h.failures + 1,
            suppressed_at = coalesce(h.suppressed_at, excluded.suppressed_at,
                case when h.failures + 1 >= (select max((u->>'after')::int) from jsonb_array_elements(changes->'unreached') u) then excluded.last_failed_at end),
            reason = case when h.suppressed_at is not null or excluded.reason <> '' then coalesce(nullif(excluded.reason, ''), h.reason)
                when h.failures + 1 >= (select max((u->>'after')::int) from jsonb_array_elements(changes->'unreached') u) then 'repeated' else '' end,
            code = excluded.code, enhanced_code = excluded.enhanced_code, detail = excluded.detail, last_failed_at = excluded.last_failed_at,
            first_failed_at = case when h.failures = 0 then excluded.first_failed_at else h.first_failed_at end;
    end if;
    if changes ? 'reached' then
        update address_health h set suppressed_at = null, reason = '', failures = 0, lifted_at = r.at, lifted_by = r.by_id
        from jsonb_to_recordset(changes->'reached') as r (address text, by_id uuid, at timestamptz)
        where h.address = r.address and h.failures > 0;
    end if;
    if changes ? 'released' then
        -- Scheduled replies are queued, and are written at that instant.
        update deliveries d set state = 'queued', next_attempt_at = r.at, updated_at = r.at
        from jsonb_to_recordset(changes->'released') as r (message_id uuid, at timestamptz)
        where d.message_id = r.message_id and d.state = 'scheduled';
        update messages m set sent_at = r.at, received_at = r.at
        from jsonb_to_recordset(changes->'released') as r (message_id uuid, at timestamptz)
        where m.id = r.message_id;
    end if;
    if changes ? 'cancelled' then
        -- All deliveries of a message, or it is a conflict: what has left cannot be undone.
        update deliveries d set state = 'cancelled', settled = true, updated_at = k.at
        from jsonb_to_recordset(changes->'cancelled') as k (message_id uuid, at timestamptz)
        where d.message_id = k.message_id and d.state in ('held', 'scheduled');
        select deliveries_lost + count(*) into deliveries_lost
        from jsonb_to_recordset(changes->'cancelled') as k (message_id uuid)
        join deliveries d on d.message_id = k.message_id and d.state <> 'cancelled';
        -- Its author gets it as a draft, before what they have begun to write since.
        insert into drafts as o (agent_id, conversation_id, kind, text, recipients, attachments, seen)
        select m.author_id, k.conversation_id, case when m.third_party then 'forward' else 'reply' end, r.draft,
            case when m.channel = 'email' then jsonb_build_object('to', address_texts(m.addresses->'to'), 'cc', address_texts(m.addresses->'cc'))
                || case when m.addresses ? 'bcc' then jsonb_build_object('bcc', address_texts(m.addresses->'bcc')) else '{}' end end, r.files,
            coalesce((select max(p.seq) from placements p join messages i on i.id = p.message_id
                      where p.conversation_id = k.conversation_id and p.until is null and i.received_at <= m.received_at), 0)
        from jsonb_to_recordset(changes->'cancelled') as k (message_id uuid, conversation_id uuid)
        join messages m on m.id = k.message_id and m.author_id is not null and m.new_text <> ''
        cross join restore_uploads(m.id) r
        on conflict (agent_id, conversation_id, kind) do update
            set attachments = case when o.text = excluded.text and o.attachments <> '{}' then o.attachments
                    else excluded.attachments || array(select w.id from unnest(o.attachments) with ordinality as w (id, n) where w.id <> all (excluded.attachments) order by w.n) end,
                text = case when o.text = excluded.text then o.text else excluded.text || e'\n\n' || o.text end, recipients = excluded.recipients,
                updated_at = greatest(now(), o.updated_at + interval '1 microsecond');
    end if;
    if changes ? 'automatic' then
        insert into automatic_due (conversation_id, message_id, kind, at, facts)
        select conversation_id, message_id, kind, at, facts from jsonb_populate_recordset(null::automatic_due, changes->'automatic');
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
        where r.id = p.id and r.fence = p.fence and r.state || '' = 'pending';
        get diagnostics rows = row_count;
        raws_lost := jsonb_array_length(changes->'processed') - rows;
        -- No row is processed before an earlier one of its stream. The rows of this batch
        -- are no longer pending.
        if exists (select from jsonb_to_recordset(changes->'processed') as p (id uuid)
                   join raws r on r.id = p.id
                   where exists (select from raws e where e.stream = r.stream and e.state = 'pending' and e.arrival < r.arrival offset 0)) then
            raise integrity_constraint_violation using constraint = 'raws_order',
                message = 'an earlier message of the same source is still pending';
        end if;
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
