using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Windows;

/// <summary>The open windows of one subtask: pure but for the memory that it holds. One caller at a time.</summary>
/// <remarks>
/// What is a window's is written to a log of rows: the key, the partial states, and where the window lies. A later row takes the place of an earlier one of
/// the same key and window, so that a checkpoint writes what changed since the last one and nothing else.
/// </remarks>
internal abstract class EventWindows : IDisposable
{
    /// <summary>Name of the column of the log that says where the window (or the part of one) begins: microseconds.</summary>
    protected const string PlaceColumn = "_window";

    private readonly int[] _numbers = new int[WindowShape.BatchRowsMax];

    private protected EventWindows(WindowShape shape, ArrowAllocator allocator)
    {
        shape.Validate();
        Shape = shape;
        Allocator = allocator;
        OutputSchema = shape.Output();
    }

    /// <summary>The rows that come out.</summary>
    public ArrowSchema OutputSchema { get; }

    /// <summary>The log of rows.</summary>
    public abstract RowTableOptions Table { get; }

    /// <summary>Rows that came when all their windows had come out.</summary>
    public long LateRowCount { get; private protected set; }

    /// <summary>Bytes of the open windows.</summary>
    public abstract long ByteCount { get; }

    /// <summary>No row before it is expected any more: microseconds.</summary>
    public long WatermarkMicros { get; private protected set; } = long.MinValue;

    private protected WindowShape Shape { get; }

    private protected ArrowAllocator Allocator { get; }

    /// <summary>Puts rows into their windows.</summary>
    /// <param name="rows">Of the shape's schema; stays the caller's.</param>
    public abstract void Add(RecordBatch rows);

    /// <summary>Hands out the windows that are complete, in the order of their ends. An earlier watermark than before changes nothing.</summary>
    /// <param name="watermarkMicros">No row before it is expected any more.</param>
    /// <param name="output">Gets batches, which belong to the caller.</param>
    public abstract void AdvanceTo(long watermarkMicros, IList<RecordBatch> output);

    /// <summary>What has changed since this was asked before.</summary>
    /// <param name="log">Gets batches of the log, which belong to the caller.</param>
    public abstract void TakeChanged(IList<RecordBatch> log);

    /// <summary>Takes in a batch of the log; all of them come in their order before anything else.</summary>
    /// <param name="log">Stays the caller's.</param>
    public abstract void Restore(RecordBatch log);

    /// <summary>The whole log is in.</summary>
    /// <param name="watermarkMicros">The watermark at the checkpoint: windows that end by it have come out. Null: there was none.</param>
    public abstract void FinishRestore(long? watermarkMicros);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>The first moment of the part of time that holds a moment, in parts of one width that begin at the epoch.</summary>
    private protected static long PlaceOf(long micros, long width)
    {
        var rest = micros % width;
        return micros - (rest < 0 ? rest + width : rest);
    }

    private protected static long Micros(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Appends the results of all groups as batches.</summary>
    /// <param name="aggregator">Whose groups.</param>
    /// <param name="start">The window's first moment.</param>
    /// <param name="end">The first moment behind it.</param>
    /// <param name="output">Gets the batches.</param>
    private protected void EmitAll(GroupAggregator aggregator, long start, long end, IList<RecordBatch> output)
    {
        Span<int> groups = _numbers;
        for (var from = 0; from < aggregator.Count; from += groups.Length)
        {
            var some = groups[..Math.Min(groups.Length, aggregator.Count - from)];
            for (var i = 0; i < some.Length; i++)
            {
                some[i] = from + i;
            }

            EmitBatch(aggregator, some, start, end, output);
        }
    }

    /// <summary>Appends the results of some groups as batches.</summary>
    private protected void Emit(GroupAggregator aggregator, ReadOnlySpan<int> groups, long start, long end, IList<RecordBatch> output)
    {
        for (var from = 0; from < groups.Length; from += WindowShape.BatchRowsMax)
        {
            EmitBatch(aggregator, groups.Slice(from, Math.Min(WindowShape.BatchRowsMax, groups.Length - from)), start, end, output);
        }
    }

    /// <summary>Whether the watermark has reached a moment.</summary>
    private protected bool IsReached(long micros) => WatermarkMicros != long.MinValue && micros <= WatermarkMicros;

    private protected static ArrowArray Longs(long value, int count, ArrowAllocator allocator)
    {
        using var builder = new Int64Builder(allocator);
        Fill(builder, value, count);
        return builder.Build();
    }

    private void EmitBatch(GroupAggregator aggregator, ReadOnlySpan<int> groups, long start, long end, IList<RecordBatch> output)
    {
        ArrowArray[] columns =
        [
            .. aggregator.Results(groups, Shape.Aggregates.Count), Times(start, groups.Length), Times(end, groups.Length), Times(end - 1, groups.Length),
        ];
        output.Add(ArrowColumns.ToBatch(OutputSchema, columns, groups.Length));
    }

    /// <summary>A column of one moment.</summary>
    private ArrowArray Times(long micros, int count)
    {
        using var builder = new TimestampBuilder((TimestampType)Shape.TimeType, Allocator);
        Fill(builder, micros, count);
        return builder.Build();
    }

    private static void Fill(PrimitiveBuilder<long> builder, long value, int count)
    {
        Span<long> some = stackalloc long[256];
        some.Fill(value);
        for (; count > 0; count -= some.Length)
        {
            builder.AppendRange(some[..Math.Min(count, some.Length)]);
        }
    }
}
