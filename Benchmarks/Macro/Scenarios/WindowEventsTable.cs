using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>Events in the order of time: a key of 64 bits at random and the time, ten windows of them.</summary>
internal sealed class WindowEventsTable : IDisposable
{
    public const int BatchRows = 8_192;

    private static readonly ArrowSchema Schema = new(
        new ArrowField("key", ArrowType.Int64, isNullable: false), new ArrowField("_timestamp", ArrowType.Timestamp(TimeUnit.Microsecond), isNullable: false));

    public WindowEventsTable(int rowCount, int keyCount, TimeSpan length)
    {
        var random = new Random(7);
        var stepTicks = (double)length.Ticks / TimeSpan.TicksPerMicrosecond / rowCount;
        for (var row = 0; row < rowCount;)
        {
            using var builder = new RecordBatchBuilder(Schema);
            var (keys, times) = (builder.Column<Int64Builder>(0), builder.Column<TimestampBuilder>(1));
            for (var i = 0; i < BatchRows && row < rowCount; i++, row++)
            {
                // Spread over all numbers, as ids are.
                keys.Append(random.Next(keyCount) * 0x9E37_79B9L);
                times.Append((long)(row * stepTicks));
            }

            Batches.Add(builder.Build());
        }

        RowCount = rowCount;
    }

    public int RowCount { get; }

    public List<RecordBatch> Batches { get; } = [];

    /// <summary>A count by key.</summary>
    public static WindowShape Shape { get; } = new()
    {
        Input = Schema, TimeColumn = 1, KeyColumns = [0], Aggregates = [new AggregateSpec(AggregateKind.Count, null, null, ArrowType.Int64)], Names = ["count"],
    };

    /// <summary>Puts events through windows, with a watermark at the end of each batch, and hands out what is complete.</summary>
    /// <param name="windows">The windows.</param>
    /// <param name="from">First batch.</param>
    /// <param name="end">Behind the last batch.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Rows that came out.</returns>
    public async ValueTask<long> RunAsync(EventWindows windows, int from, int end, CancellationToken cancellationToken)
    {
        var rows = 0L;
        foreach (var batch in Batches[from..end])
        {
            if (windows.NeedsRoom(batch.RowCount))
            {
                await windows.MakeRoomAsync(batch.RowCount, cancellationToken);
            }

            windows.Add(batch);
            var watermark = batch.Column<TimestampArray>(1).Values[^1];
            for (var step = windows.StepTo(watermark); step < watermark; step = windows.StepTo(watermark))
            {
                rows += Advance(windows, step);
                if (windows.NeedsRoom(0))
                {
                    await windows.MakeRoomAsync(0, cancellationToken);
                }
            }

            rows += Advance(windows, watermark);
        }

        return rows;
    }

    public void Dispose() => Batches.ForEach(batch => batch.Dispose());

    private static long Advance(EventWindows windows, long watermark)
    {
        var rows = 0L;
        foreach (var result in windows.Advance(watermark))
        {
            rows += result.RowCount;
            result.Dispose();
        }

        return rows;
    }
}
