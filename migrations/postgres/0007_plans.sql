-- Plans that are kept. What a batch consists of is text that PostgreSQL would read and plan anew each time, which took nine tenths of its time; so each connection prepares it once. A plan is made
-- for whatever values there will be, and may be made while the tables are empty: it is not to count on that.

-- The statements that this connection has prepared. Each takes some 200 KiB of the server's memory, so where there are too many, all are forgotten.
CREATE FUNCTION kalends_prepared() RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    names text[] := ARRAY(SELECT p.name FROM pg_prepared_statements p WHERE starts_with(p.name, 'kalends_'));
    name text;
BEGIN
    IF cardinality(names) < 100 THEN
        RETURN names;
    END IF;
    FOREACH name IN ARRAY names LOOP
        EXECUTE format('DEALLOCATE %I', name);
    END LOOP;
    RETURN '{}';
END $$;

-- A batch of statements: a JSON array, of each its text, its parameters, which are `$1[1]` and on there, and, as a third item, 1 where it returns rows: a number and a text each. `$2` is the
-- statement's position. Each sees what others have committed by then. All of it happens or nothing: -1 and nothing else says that the tables are older than `wanted`, -2 that a constraint was violated,
-- and which; -3 that somebody else was in the way, so that the batch may be tried again; -4 that something did not fit. All is taken back then, whatever rows there are as well.
CREATE FUNCTION kalends_run(batch text, wanted bigint) RETURNS TABLE (statement bigint, columns text) LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    step json;
    params text[];
    prepared text[] := kalends_prepared();
    name text;
    call text;
    position bigint := 0;
    violated text;
    of_table text;
    of_column text;
BEGIN
    IF (SELECT max(version) FROM schema_version) < wanted THEN
        RETURN QUERY SELECT CAST(-1 AS bigint), CAST('the tables are of an earlier version' AS text);
        RETURN;
    END IF;
    FOR step IN SELECT i.value FROM json_array_elements(CAST(batch AS json)) i LOOP
        params := ARRAY(SELECT json_array_elements_text(step -> 1));
        name := 'kalends_' || left(encode(sha256(convert_to(step ->> 0, 'UTF8')), 'hex'), 40);
        IF name <> ALL (prepared) THEN
            EXECUTE format('PREPARE %I (text[], bigint) AS %s', name, step ->> 0);
            prepared := prepared || name;
        END IF;
        call := format('EXECUTE %I (%L, %s)', name, params, position);
        IF step -> 2 IS NULL THEN
            EXECUTE call;
        ELSE
            RETURN QUERY EXECUTE call;
        END IF;
        position := position + 1;
    END LOOP;
EXCEPTION
    WHEN not_null_violation THEN
        GET STACKED DIAGNOSTICS of_table = TABLE_NAME, of_column = COLUMN_NAME;
        RETURN QUERY SELECT CAST(-2 AS bigint), of_table || '.' || of_column;
    WHEN foreign_key_violation THEN
        RETURN QUERY SELECT CAST(-2 AS bigint), CAST('FOREIGN KEY' AS text);
    WHEN integrity_constraint_violation THEN
        GET STACKED DIAGNOSTICS violated = CONSTRAINT_NAME;
        RETURN QUERY SELECT CAST(-2 AS bigint), violated;
    WHEN serialization_failure OR deadlock_detected THEN
        RETURN QUERY SELECT CAST(-3 AS bigint), CAST(SQLERRM AS text);
    WHEN insufficient_resources OR program_limit_exceeded THEN
        RETURN QUERY SELECT CAST(-4 AS bigint), CAST(SQLERRM AS text);
END $$;

INSERT INTO schema_version (version, applied) VALUES (7, unixepoch());
