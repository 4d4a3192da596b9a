-- Which program makes an attempt, so that another one can tell whether it is still
-- running, and when the attempt began to send the message's content. Before that,
-- nothing was sent. Attempts of earlier versions have neither: what they sent is not known.
alter table deliveries
    add column owner              uuid,
    add column content_started_at timestamptz;
create index deliveries_sending on deliveries (owner) where state = 'sending';
