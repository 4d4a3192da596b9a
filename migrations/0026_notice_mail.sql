-- Notices that their agents have not acknowledged are sent to them by mail, once.
alter table notices
    add column mail_at       timestamptz,                    -- the next attempt, or how long the present one may last
    add column mail_attempts int  not null default 0,
    add column mailed_at     timestamptz,                    -- sent, or given up
    add column mail_error    text not null default '';
create index notices_mailed on notices (agent_id, mailed_at) where mailed_at is not null;
create index notices_mail on notices (at) where acked_at is null and mailed_at is null and kind in ('escalation', 'page', 'rule-failed');
