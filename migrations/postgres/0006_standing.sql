-- Whether an earlier sign-in still holds, told with whatever is read.

-- A number for what is said of all accounts and of their credentials. Each change gives it another value, at random: none that it had before, not even in what was restored from a backup. An
-- instance that has recognised somebody at one standing knows from the next thing it reads whether they would be recognised again. Links are nobody's sign-in and do not count, nor does what is
-- held, when a credential was used, and a better hash of the same password.
ALTER TABLE epoch ADD COLUMN standing bigint NOT NULL DEFAULT 0;

UPDATE epoch SET standing = CAST(floor(random() * 9007199254740992) AS bigint);

-- Whoever comes here has waited for the turn that stands for all accounts.
CREATE FUNCTION change_standing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE epoch SET standing = CAST(floor(random() * 9007199254740992) AS bigint);
    RETURN NULL;
END $$;

CREATE TRIGGER principal_changed
    AFTER UPDATE OF kind, name, display_name, emails, timezone, locale, quota, admin, disabled, password_version ON principal
    FOR EACH ROW EXECUTE FUNCTION change_standing();

CREATE TRIGGER principal_removed AFTER DELETE ON principal FOR EACH ROW EXECUTE FUNCTION change_standing();

CREATE TRIGGER credential_changed AFTER UPDATE OF principal, kind, verifier, scope, expires ON credential
    FOR EACH ROW EXECUTE FUNCTION change_standing();

CREATE TRIGGER credential_removed AFTER DELETE ON credential FOR EACH ROW WHEN (old.kind <> 3) EXECUTE FUNCTION change_standing();

INSERT INTO schema_version (version, applied) VALUES (6, unixepoch());
