-- Drafts have files: uploads of their author, in their order, which stay as long as the draft.
alter table drafts add column attachments uuid[] not null default '{}';

-- What is taken back is a draft with its files again. Its pictures are uploads with their
-- former ids, which its text names; write_changes calls this before it makes the draft.
-- Returns the ids, in the order of the files, and the text with its pictures.
create function restore_uploads(message uuid, out files uuid[], out draft text)
    language plpgsql as $$
declare
    part record;
    alt text;
    mark text;
    place int;
begin
    files := '{}';
    select m.new_text into draft from messages m where m.id = message;
    for part in
        select coalesce(substring(p.value->>'cid' from '^up_([0-9a-f]{32})@')::uuid, gen_random_uuid()) as id, p.value->>'disposition' = 'inline' as shown,
            p.value->>'cid' as cid, p.value->>'name' as name, p.value->>'type' as type, coalesce(p.value->>'picture', '') as picture, b.sha256, b.size, b.bytes,
            m.author_id, m.html_body
        from messages m
        cross join jsonb_array_elements(m.attachments) with ordinality as p (value, n)
        join blobs b on b.sha256 = p.value->>'blob_id'
        where m.id = message and m.author_id is not null and not p.value ? 'enclosed'
        order by p.n
    loop
        insert into uploads as u (id, agent_id, name, type, picture, sha256, size, bytes)
        values (part.id, part.author_id, part.name, part.type, part.picture, part.sha256, part.size, part.bytes)
        on conflict (id) do update set created_at = now();
        files := files || part.id;
        -- The plain text has the description of a picture where the HTML shows it.
        alt := substring(substring(part.html_body from position('"cid:' || part.cid || '"' in part.html_body)) from '^"[^"]*" alt="([^"]*)"');
        alt := replace(replace(replace(replace(replace(alt, '&lt;', '<'), '&gt;', '>'), '&#34;', '"'), '&#39;', ''''), '&amp;', '&');
        mark := case when alt = '' then '[image]' else '[image: ' || alt || ']' end;
        place := position(mark in draft);
        if part.shown and place > 0 then
            draft := overlay(draft placing '![' || alt || '](cid:up_' || replace(part.id::text, '-', '') || ')' from place for length(mark));
        end if;
    end loop;
end $$;

-- The files of a draft, without those that are gone.
create function draft_files(d drafts) returns jsonb
    language sql stable
    return (select coalesce(jsonb_agg(jsonb_build_object('id', 'up_' || replace(u.id::text, '-', ''), 'name', u.name, 'type', u.type, 'size', u.size, 'picture', u.picture, 'created_at', u.created_at) order by w.n), '[]')
        from unnest(d.attachments) with ordinality as w (id, n) join uploads u on u.id = w.id and u.agent_id = d.agent_id);
