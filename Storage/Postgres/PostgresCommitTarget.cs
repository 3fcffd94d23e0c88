using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansFlow.Errors;
using OrleansFlow.Storage.Groups;

namespace OrleansFlow.Storage.Postgres;

/// <summary>Commits groups by one connection, which it opens again when it breaks.</summary>
/// <remarks>
/// When a connection breaks nobody knows whether its last transaction was committed. The group is then sent again: the etag checks make that
/// harmless, and a write that is refused the second time is asked for by its write id: where its rows stand, the first time was the good one.
/// </remarks>
internal sealed partial class PostgresCommitTarget(PostgresSession session, ILogger logger) : ICommitTarget<PostgresWrite>
{
    private readonly GroupStatements _statements = new(session.OwnerEpoch, session.LockKey);
    private readonly HashSet<string> _grains = new(StringComparer.Ordinal);
    private NpgsqlConnection? _connection;

    /// <inheritdoc/>
    public string StoreName => session.StoreName;

    /// <inheritdoc/>
    public bool MayJoin(List<PostgresWrite> group, PostgresWrite write)
    {
        // One statement writes the rows of the whole group, so two writes of one grain, which may touch one row, cannot be in one group.
        if (group.Count == 1)
        {
            _grains.Clear();
            if (group[0].Grain is not { } first)
            {
                return false;
            }

            _grains.Add(first);
        }

        return write.Grain is { } grain && _grains.Add(grain);
    }

    /// <inheritdoc/>
    public void Commit(List<PostgresWrite> group)
    {
        PostgresBackOff? outage = null;
        while (true)
        {
            try
            {
                // This thread belongs to the writer alone.
#pragma warning disable VSTHRD103
                _connection ??= session.OpenConnection();
                _statements.Execute(_connection, group);
#pragma warning restore VSTHRD103
                if (outage is not null)
                {
                    SettleUnsure(_connection, group);
                    LogRecovered(StoreName, group.Count);
                }

                return;
            }
            catch (Exception exception)
            {
                if (exception is PostgresException { SqlState: PostgresFailures.Fenced })
                {
                    session.ReportLost();
                    throw;
                }

                if (!PostgresFailures.IsOutage(exception))
                {
                    throw;
                }

                Disconnect();
                if (outage is null)
                {
                    LogBroken(exception, StoreName, group.Count);
                    outage = session.NewBackOff();
                }

                // Blocks this thread only, as above.
#pragma warning disable VSTHRD002
                if (!outage.WaitAsync(session.Stopping).AsTask().GetAwaiter().GetResult())
                {
                    throw new FlowException(
                        FlowErrorCode.StoreUnavailable,
                        $"The store {StoreName} cannot be reached ({exception.Message}); whether the write took effect is not known. It is safe to try again.",
                        exception);
                }
#pragma warning restore VSTHRD002
            }
        }
    }

    /// <summary>A statement that took too long is nobody's fault: each write alone would wait as long again, a thousand times over.</summary>
    /// <inheritdoc/>
    public bool IsOneWritesFault(Exception exception) =>
        exception is PostgresException { SqlState: not (PostgresFailures.Fenced or PostgresErrorCodes.QueryCanceled) };

    /// <inheritdoc/>
    public FlowException Translate(Exception exception) => PostgresFailures.Translate(exception, StoreName);

    /// <inheritdoc/>
    public void Dispose() => Disconnect();

    private static void SettleUnsure(NpgsqlConnection connection, List<PostgresWrite> group)
    {
        foreach (var write in group)
        {
            if (write is StateWrite { Refusal: not null } refused && GroupStatements.WasApplied(connection, refused))
            {
                refused.Conclude(applied: true);
            }
            else if (write is ReminderDelete { Deleted: false } delete)
            {
                delete.Conclude(GroupStatements.IsGone(connection, delete));
            }
        }
    }

    private void Disconnect()
    {
        _connection?.Dispose();
        _connection = null;
    }

    [LoggerMessage(EventId = 6410, Level = LogLevel.Warning, Message = "The connection to the store {Store} broke; {WriteCount} writes wait until it is back")]
    private partial void LogBroken(Exception exception, string store, int writeCount);

    [LoggerMessage(EventId = 6411, Level = LogLevel.Warning, Message = "The store {Store} is back; {WriteCount} waiting writes are stored")]
    private partial void LogRecovered(string store, int writeCount);
}
