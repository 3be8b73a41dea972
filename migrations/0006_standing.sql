-- Whether an earlier sign-in still holds, told with whatever is read.

-- A number for what is said of all accounts and of their credentials. Each change gives it another value, at random: none that it had before, not even in what was restored from a backup. An
-- instance that has recognised somebody at one standing knows from the next thing it reads whether they would be recognised again. Links are nobody's sign-in and do not count, nor does what is
-- held, when a credential was used, and a better hash of the same password.
ALTER TABLE epoch ADD COLUMN standing INTEGER NOT NULL DEFAULT 0;

UPDATE epoch SET standing = random() & 9007199254740991;

CREATE TRIGGER principal_changed
AFTER UPDATE OF kind, name, display_name, emails, timezone, locale, quota, admin, disabled, password_version ON principal BEGIN
    UPDATE epoch SET standing = random() & 9007199254740991;
END;

CREATE TRIGGER principal_removed AFTER DELETE ON principal BEGIN
    UPDATE epoch SET standing = random() & 9007199254740991;
END;

CREATE TRIGGER credential_changed AFTER UPDATE OF principal, kind, verifier, scope, expires ON credential BEGIN
    UPDATE epoch SET standing = random() & 9007199254740991;
END;

CREATE TRIGGER credential_removed AFTER DELETE ON credential WHEN old.kind <> 3 BEGIN
    UPDATE epoch SET standing = random() & 9007199254740991;
END;

INSERT INTO schema_version (version, applied) VALUES (6, unixepoch());
