-- A copy of a mail that the server filed in a Sent folder says that it accepted the mail.
alter table delivery_attempts
    drop constraint delivery_attempts_source,
    add constraint delivery_attempts_source check (source in ('attempt', 'dsn', 'copy', 'client', 'person'));

-- Agents cannot read the links of a survey: its mail is found by its message.
create index surveys_message on surveys (message_id);

-- The program that carries a request out: when it has ended, the request may be repeated.
alter table idempotency_keys add column owner uuid;
