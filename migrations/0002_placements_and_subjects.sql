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
-- A message and the event that announced it have the same number. Foreign keys
-- and indexes come afterwards, which is faster than keeping them up to date.
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
-- see: their own, and what was sent to this session. Notes, and other people's
-- mail in the same conversation, are never among them. An answer that may still
-- be undone hides itself and everything after it, so that a visitor only ever
-- receives growing numbers. A position in another conversation than the
-- session's counts as the beginning.
--
-- Each table is read by key in a subquery of its own, so that the plan does not
-- depend on how full the tables were when the statement was prepared: it reads
-- one range of placements_pkey, and the rest of each line by key.
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
-- asks for UIDs that only grow, RFC 7162 §3.1 for modification sequences.
create table imap_mailboxes (
    inbox_id       uuid primary key references inboxes,
    uid_validity   bigint not null check (uid_validity between 1 and 4294967295),
    uid_next       bigint not null default 1 check (uid_next between 1 and 4294967296),
    highest_modseq bigint not null default 1 check (highest_modseq > 0)
);
-- A placement's UID. An expunged one stays, so that clients that were away can
-- be told (RFC 7162 §3.2.10, VANISHED); a placement that returns to the inbox
-- gets a new UID.
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

-- Who has to act. The default fits most of the existing rows, which then need
-- not be written.
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
