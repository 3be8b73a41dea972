-- The tables of Kalends, in the SQL that SQLite and Cloudflare D1 both take.
--
-- A blank line ends a statement, and no statement has one inside: that is how the SQLite world splits this file, since Spin runs only the first
-- statement of a string. Times are UTC seconds. Nothing is stored as a BLOB, and no number is beyond ±(2^53 - 1), because of D1.

-- Which of these files have been applied. Each ends by entering itself.
CREATE TABLE schema_version (
    version INTEGER PRIMARY KEY,
    applied INTEGER NOT NULL
);

-- One row: the name of this life of the database, part of every sync token. A restore writes another.
CREATE TABLE epoch (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    value TEXT NOT NULL
);

INSERT INTO epoch (one, value) VALUES (1, lower(hex(randomblob(8))));

-- A statement that finds its condition unmet inserts NULL into the column of that name, which fails and takes the whole write back. So this table is always empty.
CREATE TABLE guard (
    changed INTEGER NOT NULL DEFAULT 0,
    locked INTEGER NOT NULL DEFAULT 0,
    denied INTEGER NOT NULL DEFAULT 0,
    occupied INTEGER NOT NULL DEFAULT 0,
    no_room INTEGER NOT NULL DEFAULT 0,
    gone INTEGER NOT NULL DEFAULT 0,
    doomed INTEGER NOT NULL DEFAULT 0,
    missing INTEGER NOT NULL DEFAULT 0,
    circular INTEGER NOT NULL DEFAULT 0
);

-- Users (kind 0) and groups (kind 1). `emails` has one address a line, `folded` all that a search looks at, in lower case.
CREATE TABLE principal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind INTEGER NOT NULL,
    name TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    emails TEXT NOT NULL,
    timezone TEXT,
    locale TEXT,
    quota INTEGER,
    used INTEGER NOT NULL DEFAULT 0,
    admin INTEGER NOT NULL DEFAULT 0,
    disabled INTEGER NOT NULL DEFAULT 0,
    password TEXT,
    password_version INTEGER NOT NULL DEFAULT 0,
    folded TEXT NOT NULL
);

CREATE TABLE membership (
    group_id INTEGER NOT NULL REFERENCES principal (id) ON DELETE CASCADE,
    member_id INTEGER NOT NULL REFERENCES principal (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, member_id)
) WITHOUT ROWID;

CREATE INDEX membership_member ON membership (member_id);

-- App passwords (kind 0), tokens (1) and browser sessions (2). `scope` is a set of bits.
CREATE TABLE credential (
    id TEXT PRIMARY KEY,
    principal INTEGER NOT NULL REFERENCES principal (id) ON DELETE CASCADE,
    kind INTEGER NOT NULL,
    label TEXT NOT NULL,
    verifier TEXT NOT NULL,
    scope INTEGER NOT NULL,
    created INTEGER NOT NULL,
    last_used INTEGER,
    expires INTEGER
) WITHOUT ROWID;

CREATE INDEX credential_principal ON credential (principal);

