using System.Data;
using System.Text;
using Npgsql;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Connectors.Postgres;

/// <summary>Reads the rows of a table as they were when a slot was made.</summary>
/// <param name="connection">Open; not for replication.</param>
/// <param name="table">The table.</param>
/// <param name="rows">Makes rows of it.</param>
internal sealed class PostgresSnapshot(NpgsqlConnection connection, string table, PostgresRows rows)
{
    private const int BatchRows = 1_000;

    /// <summary>Gives all rows out. No checkpoint is taken meanwhile.</summary>
    /// <param name="snapshot">What the server calls that moment.</param>
    /// <param name="lsn">Where the log goes on from that moment.</param>
    /// <param name="context">Takes the rows.</param>
    /// <param name="cancellationToken">The job ends.</param>
    /// <returns>Their event time in microseconds: when the reading began.</returns>
    public async Task<long> ReadAsync(string snapshot, ulong lsn, SourceContext context, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        await using (var set = new NpgsqlCommand($"SET TRANSACTION SNAPSHOT '{snapshot}'", connection))
        {
            await set.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var now = new NpgsqlCommand("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint", connection);
        var timeMicros = (long)(await now.ExecuteScalarAsync(cancellationToken))!;
        var columns = string.Join(", ", rows.Names.Select(name => $"{PostgresNames.Quote(name)}::text"));

        // The reading waits for those behind it, however long they take.
        await using var select = new NpgsqlCommand($"SELECT {columns} FROM {PostgresNames.QuoteTable(table)}", connection) { CommandTimeout = 0 };
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var values = new byte[]?[rows.Names.Count];
        while (await reader.ReadAsync(cancellationToken))
        {
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = await reader.IsDBNullAsync(i, cancellationToken) ? null : Encoding.UTF8.GetBytes(reader.GetString(i));
            }

            rows.Add(values, isRetract: false, timeMicros, new PostgresOrigin(lsn, null, timeMicros));
            if (rows.HeldRowCount >= BatchRows)
            {
                await context.EmitAsync(rows.Build(), cancellationToken);
            }
        }

        if (rows.HeldRowCount > 0)
        {
            await context.EmitAsync(rows.Build(), cancellationToken);
        }

        return timeMicros;
    }
}
