-- Invitations to shares, and public links.

-- Where a share stands: 0 invited, 1 accepted, 2 declined, 3 withdrawn; only an accepted one gives access. `summary` is what the owner called the collection in the invitation, `changed` when that
-- was sent or answered. With `notice` a notification of it is waiting: of an invitation or its withdrawal for the sharee, of an answer for the owner.
ALTER TABLE share ADD COLUMN state bigint NOT NULL DEFAULT 1;

ALTER TABLE share ADD COLUMN summary text COLLATE "C" NOT NULL DEFAULT '';

ALTER TABLE share ADD COLUMN changed bigint NOT NULL DEFAULT 0;

ALTER TABLE share ADD COLUMN notice bigint NOT NULL DEFAULT 0;

-- Links are credentials of kind 3: the calendar that one shows, and whether only when its owner is busy.
ALTER TABLE credential ADD COLUMN collection bigint REFERENCES collection (id) ON DELETE CASCADE;

ALTER TABLE credential ADD COLUMN free_busy bigint NOT NULL DEFAULT 0;

CREATE INDEX credential_collection ON credential (collection) WHERE collection IS NOT NULL;

INSERT INTO schema_version (version, applied) VALUES (2, unixepoch());
