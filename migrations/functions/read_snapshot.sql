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
create or replace function read_snapshot(scope_addresses text[], scope_domains text[], channels text[], addresses text[], domains text[],
        sessions uuid[], tokens uuid[], message_ids text[], own_ids text[], reported text[], authors text[],
        recent_channels text[], recent_addresses text[], recent_cites text[], opens boolean,
        failed_addresses text[], failed_envelopes uuid[], failed_conversations uuid[])
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
    returned  uuid[]; -- deliveries
    hosts     text[];
    known_by  bigint;
    begins    boolean;
    moved     uuid[]; -- what conversations were merged into meanwhile
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
        from (select m.id, m.message_id, p.conversation_id, case when m.message_id = any(own_ids) then left(m.text_body, 100000) else '' end as text_body, m.third_party from messages m join placements p on p.message_id = m.id
              where m.message_id = any(message_ids) and m.direction = 'outbound' and p.until is null) t;
    end if;
    if cardinality(sessions) > 0 then
        authors := authors || array(select lower(s.email) from chat_sessions s where s.id = any(sessions) and s.email <> '');
    end if;
    if cardinality(authors) > 0 then
        select json_agg(t) into agent_rows
        from (select a.id, a.name, a.email, a.tiers, a.admin, agent_inboxes(a) as sees from agents a where a.email = any(authors) and not a.disabled) t;
    end if;
    if cardinality(recent_addresses) > 0 then
        -- The newest conversations of senders whose mail may be a reply without headers,
        -- or with headers that cite nothing known (one Message-ID to a line).
        select array_agg(v.id), bool_or(v.merged_into is not null) into recent, begins
            from unnest(recent_channels, recent_addresses, recent_cites) as k (channel, address, cites)
            join identities i on i.channel = k.channel and i.address = k.address
            cross join lateral (select v.id, v.merged_into from conversations v where v.contact_id = i.contact_id order by v.updated_at desc limit 20) v
            where not exists (select from thread_refs r where r.message_id = any(string_to_array(k.cites, E'\n')));
        wanted := wanted || recent;
        if begins then
            -- Their messages are in the conversations that they were merged into.
            with recursive merged (id) as (
                select unnest(recent)
                union
                select (select v.merged_into from conversations v where v.id = w.id) from merged w where w.id is not null
            )
            select array_agg(id) into recent from merged where id is not null;
        end if;
        select json_agg(t) into last_rows
        from (select p.conversation_id, m.message_id, m.from_address, coalesce(m.addresses->'from'->0->>'name', '') as from_name,
                     m.sent_at, left(m.new_text, 20000) as new_text, left(m.text_body, 20000) as text_body
              from (select distinct r from unnest(recent) as u (r)) as c
              cross join lateral (select p.conversation_id, p.seq, p.message_id from placements p
                                  where p.conversation_id = c.r and p.until is null
                                    and (select n.direction <> 'note' and not n.third_party from messages n where n.id = p.message_id)
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
    if cardinality(reported) + cardinality(failed_addresses) + cardinality(failed_envelopes) + cardinality(failed_conversations) > 0 then
        -- The deliveries that a delivery status may be about: those of the message that it
        -- names, and the newest to its recipients and of the conversation it came back to.
        select array_agg(t.id), array_agg(t.conversation_id) into returned, more
        from (select d.id, p.conversation_id
              from (select d.id from messages m join deliveries d on d.message_id = m.id
                    where m.message_id = any(reported) and m.direction = 'outbound'
                    union
                    select d.id from deliveries d where d.id = any(failed_envelopes)
                    union
                    select n.id from unnest(failed_addresses) as a (address) cross join lateral
                        (select d.id from deliveries d where lower(d.recipient) = a.address and d.created_at > now() - interval '30 days'
                         order by d.created_at desc limit 30) n
                    union
                    select n.id from unnest(failed_conversations) as v (id) cross join lateral
                        (select d.id from deliveries d where d.conversation_id = v.id order by d.created_at desc limit 50) n) as u
              join deliveries d on d.id = u.id
              join placements p on p.message_id = d.message_id and p.until is null
              where d.channel = 'email') t;
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
        loop
            -- In order of id, so that two batches cannot deadlock.
            select json_agg(t), opens or bool_or(t.status in ('resolved', 'closed')), array_agg(t.merged_into) filter (where t.merged_into <> all(wanted))
            into conversation_rows, opens, moved
            from (select * from conversations where id = any(wanted) order by id for no key update) t;
            -- While this waited for the locks, an agent may have merged one into another.
            exit when moved is null;
            wanted := wanted || moved;
        end loop;
        select json_agg(t) into stint_rows
        from (select * from stints where conversation_id = any(wanted) and ended_at is null) t;
    end if;
    if cardinality(accounts) > 0 then
        select json_agg(t) into account_rows
        from (select a.*, case when opens then (select array_agg(d.domain order by d.domain) from account_domains d where d.account_id = a.id) end as domains,
                     case when opens then (select count(*) from conversations v where v.account_id = a.id and v.status = 'open') else 0 end as open
              from accounts a where a.id = any(accounts)) t;
    end if;
    if cardinality(returned) > 0 then
        select json_agg(t) into delivery_rows
        from (select d.*, m.author_id is not null as personal, m.third_party, m.subject, m.in_reply_to, m.refs,
                     (select p.conversation_id from placements p where p.message_id = d.message_id and p.until is null
                      order by p.conversation_id <> d.conversation_id limit 1) as placed
              from deliveries d join messages m on m.id = d.message_id
              where d.id = any(returned) order by d.id for no key update of d) t;
    end if;
    return json_build_object('now', now(), 'sessions', session_rows, 'contacts', contact_rows, 'domains', domain_rows, 'known', known_rows,
        'sent', sent_rows, 'agents', agent_rows, 'last', last_rows, 'stored', stored_rows, 'conversations', conversation_rows,
        'stints', stint_rows, 'accounts', account_rows, 'deliveries', delivery_rows);
end $$;
