-- Mail that was exchanged with a third party: somebody to whom an agent forwarded messages of
-- the conversation. The customer never sees it.
alter table messages add column third_party boolean not null default false;

-- A mail to a third party that was taken back becomes a draft of its own.
alter table drafts drop constraint drafts_kind_check;
alter table drafts add constraint drafts_kind_check check (kind in ('reply', 'note', 'forward'));
