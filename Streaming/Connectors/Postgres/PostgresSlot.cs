using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Connectors.Postgres;

/// <summary>Looks after what a source needs in the server.</summary>
/// <param name="connection">Open; not for replication.</param>
internal sealed class PostgresSlot(NpgsqlConnection connection)
{
    private const int LooksMax = 100;
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Checks that a table tells its whole rows when they change.</summary>
    /// <exception cref="FlowException">It does not (<see cref="FlowErrorCode.BadOption"/>).</exception>
    public async Task RequireWholeRowsAsync(string table, CancellationToken cancellationToken)
    {
        var (schema, name) = PostgresNames.Split(table);
        await using var command = new NpgsqlCommand("SELECT c.relreplident FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2", connection)
        {
            Parameters = { new() { Value = schema }, new() { Value = name } },
        };
        var identity = await command.ExecuteScalarAsync(cancellationToken);
        if (identity is not 'f')
        {
            throw new FlowException(
                FlowErrorCode.BadOption,
                identity is null ? $"There is no table {table}." : $"Table {table} does not tell what its rows were before a change. Say ALTER TABLE {PostgresNames.QuoteTable(table)} REPLICA IDENTITY FULL, or read it without format = 'debezium_json'.");
        }
    }

    /// <summary>Makes the publication where it is missing.</summary>
    public async Task EnsurePublicationAsync(string publication, string table, CancellationToken cancellationToken)
    {
        await using var look = new NpgsqlCommand("SELECT 1 FROM pg_publication WHERE pubname = $1", connection) { Parameters = { new() { Value = publication } } };
        if (await look.ExecuteScalarAsync(cancellationToken) is null)
        {
            await using var make = new NpgsqlCommand($"CREATE PUBLICATION {PostgresNames.Quote(publication)} FOR TABLE {PostgresNames.QuoteTable(table)}", connection);
            await make.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>How far the slot's readers have said that they have come.</summary>
    /// <returns>Null: there is no such slot.</returns>
    public async Task<ulong?> ConfirmedAsync(string slot, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE slot_name = $1", connection) { Parameters = { new() { Value = slot } } };
        return await command.ExecuteScalarAsync(cancellationToken) is string text ? (ulong)NpgsqlLogSequenceNumber.Parse(text) : null;
    }

    /// <summary>Waits until nobody reads the slot: a reader that has just gone may count for a moment.</summary>
    /// <exception cref="FlowException">Somebody goes on reading it (<see cref="FlowErrorCode.StoreUnavailable"/>).</exception>
    public async Task WaitUntilFreeAsync(string slot, TimeProvider clock, CancellationToken cancellationToken)
    {
        for (var looked = 1; ; looked++)
        {
            await using var command = new NpgsqlCommand("SELECT active FROM pg_replication_slots WHERE slot_name = $1", connection) { Parameters = { new() { Value = slot } } };
            if (await command.ExecuteScalarAsync(cancellationToken) is not true)
            {
                return;
            }

            if (looked == LooksMax)
            {
                throw new FlowException(FlowErrorCode.StoreUnavailable, $"The replication slot '{slot}' is read by another process for {LooksMax * LookInterval}. Each job needs a slot of its own: change the option slot, or end the other job.");
            }

            await Task.Delay(LookInterval, clock, cancellationToken);
        }
    }

    /// <summary>Removes the slot.</summary>
    public async Task DropAsync(string slot, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_drop_replication_slot($1)", connection) { Parameters = { new() { Value = slot } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Checks that what is behind a place is still there.</summary>
    /// <exception cref="FlowException">It is not (<see cref="FlowErrorCode.StateCorrupt"/>).</exception>
    public async Task RequireAsync(string slot, ulong lsn, CancellationToken cancellationToken)
    {
        if (await ConfirmedAsync(slot, cancellationToken) is not { } confirmed)
        {
            throw new FlowException(FlowErrorCode.StateCorrupt, $"The replication slot '{slot}' is gone, and with it what happened since {Shown(lsn)}. Start the job anew.");
        }

        if (confirmed > lsn)
        {
            throw new FlowException(
                FlowErrorCode.StateCorrupt, $"The replication slot '{slot}' has let go of what happened up to {Shown(confirmed)}, and the checkpoint is of {Shown(lsn)}. Begin from a newer checkpoint, or start the job anew.");
        }
    }

    /// <summary>Why a slot was not made in time: the server first waits for the end of every transaction that is open.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="limit">How long was waited.</param>
    /// <param name="cause">What ended the waiting.</param>
    /// <param name="cancellationToken">Ends the look at the server.</param>
    /// <returns>What to throw (<see cref="FlowErrorCode.StoreUnavailable"/>).</returns>
    public async Task<FlowException> BeginsTooLateAsync(string slot, TimeSpan limit, Exception cause, CancellationToken cancellationToken)
    {
        const string Oldest = """
            SELECT format('process %s (%s, %s) since %s UTC', pid, coalesce(nullif(application_name, ''), 'no name'), coalesce(state, 'state unknown'), to_char(xact_start, 'YYYY-MM-DD HH24:MI:SS'))
            FROM pg_stat_activity WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid() AND backend_type <> 'walsender' ORDER BY xact_start LIMIT 1
            """;
        await using var command = new NpgsqlCommand(Oldest, connection);
        var oldest = await command.ExecuteScalarAsync(cancellationToken) as string;
        return new FlowException(
            FlowErrorCode.StoreUnavailable,
            $"The replication slot '{slot}' was not made within {limit}: PostgreSQL waits for the end of every open transaction before it begins one, and the oldest is that of {oldest ?? "a prepared transaction, or has ended by now"}. End it, or give the job more time by 'Command Timeout' in the option connection.",
            cause);
    }

    private static string Shown(ulong lsn) => string.Create(CultureInfo.InvariantCulture, $"{new NpgsqlLogSequenceNumber(lsn)}");
}
