-- What takes place in a time, found by how long it lasts.

-- Resources are in classes by the length of the time that their bodies speak of: up to a day, 8 days, 64 days, 512 days, and beyond. Of a class, what can be in a range begins neither after it nor earlier than
-- a length before it, so that a range costs what is in it, however much of the calendar is later. By `ends`, as before, it was everything later that was gone through.
DROP INDEX resource_time;

CREATE INDEX resource_span ON resource (
    collection,
    component,
    (CASE WHEN ends - starts <= 86400 THEN 0 WHEN ends - starts <= 691200 THEN 1 WHEN ends - starts <= 5529600 THEN 2 WHEN ends - starts <= 44236800 THEN 3 ELSE 4 END),
    starts,
    ends
);

INSERT INTO schema_version (version, applied) VALUES (5, unixepoch());
