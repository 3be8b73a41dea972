-- What sharees are told of calendars and address books that are gone.

-- A share that ended with what was shared, until its sharee removes the notification: all that this says, as it was at the end. Neither the collection nor its owner need be there
-- any more; `title` is the displayname element, `changed` when it ended, and access is as in `share`.
CREATE TABLE ended_share (
    principal bigint NOT NULL REFERENCES principal (id) ON DELETE CASCADE,
    collection bigint NOT NULL,
    home bigint NOT NULL,
    path text COLLATE "C" NOT NULL,
    components text COLLATE "C" NOT NULL,
    title text COLLATE "C",
    owner bigint NOT NULL,
    owner_name text COLLATE "C" NOT NULL,
    owner_display_name text COLLATE "C" NOT NULL,
    owner_emails text COLLATE "C" NOT NULL,
    access bigint NOT NULL,
    summary text COLLATE "C" NOT NULL,
    changed bigint NOT NULL,
    PRIMARY KEY (principal, collection)
);

-- PostgreSQL takes our statements for costly, since it knows neither how many rows json_each returns nor where a recursion ends, and where it can it compiles them to machine code: at each
-- execution anew, for longer than they run.
ALTER FUNCTION kalends_read (text, bigint) SET jit = off;

ALTER FUNCTION kalends_write (text, bigint) SET jit = off;

INSERT INTO schema_version (version, applied) VALUES (3, unixepoch());
