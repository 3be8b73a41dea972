-- Listings from an index alone.

-- What a client compares of all members, or of those that have changed, is in the index of their change numbers: a listing does not read the rows, which have the bodies in them. Nobody writes but
-- the one whose turn it is, so that no number is given twice.
DROP INDEX resource_seq;

CREATE INDEX resource_listing ON resource (collection, seq, name, etag);

INSERT INTO schema_version (version, applied) VALUES (4, unixepoch());
