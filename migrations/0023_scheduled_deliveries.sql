-- Replies that will be sent later, by the timer of their conversation.
alter table deliveries
    drop constraint deliveries_state_check,
    add constraint deliveries_state_check
        check (state in ('scheduled', 'held', 'queued', 'sending', 'sent', 'delivered', 'delayed', 'unknown', 'failed', 'cancelled'));

-- Addresses as a person writes them: ["Jo Doe <jo@acme.example>"].
create function address_texts(addresses jsonb)
    returns jsonb
    language sql immutable
begin atomic
    select coalesce(jsonb_agg(case when coalesce(a->>'name', '') = '' then a->>'email'
        else '"' || replace(replace(a->>'name', '\', '\\'), '"', '\"') || '" <' || (a->>'email') || '>' end order by n), '[]')
    from jsonb_array_elements(coalesce(addresses, '[]')) with ordinality as t (a, n);
end;
