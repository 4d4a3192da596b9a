-- Up to which event report_points are made: those of conversations with a later event are
-- calculated for each report, and made by the next run of the gateway's loop.
create table report_state (
    one      boolean primary key default true check (one),
    xid      xid8    not null,
    event_id bigint  not null
);
insert into report_state (xid, event_id) values ('0', 0);

create view report_stale as
select distinct e.conversation_id from events e, report_state s
where (e.xid, e.id) > (s.xid, s.event_id) and e.conversation_id is not null;
