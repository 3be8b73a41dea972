-- Days and floating times, found wherever the asker is.

-- They were bounded as in the zone of the calendar that they came to, with room for every other zone only where that was UTC; and a series whose last instance takes no time ended
-- where that begins, so that a range from there on did not find it. Whatever the index does not decide by itself is given that room: it is looked at some times more often, and never missed.
UPDATE resource SET starts = max(starts - 93600, -9007199254740991), ends = min(ends + 93600, 9007199254740991)
WHERE exact = 0 AND component IN ('VEVENT', 'VTODO', 'VJOURNAL', 'VFREEBUSY');

INSERT INTO schema_version (version, applied) VALUES (7, unixepoch());
