namespace OrleansFlow.Workflows.Stores.Postgres;

/// <summary>The tables and functions of a store. Running it again changes nothing.</summary>
internal static class PostgresSchema
{
    /// <summary>Only one process makes it at a time: PostgreSQL's "if not exists" does not stand two at once.</summary>
    private const string Lock = "SELECT pg_advisory_xact_lock(hashtextextended('orleansflow workflows ' || '@schema', 0));";

    private const string Tables =
        """
        CREATE SCHEMA IF NOT EXISTS @schema;
        CREATE TABLE IF NOT EXISTS @schema.workflow_run (
            run text PRIMARY KEY COLLATE "C", workflow text NOT NULL, version int NOT NULL, status int NOT NULL, started bigint NOT NULL, ended bigint,
            idempotency_key text UNIQUE, position bigint NOT NULL, tip bigint NOT NULL, needs int NOT NULL, wake bigint) WITH (fillfactor = 70);
        CREATE INDEX IF NOT EXISTS workflow_run_needs ON @schema.workflow_run (run) WHERE needs <> 0;
        CREATE INDEX IF NOT EXISTS workflow_run_wake ON @schema.workflow_run (wake) WHERE wake IS NOT NULL;
        CREATE INDEX IF NOT EXISTS workflow_run_status ON @schema.workflow_run (status, run);
        CREATE TABLE IF NOT EXISTS @schema.workflow_event (
            run text NOT NULL COLLATE "C", position bigint NOT NULL, before bigint NOT NULL, tip bigint NOT NULL, events bytea NOT NULL, PRIMARY KEY (run, position));
        CREATE TABLE IF NOT EXISTS @schema.workflow_snapshot (run text PRIMARY KEY COLLATE "C", position bigint NOT NULL, state bytea NOT NULL);
        CREATE TABLE IF NOT EXISTS @schema.workflow_lease (run text NOT NULL COLLATE "C", item bigint NOT NULL, epoch bigint NOT NULL, until bigint NOT NULL, PRIMARY KEY (run, item));
        CREATE TABLE IF NOT EXISTS @schema.workflow_definition (name text NOT NULL, version int NOT NULL, definition bytea NOT NULL, PRIMARY KEY (name, version));
        CREATE TABLE IF NOT EXISTS @schema.workflow_worker (worker text PRIMARY KEY COLLATE "C", health bytea NOT NULL);
        CREATE TABLE IF NOT EXISTS @schema.workflow_checkpoint (id text PRIMARY KEY, run bytea NOT NULL);
        """;

    /// <summary>Null: created, perhaps by an earlier sending of the same write; else the run that is in the way.</summary>
    private const string Create =
        """
        CREATE OR REPLACE FUNCTION @schema.create_run(p_run text, p_workflow text, p_version int, p_status int, p_started bigint, p_ended bigint, p_key text, p_position bigint,
            p_tip bigint, p_needs int, p_wake bigint, p_events bytea, p_notice text) RETURNS text LANGUAGE plpgsql AS $body$
        DECLARE found_run text;
        BEGIN
            INSERT INTO @schema.workflow_run VALUES (p_run, p_workflow, p_version, p_status, p_started, p_ended, p_key, p_position, p_tip, p_needs, p_wake) ON CONFLICT DO NOTHING;
            IF NOT FOUND THEN
                IF EXISTS (SELECT 1 FROM @schema.workflow_event WHERE run = p_run AND position = p_position AND tip = p_tip) THEN
                    RETURN NULL;
                END IF;
                SELECT run INTO found_run FROM @schema.workflow_run WHERE idempotency_key = p_key;
                RETURN coalesce(found_run, p_run);
            END IF;
            INSERT INTO @schema.workflow_event VALUES (p_run, p_position, 0, p_tip, p_events);
            PERFORM pg_notify('@schema_runs', p_notice);
            RETURN NULL;
        END $body$;
        """;

    /// <summary>Whether it was appended, perhaps by an earlier sending of the same write.</summary>
    private const string Append =
        """
        CREATE OR REPLACE FUNCTION @schema.append_run(p_run text, p_after bigint, p_after_tip bigint, p_status int, p_ended bigint, p_position bigint,
            p_tip bigint, p_needs int, p_wake bigint, p_events bytea, p_snapshot bytea, p_notice text, p_version int) RETURNS boolean LANGUAGE plpgsql AS $body$
        BEGIN
            UPDATE @schema.workflow_run SET status = p_status, ended = p_ended, position = p_position, tip = p_tip, needs = p_needs, wake = p_wake, version = p_version
            WHERE run = p_run AND position = p_after AND tip = p_after_tip;
            IF NOT FOUND THEN
                RETURN EXISTS (SELECT 1 FROM @schema.workflow_event WHERE run = p_run AND position = p_position AND tip = p_tip);
            END IF;
            INSERT INTO @schema.workflow_event VALUES (p_run, p_position, p_after, p_tip, p_events);
            IF p_snapshot IS NOT NULL THEN
                INSERT INTO @schema.workflow_snapshot VALUES (p_run, p_position, p_snapshot) ON CONFLICT (run) DO UPDATE SET position = excluded.position, state = excluded.state;
            END IF;
            PERFORM pg_notify('@schema_runs', p_notice);
            RETURN true;
        END $body$;
        """;

    public static string Of(string schema) => string.Concat(Lock, Tables, Create, Append).Replace("@schema", schema, StringComparison.Ordinal);
}
