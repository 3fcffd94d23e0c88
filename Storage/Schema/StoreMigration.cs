namespace OrleansFlow.Storage.Schema;

/// <summary>One step of the tables' history. A step that was released is never changed; a change is a further step.</summary>
/// <param name="Version">Schema version after the step.</param>
/// <param name="Sqlite">Statements for SQLite.</param>
/// <param name="Postgres">Statements for PostgreSQL, with the schema as the search path.</param>
internal sealed record StoreMigration(int Version, string Sqlite, string Postgres)
{
    /// <summary>Every step, oldest first. Both stores have the same versions.</summary>
    public static IReadOnlyList<StoreMigration> All { get; } =
    [
        new(
            1,
            """
            CREATE TABLE IF NOT EXISTS grain_state (
                grain TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, payload TEXT NOT NULL, PRIMARY KEY (grain, name));
            CREATE TABLE IF NOT EXISTS reminder (
                grain TEXT NOT NULL, name TEXT NOT NULL, hash INTEGER NOT NULL, start_ticks INTEGER NOT NULL, period_ticks INTEGER NOT NULL,
                etag TEXT NOT NULL, PRIMARY KEY (grain, name));
            CREATE INDEX IF NOT EXISTS reminder_by_hash ON reminder (hash);
            """,
            // write_id says which write made the row: what resolves a commit whose answer was lost. Room is left in the pages, so that an
            // update finds its new row version a place beside the old one and need not touch the index.
            """
            CREATE TABLE grain_state (
                grain text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL, version bigint NOT NULL, write_id bigint NOT NULL,
                payload text NOT NULL, PRIMARY KEY (grain, name)) WITH (fillfactor = 70);
            CREATE TABLE reminder (
                grain text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL, hash bigint NOT NULL, start_ticks bigint NOT NULL,
                period_ticks bigint NOT NULL, etag text NOT NULL, PRIMARY KEY (grain, name));
            CREATE INDEX reminder_by_hash ON reminder (hash);
            """),
        new(
            2,
            """
            CREATE TABLE IF NOT EXISTS store (
                id INTEGER PRIMARY KEY CHECK (id = 1), generation INTEGER NOT NULL, owner_epoch INTEGER NOT NULL);
            INSERT OR IGNORE INTO store (id, generation, owner_epoch) VALUES (1, 1, 0);
            """,
            // write_rows: rows of one grain that are all written or none; the inner block is a savepoint.
            // heartbeat and owner: which silo writes here and that it is alive. hold_store(epoch) is the first statement of each of an
            // owner's transactions: it keeps a take-over waiting until that transaction has ended, and refuses whoever is the owner no more.
            """
            ALTER TABLE store ADD COLUMN generation bigint NOT NULL DEFAULT 1, ADD COLUMN owner_epoch bigint NOT NULL DEFAULT 0,
                ADD COLUMN owner text, ADD COLUMN heartbeat bigint NOT NULL DEFAULT 0;
            CREATE FUNCTION hold_store(expected bigint, lock_key bigint) RETURNS void LANGUAGE plpgsql AS $$
            DECLARE found_epoch bigint;
            BEGIN
                PERFORM pg_advisory_xact_lock_shared(lock_key);
                SELECT owner_epoch INTO found_epoch FROM store;
                IF found_epoch IS DISTINCT FROM expected THEN
                    RAISE EXCEPTION 'owner epoch % is over, % is current', expected, found_epoch USING ERRCODE = 'FL001';
                END IF;
            END $$;
            CREATE FUNCTION write_rows(the_grain text, write_ids bigint[], names text[], payloads text[], versions bigint[])
                RETURNS boolean LANGUAGE plpgsql AS $$
            DECLARE written bigint; touched bigint;
            BEGIN
                INSERT INTO grain_state AS s (grain, name, version, write_id, payload)
                    SELECT the_grain, w.name, 1, w.id, w.payload FROM unnest(write_ids, names, payloads, versions) AS w (id, name, payload, expected)
                    WHERE w.expected = 0 AND w.payload IS NOT NULL ON CONFLICT DO NOTHING;
                GET DIAGNOSTICS written = ROW_COUNT;
                UPDATE grain_state AS s SET version = s.version + 1, write_id = w.id, payload = w.payload
                    FROM unnest(write_ids, names, payloads, versions) AS w (id, name, payload, expected)
                    WHERE w.expected > 0 AND w.payload IS NOT NULL AND s.grain = the_grain AND s.name = w.name AND s.version = w.expected;
                GET DIAGNOSTICS touched = ROW_COUNT;
                written := written + touched;
                DELETE FROM grain_state AS s USING unnest(names, payloads, versions) AS w (name, payload, expected)
                    WHERE w.expected > 0 AND w.payload IS NULL AND s.grain = the_grain AND s.name = w.name AND s.version = w.expected;
                GET DIAGNOSTICS touched = ROW_COUNT;
                written := written + touched + (SELECT count(*) FROM unnest(payloads, versions) AS w (payload, expected)
                    WHERE w.payload IS NULL AND w.expected = 0);
                IF written < cardinality(write_ids) THEN
                    RAISE EXCEPTION USING ERRCODE = 'FL002';
                END IF;
                RETURN true;
            EXCEPTION WHEN SQLSTATE 'FL002' THEN
                RETURN false;
            END $$;
            """),
        new(
            3,
            "SELECT 1;",
            // Rows of many tasks are some ten kilobytes of JSON, and the server's own compression took a fifth of its time for them. A server
            // that was built without LZ4, or is older than version 14, keeps its own.
            """
            DO $$ BEGIN
                EXECUTE 'ALTER TABLE grain_state ALTER COLUMN payload SET COMPRESSION lz4';
            EXCEPTION WHEN feature_not_supported OR syntax_error THEN
                NULL;
            END $$;
            """),
    ];
}
