-- Nextcloud's tables of calendars and address books, as its app `dav` makes them with the prefix `oc_`, with what an account has.
CREATE TABLE oc_calendars (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, principaluri VARCHAR(255), displayname VARCHAR(255), uri VARCHAR(255),
    synctoken INTEGER DEFAULT 1 NOT NULL, description VARCHAR(255), calendarorder INTEGER DEFAULT 0 NOT NULL, calendarcolor VARCHAR(255), timezone CLOB,
    components VARCHAR(64), transparent SMALLINT DEFAULT 0 NOT NULL, deleted_at INTEGER);
CREATE TABLE oc_calendarobjects (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, calendardata BLOB, uri VARCHAR(255), calendarid INTEGER NOT NULL,
    lastmodified INTEGER, etag VARCHAR(32), size INTEGER NOT NULL, componenttype VARCHAR(8), firstoccurence INTEGER, lastoccurence INTEGER, uid VARCHAR(512),
    classification INTEGER DEFAULT 0, calendartype INTEGER DEFAULT 0 NOT NULL, deleted_at INTEGER);
CREATE TABLE oc_addressbooks (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, principaluri VARCHAR(255), displayname VARCHAR(255), uri VARCHAR(255),
    description VARCHAR(255), synctoken INTEGER DEFAULT 1 NOT NULL);
CREATE TABLE oc_cards (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, addressbookid INTEGER DEFAULT 0 NOT NULL, carddata BLOB, uri VARCHAR(255),
    lastmodified INTEGER, etag VARCHAR(32), size INTEGER NOT NULL, uid VARCHAR(255));

INSERT INTO oc_calendars (id, principaluri, displayname, uri, description, calendarorder, calendarcolor, components, deleted_at) VALUES
    (1, 'principals/users/ada', 'Personal', 'personal', 'Mine', 1, '#0082c9', 'VEVENT,VTODO', NULL),
    (2, 'principals/users/ada', 'Gone', 'gone', NULL, 0, NULL, 'VEVENT', 1772366400),
    (3, 'principals/system/system', 'Of the server', 'system', NULL, 0, NULL, 'VEVENT', NULL);
INSERT INTO oc_calendarobjects (calendardata, uri, calendarid, size, componenttype, uid, calendartype, deleted_at) VALUES
    (CAST(replace('BEGIN:VCALENDAR|VERSION:2.0|PRODID:-//IDN nextcloud.com//Calendar app 5.5.0//EN|BEGIN:VEVENT|UID:event@nextcloud|DTSTAMP:20260301T120000Z|DTSTART;VALUE=DATE:20260314|SUMMARY:All day|END:VEVENT|END:VCALENDAR|', '|', char(13, 10)) AS BLOB),
        'event.ics', 1, 1, 'VEVENT', 'event@nextcloud', 0, NULL),
    (CAST(replace('BEGIN:VCALENDAR|VERSION:2.0|PRODID:-//Nextcloud Tasks v0.16.1|BEGIN:VTODO|UID:task@nextcloud|DTSTAMP:20260301T120000Z|SUMMARY:From Nextcloud|END:VTODO|END:VCALENDAR|', '|', char(13, 10)) AS BLOB),
        'task.ics', 1, 1, 'VTODO', 'task@nextcloud', 0, NULL),
    (CAST('of a subscription' AS BLOB), 'subscribed.ics', 1, 1, 'VEVENT', 'x', 1, NULL),
    (CAST('in the bin' AS BLOB), 'bin.ics', 1, 1, 'VEVENT', 'y', 0, 1772366400);
INSERT INTO oc_addressbooks (id, principaluri, displayname, uri) VALUES
    (1, 'principals/users/ada', 'Contacts', 'contacts'),
    (2, 'principals/system/system', 'Accounts', 'z-server-generated--system');
INSERT INTO oc_cards (addressbookid, carddata, uri, size, uid) VALUES
    (1, CAST(replace('BEGIN:VCARD|VERSION:3.0|PRODID:-//Sabre//Sabre VObject 4.5.6//EN|UID:ada@nextcloud|FN:Ada|END:VCARD|', '|', char(13, 10)) AS BLOB), 'ada.vcf', 1, 'ada@nextcloud'),
    (2, CAST('the server''s own' AS BLOB), 'system.vcf', 1, 'system');
