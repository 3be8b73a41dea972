-- Baikal's tables, as sabre/dav 4 has them in examples/sql for SQLite, with what two accounts have.
CREATE TABLE principals (id integer PRIMARY KEY ASC NOT NULL, uri text NOT NULL, email text, displayname text, UNIQUE (uri));
CREATE TABLE calendars (id integer primary key asc NOT NULL, synctoken integer DEFAULT 1 NOT NULL, components text NOT NULL);
CREATE TABLE calendarinstances (id integer primary key asc NOT NULL, calendarid integer, principaluri text, access integer, displayname text,
    uri text NOT NULL, description text, calendarorder integer, calendarcolor text, timezone text, transparent bool, share_href text,
    share_displayname text, share_invitestatus integer DEFAULT '2', UNIQUE (principaluri, uri), UNIQUE (calendarid, principaluri));
CREATE TABLE calendarobjects (id integer primary key asc NOT NULL, calendardata blob NOT NULL, uri text NOT NULL, calendarid integer NOT NULL,
    lastmodified integer NOT NULL, etag text NOT NULL, size integer NOT NULL, componenttype text, firstoccurence integer, lastoccurence integer, uid text);
CREATE TABLE addressbooks (id integer primary key asc NOT NULL, principaluri text NOT NULL, displayname text, uri text NOT NULL, description text,
    synctoken integer DEFAULT 1 NOT NULL);
CREATE TABLE cards (id integer primary key asc NOT NULL, addressbookid integer NOT NULL, carddata blob NOT NULL, uri text NOT NULL,
    lastmodified integer, etag text, size integer);

INSERT INTO principals VALUES (1, 'principals/ada', 'ada@example.org', 'Ada'), (2, 'principals/bob', 'bob@example.org', 'Bob');
INSERT INTO calendars VALUES (7, 3, 'VEVENT,VTODO'), (8, 1, 'VEVENT');
INSERT INTO calendarinstances (id, calendarid, principaluri, access, displayname, uri, description, calendarorder, calendarcolor, transparent) VALUES
    (1, 7, 'principals/ada', 1, 'Ada''s calendar', 'default', 'What Ada does', 2, '#00ff00', 0),
    (2, 7, 'principals/bob', 3, 'Ada''s calendar', 'shared', NULL, 0, NULL, 0),
    (3, 8, 'principals/bob', 1, 'Bob''s', 'default', NULL, 0, NULL, 0);
INSERT INTO calendarobjects (calendardata, uri, calendarid, lastmodified, etag, size, componenttype, uid) VALUES
    (CAST(replace('BEGIN:VCALENDAR|VERSION:2.0|PRODID:-//Sabre//Sabre VObject 4.5.4//EN|BEGIN:VEVENT|UID:event@baikal|DTSTAMP:20260301T120000Z|DTSTART:20260314T120000Z|SUMMARY:From Baikal|END:VEVENT|END:VCALENDAR|', '|', char(13, 10)) AS BLOB),
        'event.ics', 7, 1772366400, 'a', 1, 'VEVENT', 'event@baikal'),
    (CAST(replace('BEGIN:VCALENDAR|VERSION:2.0|PRODID:-//Sabre//Sabre VObject 4.5.4//EN|BEGIN:VTODO|UID:task@baikal|DTSTAMP:20260301T120000Z|SUMMARY:To do|END:VTODO|END:VCALENDAR|', '|', char(13, 10)) AS BLOB),
        'task.ics', 7, 1772366400, 'b', 1, 'VTODO', 'task@baikal'),
    (CAST(replace('BEGIN:VCALENDAR|VERSION:2.0|PRODID:-//Sabre//Sabre VObject 4.5.4//EN|BEGIN:VEVENT|UID:large@baikal|DTSTAMP:20260301T120000Z|DTSTART:20260315T120000Z|DESCRIPTION:'
        || replace(hex(zeroblob(20000)), '0', 'x') || '|END:VEVENT|END:VCALENDAR|', '|', char(13, 10)) AS BLOB),
        'large.ics', 7, 1772366400, 'c', 1, 'VEVENT', 'large@baikal'),
    (CAST('not Ada''s' AS BLOB), 'other.ics', 8, 1772366400, 'd', 1, 'VEVENT', 'other');
INSERT INTO addressbooks VALUES (1, 'principals/ada', 'People', 'people', 'Whom Ada knows', 2);
INSERT INTO cards (addressbookid, carddata, uri, lastmodified, etag, size) VALUES
    (1, CAST(replace('BEGIN:VCARD|VERSION:3.0|UID:ada@baikal|FN:Ada Lüders|N:Lüders;Ada;;;|END:VCARD|', '|', char(13, 10)) AS BLOB), 'ada.vcf', 1772366400, 'e', 1),
    (1, CAST(replace('BEGIN:VCARD|VERSION:4.0|UID:urn:uuid:9d3b1a5e-7f0e-4b0a-9a4e-0c6f5b3a2d11|FN:Bob|END:VCARD|', '|', char(13, 10)) AS BLOB), 'bob.vcf', 1772366400, 'f', 1);
