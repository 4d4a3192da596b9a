-- When a visitor closed the chat, null while it is open. "opened" counts how often it was opened,
-- so that a connection that ends late does not count as leaving once the chat is open again.
alter table chat_sessions
    add column opened  bigint not null default 1,
    add column left_at timestamptz;
