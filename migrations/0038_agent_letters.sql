-- How agents appear to customers: another name than that of the desk, and a signature.
alter table agents
    add column display_name text not null default '',
    add column signature    text not null default '';
