using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Errors;
using OrleansFlow.Flight;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>Values of parameters between Arrow batches, stored bytes and the engine.</summary>
internal static class SqlParameters
{
    /// <summary>Collects what a client binds.</summary>
    /// <exception cref="FlowException"><c>limit_exceeded</c>.</exception>
    public static async Task<byte[]> CollectAsync(ArrowSchema schema, IAsyncEnumerable<FlightBatch> batches, int bytesMax, CancellationToken cancellationToken)
    {
        using var memory = new MemoryStream();
        using var writer = new ArrowStreamWriter(memory, schema, leaveOpen: true);
        var rows = 0;
        await foreach (var element in batches.WithCancellation(cancellationToken))
        {
            using var batch = element.Batch;
            if (batch is null || batch.RowCount == 0)
            {
                continue;
            }

            if (memory.Length + batch.ByteCount > bytesMax)
            {
                throw new FlowException(
                    FlowErrorCode.LimitExceeded, $"The parameters are longer than {bytesMax} bytes; send fewer, or raise {SqlGatewayOptions.SectionName}:{nameof(SqlGatewayOptions.ParameterBytesMax)}.");
            }

            await writer.WriteAsync(batch, cancellationToken);
            rows += batch.RowCount;
        }

        await writer.EndAsync(cancellationToken);
        return rows == 0 ? [] : memory.ToArray();
    }

    /// <summary>The rows of what was collected, as values that the engine takes.</summary>
    public static IReadOnlyList<IReadOnlyList<object?>> Read(byte[] stored)
    {
        var rows = new List<IReadOnlyList<object?>>();
        if (stored.Length == 0)
        {
            return rows;
        }

        using var reader = new ArrowStreamReader(stored.AsMemory());
        while (reader.ReadNext() is { } batch)
        {
            using (batch)
            {
                for (var row = 0; row < batch.RowCount; row++)
                {
                    rows.Add([.. batch.Columns.Select(column => Value(column, row))]);
                }
            }
        }

        return rows;
    }

    /// <summary>The one row of a query.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: more than one was bound.</exception>
    public static IReadOnlyList<object?> ReadSingle(byte[] stored) => Read(stored) switch
    {
        [] => [],
        [var only] => only,
        var many => throw new FlowException(FlowErrorCode.BadInput, $"{many.Count} rows of parameters are bound; a query takes one. Run it once for each."),
    };

    private static object? Value(ArrowArray column, int row)
    {
        if (column is UnionArray union)
        {
            // Clients that do not know a type send a union of all they could mean.
            var (child, slot) = union.Locate(row);
            return Value(union.Data.Children[child], slot);
        }

        return column.GetValue(row) switch
        {
            Half number => (float)number,
            int time when column.Type is TimeType type => TimeOnly.FromTimeSpan(ToTime(time, type.Unit)),
            long time when column.Type is TimeType type => TimeOnly.FromTimeSpan(ToTime(time, type.Unit)),
            long duration when column.Type is DurationType type => ToTime(duration, type.Unit),
            long time when column.Type is TimestampType { Unit: TimeUnit.Nanosecond } => DateTime.UnixEpoch.AddTicks(time / TimeSpan.NanosecondsPerTick),
            var value => value,
        };
    }

    private static TimeSpan ToTime(long value, TimeUnit unit) => unit switch
    {
        TimeUnit.Second => TimeSpan.FromSeconds(value),
        TimeUnit.Millisecond => TimeSpan.FromMilliseconds(value),
        TimeUnit.Microsecond => TimeSpan.FromMicroseconds(value),
        _ => TimeSpan.FromTicks(value / TimeSpan.NanosecondsPerTick),
    };
}
