-- Mails that their server could not deliver yet; each mailbox looks for its own with
-- every poll.
create index raws_undelivered on raws (endpoint, next_at) where state = 'quarantined' and octet_length(bytes) = 0;
