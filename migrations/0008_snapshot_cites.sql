-- read_snapshot has one more parameter: functions/read_snapshot.sql creates it anew.
drop function read_snapshot(text[], text[], text[], text[], text[], uuid[], uuid[], text[], text[], text[], text[], text[], text[], boolean);
