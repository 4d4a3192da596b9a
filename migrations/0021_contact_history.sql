-- What the policy asks about a contact's earlier conversations (history.last_tier,
-- history.reopened), and who handled the last one: the newest first, without reading all.
create index conversations_contact_resolved on conversations (contact_id, resolved_at desc)
    where resolved_at is not null and merged_into is null;
drop index conversations_contact;
create index conversations_contact on conversations (contact_id, updated_at desc, id desc);
