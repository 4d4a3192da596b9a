-- What readers did with the articles of the knowledge base, from which "deflection" is measured.
--
-- A visit is what one client does on one day (UTC): a keyed hash of the day, the client's network
-- and its User-Agent. There is no cookie, and nothing that leads back to the client. People behind
-- the same address with the same browser are one visit, which makes deflection smaller, not larger.
--
-- kind:  shown      an article was suggested while somebody was writing (place: widget or form), or found by a search (page)
--        opened     its page was opened; place is where the link was
--        helpful, unhelpful   the answer to "Was this helpful?" (page)
--        wrote      the client sent a message by the chat or a form; article_id is null. It is recorded for the
--                   visits of the same client today and yesterday.
--        A row exists once for each visit, kind and article; at is the last time.
--
-- A visit counts as deflected if it has a row 'opened' and, up to 24 hours after the last one, no row 'wrote', also not in
-- that client's visit of the next day: so each 'wrote' is written to both. Mail cannot be attributed to a visit, so that
-- deflection is an upper bound. Visits less than 24 hours old are not decided yet.
create table help_events (
    visit      uuid        not null,
    at         timestamptz not null default now(),
    kind       text        not null check (kind in ('shown', 'opened', 'helpful', 'unhelpful', 'wrote')),
    place      text        not null check (place in ('page', 'widget', 'form', 'mail')),
    article_id uuid        references articles (id),
    constraint help_events_once unique nulls not distinct (visit, kind, article_id)
);
create index help_events_at on help_events (at);
