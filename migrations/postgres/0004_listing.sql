-- Listings from an index alone.

-- What a client compares of all members, or of those that have changed, is in the index of their change numbers: a listing does not read the rows, which have the bodies in them.
DROP INDEX resource_seq;

CREATE UNIQUE INDEX resource_listing ON resource (collection, seq) INCLUDE (name, etag);

INSERT INTO schema_version (version, applied) VALUES (4, unixepoch());
