using Npgsql;
using OrleansFlow.Errors;
using OrleansFlow.Storage.Groups;
using OrleansFlow.Storage.Postgres;

namespace OrleansFlow.Workflows.Stores.Postgres;

/// <summary>Commits groups by one connection, which it opens again when it breaks. A group is one round trip and one transaction.</summary>
/// <remarks>When a connection breaks nobody knows whether its last transaction was committed. It is sent again: every statement knows itself again.</remarks>
internal sealed class PostgresCommitTarget(NpgsqlDataSource database, PostgresWorkflowStoreOptions options, CancellationToken stopping) : ICommitTarget<PostgresWrite>
{
    private static readonly TimeSpan DelayMax = TimeSpan.FromSeconds(2);
    private NpgsqlConnection? _connection;

    /// <inheritdoc/>
    public string StoreName { get; } = PostgresFailures.Describe(options.ConnectionString);

    /// <inheritdoc/>
    public bool MayJoin(List<PostgresWrite> group, PostgresWrite write) => true;

    /// <inheritdoc/>
    public void Commit(List<PostgresWrite> group)
    {
        PostgresBackOff? outage = null;
        while (true)
        {
            try
            {
#pragma warning disable VSTHRD103 // This thread belongs to the writer alone, so blocking it holds up nobody else.
                _connection ??= database.OpenConnection();
                Send(_connection, group);
#pragma warning restore VSTHRD103
                return;
            }
            catch (Exception error) when (PostgresFailures.IsOutage(error))
            {
                Dispose();
                outage ??= new PostgresBackOff(DelayMax, options.OutageTimeout, TimeProvider.System);

#pragma warning disable VSTHRD002 // The writer's own thread, as above.
                if (!outage.WaitAsync(stopping).AsTask().GetAwaiter().GetResult())
                {
                    throw PostgresFailures.Translate(error, StoreName);
                }
#pragma warning restore VSTHRD002
            }
        }
    }

    /// <inheritdoc/>
    public bool IsOneWritesFault(Exception exception) => exception is PostgresException { SqlState: not PostgresErrorCodes.QueryCanceled };

    /// <inheritdoc/>
    public FlowException Translate(Exception exception) => PostgresFailures.Translate(exception, StoreName);

    /// <inheritdoc/>
    public void Dispose()
    {
        _connection?.Dispose();
        _connection = null;
    }

    private static void Send(NpgsqlConnection connection, List<PostgresWrite> group)
    {
        // Stable: the commits of one run keep their order.
        var writes = group.OrderBy(write => write.Row, StringComparer.Ordinal).ToList();
        using var batch = new NpgsqlBatch(connection);
        foreach (var write in writes)
        {
            batch.BatchCommands.Add(write.Command());
        }

        // Without an explicit transaction all statements of a batch are one, which ends when the last has run.
        var values = new object?[writes.Count];
        using (var reader = batch.ExecuteReader())
        {
            for (var index = 0; index < values.Length; index++)
            {
                values[index] = reader.Read() && !reader.IsDBNull(0) ? reader.GetValue(0) : null;
                reader.NextResult();
            }
        }

        // Nothing is concluded before the end has been read: only then is the transaction committed.
        for (var index = 0; index < values.Length; index++)
        {
            writes[index].Conclude(values[index]);
        }
    }
}
