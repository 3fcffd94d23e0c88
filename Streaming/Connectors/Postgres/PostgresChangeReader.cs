using System.Threading.Channels;
using Npgsql.Replication;
using Npgsql.Replication.PgOutput;
using Npgsql.Replication.PgOutput.Messages;
using NpgsqlTypes;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Connectors.Postgres;

/// <summary>Reads what happens to one table from a replication slot, in the order of the commits. Not thread-safe.</summary>
/// <param name="connection">Open, and used for nothing else.</param>
/// <param name="table">The table.</param>
/// <param name="names">Its columns that are wanted.</param>
internal sealed class PostgresChangeReader(LogicalReplicationConnection connection, string table, IReadOnlyList<string> names)
{
    private readonly Dictionary<uint, int[]> _places = [];

    /// <summary>Reads without end.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="publication">The publication.</param>
    /// <param name="lsn">Transactions that end up to here are not wanted again.</param>
    /// <param name="changes">Where they go; it is bounded, and waits.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="FlowException">The table has lost a column (<see cref="FlowErrorCode.BadInput"/>).</exception>
    public async Task ReadAsync(string slot, string publication, ulong lsn, ChannelWriter<PostgresChange> changes, CancellationToken cancellationToken)
    {
        var options = new PgOutputReplicationOptions(publication, PgOutputProtocolVersion.V1);
        var (timeMicros, commitLsn, transactionId) = (0L, 0UL, 0U);
        await foreach (var message in connection.StartReplication(new PgOutputReplicationSlot(slot), options, cancellationToken, new NpgsqlLogSequenceNumber(lsn)))
        {
            switch (message)
            {
                case BeginMessage begin:
                    (timeMicros, commitLsn, transactionId) = (MicrosOf(begin.TransactionCommitTimestamp), (ulong)begin.TransactionFinalLsn, begin.TransactionXid);
                    break;
                case RelationMessage relation:
                    _places[relation.RelationId] = PlacesOf(relation);
                    break;
                case InsertMessage insert:
                    await changes.WriteAsync(
                        new PostgresChange(PostgresChangeKind.Insert, timeMicros) { New = await RowAsync(insert.NewRow, insert.Relation, null, cancellationToken), Lsn = commitLsn, TransactionId = transactionId },
                        cancellationToken);
                    break;
                case FullUpdateMessage update:
                    var old = await RowAsync(update.OldRow, update.Relation, null, cancellationToken);
                    await changes.WriteAsync(new PostgresChange(PostgresChangeKind.Update, timeMicros) { Old = old, New = await RowAsync(update.NewRow, update.Relation, old, cancellationToken) }, cancellationToken);
                    break;
                case UpdateMessage:
                    await changes.WriteAsync(new PostgresChange(PostgresChangeKind.Update, timeMicros), cancellationToken);
                    break;
                case FullDeleteMessage delete:
                    await changes.WriteAsync(new PostgresChange(PostgresChangeKind.Delete, timeMicros) { Old = await RowAsync(delete.OldRow, delete.Relation, null, cancellationToken) }, cancellationToken);
                    break;
                case DeleteMessage:
                    await changes.WriteAsync(new PostgresChange(PostgresChangeKind.Delete, timeMicros), cancellationToken);
                    break;
                case TruncateMessage:
                    await changes.WriteAsync(new PostgresChange(PostgresChangeKind.Truncate, timeMicros), cancellationToken);
                    break;
                case CommitMessage commit:
                    await changes.WriteAsync(new PostgresChange(PostgresChangeKind.Commit, timeMicros) { EndLsn = (ulong)commit.TransactionEndLsn }, cancellationToken);
                    break;
                default:
                    // Types and origins say nothing of rows.
                    break;
            }
        }
    }

    private static long MicrosOf(DateTime utc) => (utc.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>For each column of the server its place in the rows; -1 for one that nobody reads.</summary>
    private int[] PlacesOf(RelationMessage relation)
    {
        var places = new int[relation.Columns.Count];
        for (var i = 0; i < places.Length; i++)
        {
            places[i] = IndexOf(relation.Columns[i].ColumnName);
        }

        for (var i = 0; i < names.Count; i++)
        {
            if (Array.IndexOf(places, i) < 0)
            {
                throw new FlowException(FlowErrorCode.BadInput, $"Table {table} has no column '{names[i]}'; it has: {string.Join(", ", relation.Columns.Select(column => column.ColumnName))}.");
            }
        }

        return places;
    }

    private int IndexOf(string name)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (names[i] == name)
            {
                return i;
            }
        }

        return -1;
    }

    /// <param name="row">Its values can be read once.</param>
    /// <param name="relation">Its table.</param>
    /// <param name="old">Where long values are that did not change and were not sent; null when all are sent.</param>
    /// <param name="cancellationToken">Ends it.</param>
    private async ValueTask<byte[]?[]> RowAsync(ReplicationTuple row, RelationMessage relation, byte[]?[]? old, CancellationToken cancellationToken)
    {
        var (places, values, column) = (_places[relation.RelationId], new byte[]?[names.Count], 0);
        await foreach (var value in row.WithCancellation(cancellationToken))
        {
            var place = places[column++];
            if (place < 0 || value.IsDBNull)
            {
                continue;
            }

            if (value.IsUnchangedToastedValue)
            {
                values[place] = old?[place];
                continue;
            }

            var bytes = new byte[value.Length];
            await using var stream = value.GetStream();
            await stream.ReadExactlyAsync(bytes, cancellationToken);
            values[place] = bytes;
        }

        return values;
    }
}