-- Failed sign-ins by what they count against: `name:...` or `address:...`.
CREATE TABLE attempt (
    subject TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    last INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX attempt_last ON attempt (last);

-- Calendars (home 0), address books (1) and folders of plain files (2). `path` is the whole path below the home, so that a folder and all below it are one range of the index;
-- the root of the plain files is the row with the empty path. `components` are separated by commas. `seq` counts the changes of the members.
CREATE TABLE collection (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner INTEGER NOT NULL REFERENCES principal (id) ON DELETE CASCADE,
    home INTEGER NOT NULL,
    path TEXT NOT NULL,
    parent TEXT GENERATED ALWAYS AS (rtrim(rtrim(path, replace(path, '/', '')), '/')) VIRTUAL,
    components TEXT NOT NULL DEFAULT '',
    seq INTEGER NOT NULL DEFAULT 0,
    forgotten INTEGER NOT NULL DEFAULT 0,
    members INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    UNIQUE (owner, home, path)
);

CREATE INDEX collection_parent ON collection (owner, home, parent);

CREATE TRIGGER collection_added AFTER INSERT ON collection WHEN new.bytes <> 0 BEGIN
    UPDATE principal SET used = used + new.bytes WHERE id = new.owner;
END;

CREATE TRIGGER collection_resized AFTER UPDATE OF bytes, owner ON collection WHEN new.bytes <> old.bytes OR new.owner <> old.owner BEGIN
    UPDATE principal SET used = used - old.bytes WHERE id = old.owner;
    UPDATE principal SET used = used + new.bytes WHERE id = new.owner;
END;

CREATE TRIGGER collection_removed AFTER DELETE ON collection WHEN old.bytes <> 0 BEGIN
    UPDATE principal SET used = used - old.bytes WHERE id = old.owner;
END;

-- Properties of collections: everybody's (principal 0), and those that one sharee has set for itself.
CREATE TABLE collection_property (
    collection INTEGER NOT NULL REFERENCES collection (id) ON DELETE CASCADE,
    principal INTEGER NOT NULL DEFAULT 0,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    xml TEXT NOT NULL,
    PRIMARY KEY (collection, principal, namespace, name)
) WITHOUT ROWID;

CREATE INDEX collection_property_principal ON collection_property (principal) WHERE principal <> 0;

-- Properties that principals have set on their homes of calendars and of address books.
CREATE TABLE home_property (
    principal INTEGER NOT NULL REFERENCES principal (id) ON DELETE CASCADE,
    home INTEGER NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    xml TEXT NOT NULL,
    PRIMARY KEY (principal, home, namespace, name)
) WITHOUT ROWID;

-- Access levels: 1 free-busy, 2 read, 3 write (4, the owner's, is never stored).
CREATE TABLE share (
    collection INTEGER NOT NULL REFERENCES collection (id) ON DELETE CASCADE,
    principal INTEGER NOT NULL REFERENCES principal (id) ON DELETE CASCADE,
    access INTEGER NOT NULL,
    PRIMARY KEY (collection, principal)
) WITHOUT ROWID;

CREATE INDEX share_principal ON share (principal);

-- Resources. `starts` and `ends` bound the time that the body speaks of; where a bound is open or unknown they are ∓(2^53 - 1), which any range meets. A body is in `body`, or, where it is
-- large or not UTF-8, in the blob store under its SHA-256, which is then in `blob`.
CREATE TABLE resource (
    id INTEGER PRIMARY KEY,
    collection INTEGER NOT NULL REFERENCES collection (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    seq INTEGER NOT NULL,
    etag TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    component TEXT,
    uid TEXT,
    starts INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    exact INTEGER NOT NULL,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    blob TEXT,
    body TEXT
);

CREATE UNIQUE INDEX resource_name ON resource (collection, name);

CREATE UNIQUE INDEX resource_seq ON resource (collection, seq);

CREATE UNIQUE INDEX resource_uid ON resource (collection, uid) WHERE uid IS NOT NULL;

CREATE INDEX resource_time ON resource (collection, component, ends, starts);

CREATE INDEX resource_blob ON resource (blob) WHERE blob IS NOT NULL;

CREATE TABLE resource_property (
    resource INTEGER NOT NULL REFERENCES resource (id) ON DELETE CASCADE,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    xml TEXT NOT NULL,
    PRIMARY KEY (resource, namespace, name)
) WITHOUT ROWID;

-- Texts to search by, folded to lower case. The index serves equality and beginnings; what looks for a part reads this index only.
CREATE TABLE resource_text (
    resource INTEGER NOT NULL REFERENCES resource (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    collection INTEGER NOT NULL,
    PRIMARY KEY (resource, name, value)
) WITHOUT ROWID;

CREATE INDEX resource_text_value ON resource_text (collection, name, value);

-- Names that were removed and are not there again, for sync.
CREATE TABLE tombstone (
    collection INTEGER NOT NULL REFERENCES collection (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    seq INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    PRIMARY KEY (collection, name)
) WITHOUT ROWID;

CREATE UNIQUE INDEX tombstone_seq ON tombstone (collection, seq);

-- Write locks. The lock root is where the thing is in its owner's home, whichever way it was locked.
CREATE TABLE lock (
    token TEXT PRIMARY KEY,
    owner INTEGER NOT NULL REFERENCES principal (id) ON DELETE CASCADE,
    home INTEGER NOT NULL,
    path TEXT NOT NULL,
    principal INTEGER NOT NULL REFERENCES principal (id) ON DELETE CASCADE,
    exclusive INTEGER NOT NULL,
    deep INTEGER NOT NULL,
    owner_xml TEXT NOT NULL,
    expires INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX lock_path ON lock (owner, home, path);

CREATE INDEX lock_principal ON lock (principal);

-- Digests that no resource refers to any more: when that was noticed, and when somebody began to remove the blob. Until the row of a doomed digest is gone nobody may store it.
CREATE TABLE orphan (
    digest TEXT PRIMARY KEY,
    since INTEGER NOT NULL,
    doomed INTEGER
) WITHOUT ROWID;

CREATE INDEX orphan_since ON orphan (since) WHERE doomed IS NULL;

CREATE INDEX orphan_doomed ON orphan (doomed) WHERE doomed IS NOT NULL;

CREATE TRIGGER resource_removed AFTER DELETE ON resource WHEN old.blob IS NOT NULL BEGIN
    INSERT INTO orphan (digest, since) SELECT old.blob, unixepoch() WHERE NOT EXISTS (SELECT 1 FROM resource WHERE blob = old.blob)
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER resource_replaced AFTER UPDATE OF blob ON resource WHEN old.blob IS NOT NULL AND old.blob IS NOT new.blob BEGIN
    INSERT INTO orphan (digest, since) SELECT old.blob, unixepoch() WHERE NOT EXISTS (SELECT 1 FROM resource WHERE blob = old.blob)
    ON CONFLICT DO NOTHING;
END;

INSERT INTO schema_version (version, applied) VALUES (1, unixepoch());
