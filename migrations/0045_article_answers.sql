-- Messages can be answered with an article.
alter table automatic_mails drop constraint automatic_mails_kind_check,
    add constraint automatic_mails_kind_check check (kind in ('acknowledgement', 'out-of-hours', 'survey', 'article'));
