-- Why and how each version of the policy was published.
alter table policies
    add column reason   text not null default '',
    add column origin   text not null default 'command' check (origin in ('default', 'file', 'command', 'api')),
    add column restores bigint references policies; -- the version whose document this is
update policies set origin = author where author in ('default', 'file');
update policies set author = '' where author in ('default', 'file');
alter table policies alter column origin drop default;
