-- What sharees are told of calendars and address books that are gone.

-- A share that ended with what was shared, until its sharee removes the notification: all that this says, as it was at the end. Neither the collection nor its owner need be there
-- any more; `title` is the displayname element, `changed` when it ended, and access is as in `share`.
CREATE TABLE ended_share (
    principal INTEGER NOT NULL REFERENCES principal (id) ON DELETE CASCADE,
    collection INTEGER NOT NULL,
    home INTEGER NOT NULL,
    path TEXT NOT NULL,
    components TEXT NOT NULL,
    title TEXT,
    owner INTEGER NOT NULL,
    owner_name TEXT NOT NULL,
    owner_display_name TEXT NOT NULL,
    owner_emails TEXT NOT NULL,
    access INTEGER NOT NULL,
    summary TEXT NOT NULL,
    changed INTEGER NOT NULL,
    PRIMARY KEY (principal, collection)
) WITHOUT ROWID;

INSERT INTO schema_version (version, applied) VALUES (3, unixepoch());
