using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Flight;

namespace OrleansFlow.Silo.Gateway.Streams;

/// <summary>Puts batches that are there already into groups, so that small ones share the cost of making them durable. A lone one waits for nobody.</summary>
internal static class BatchGroups
{
    private const int CountMax = 64;
    private const long BytesMax = 8L << 20;

    /// <summary>Groups of one batch or more, none without rows. Whoever enumerates owns the batches.</summary>
    public static async IAsyncEnumerable<List<RecordBatch>> ReadAsync(IAsyncEnumerable<FlightBatch> batches, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var source = batches.GetAsyncEnumerator(stop.Token);
        var next = source.MoveNextAsync().AsTask();
        try
        {
            while (await next)
            {
                var group = new List<RecordBatch>();
                var bytes = 0L;
                do
                {
                    bytes += Take(source.Current, group);
                    next = source.MoveNextAsync().AsTask();
                }
                while (group.Count < CountMax && bytes < BytesMax && next.IsCompletedSuccessfully && await next);

                if (group.Count > 0)
                {
                    yield return group;
                }
            }
        }
        finally
        {
            // Whoever leaves early leaves a reading under way, which must end before its source does; what it brings is nobody's.
            await stop.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (next.IsCompletedSuccessfully && await next)
            {
                source.Current.Batch?.Dispose();
            }
        }
    }

    private static long Take(FlightBatch element, List<RecordBatch> group)
    {
        if (element.Batch is not { } batch)
        {
            return 0;
        }

        if (batch.RowCount == 0)
        {
            batch.Dispose();
            return 0;
        }

        group.Add(batch);
        return batch.ByteCount;
    }
}
