using System.Runtime.InteropServices;
using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Spilling;

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
    private readonly ArrowSchema _lateSchema;
    private readonly List<int> _lateRows = [];
    private readonly List<RecordBatch> _late = [];

    private protected EventWindows(WindowShape shape, ArrowAllocator allocator)
    {
        shape.Validate();
        Shape = shape;
        Allocator = allocator;
        OutputSchema = shape.Output();
        _lateSchema = shape.Late();
    }

    /// <summary>The rows that come out.</summary>
    public ArrowSchema OutputSchema { get; }

    /// <summary>The log of rows.</summary>
    public abstract RowTableOptions Table { get; }

    /// <summary>Rows that were left out: of panes, those whose pane was complete, also where a longer window that holds it was still to come; of sessions, those before the watermark.</summary>
    public long LateRowCount { get; private protected set; }

    /// <summary>Bytes of the open windows.</summary>
    public abstract long ByteCount { get; }

    /// <summary>No row before it is expected any more: microseconds.</summary>
    public long WatermarkMicros { get; private protected set; } = long.MinValue;

    /// <summary>What it may hold. Default without a limit; set before anything else.</summary>
    public MemoryShare Memory { get; set; } = MemoryShare.Unbounded;

    private protected WindowShape Shape { get; }

    private protected ArrowAllocator Allocator { get; }

    /// <summary>Puts rows into their windows.</summary>
    /// <param name="rows">Of the shape's schema; stays the caller's.</param>
    public abstract void Add(RecordBatch rows);

    /// <summary>Hands out the windows that are complete, in the order of their ends. An earlier watermark than before changes nothing.</summary>
    /// <param name="watermarkMicros">No row before it is expected any more.</param>
    /// <returns>Batches, which belong to the caller; they are made one at a time. Nothing else may be called before the last one was asked for.</returns>
    public abstract IEnumerable<RecordBatch> Advance(long watermarkMicros);

    /// <summary>As <see cref="Advance"/>, all at once.</summary>
    public void AdvanceTo(long watermarkMicros, ICollection<RecordBatch> output)
    {
        foreach (var batch in Advance(watermarkMicros))
        {
            output.Add(batch);
        }
    }

    /// <summary>Whether <see cref="MakeRoomAsync"/> is to be called before more rows come.</summary>
    /// <param name="rowCount">How many come.</param>
    public virtual bool NeedsRoom(int rowCount)
    {
        if (!Memory.IsBounded)
        {
            return false;
        }

        Memory.Report(ByteCount);
        return Memory.IsOver;
    }

    /// <summary>Writes state to files until there is room for some rows more. By default there are no files, and too much is an error.</summary>
    /// <exception cref="Errors.FlowException">A file could not be written; nothing is lost. Or the state has to be in memory, which is full.</exception>
    public virtual ValueTask MakeRoomAsync(int rowCount, CancellationToken cancellationToken)
    {
        Memory.Refuse("Open windows of this kind");
        return ValueTask.CompletedTask;
    }

    /// <summary>Called before <see cref="TakeChanged"/> when files were written: what is in memory beside them goes to files, too.</summary>
    public virtual ValueTask PrepareChangedAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Called before <see cref="FinishRestore"/>, with the same watermark.</summary>
    public virtual ValueTask SettleRestoredAsync(long? watermarkMicros, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>How far <see cref="Advance"/> may go before it is asked again whether there is room: what is in files comes back in steps.</summary>
    /// <param name="watermarkMicros">Where it shall go in the end.</param>
    /// <returns>At most that.</returns>
    public virtual long StepTo(long watermarkMicros) => watermarkMicros;

    /// <summary>Hands out the rows that were left out since this was asked before, where the shape says which of their columns are wanted.</summary>
    /// <param name="late">Gets batches of <see cref="WindowShape.Late"/>, which belong to the caller.</param>
    public void TakeLate(IList<RecordBatch> late)
    {
        foreach (var batch in _late)
        {
            late.Add(batch);
        }

        _late.Clear();
    }

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
    internal static long PlaceOf(long micros, long width)
    {
        var rest = micros % width;
        return micros - (rest < 0 ? rest + width : rest);
    }

    private protected static long Micros(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Leaves all rows of a batch out.</summary>
    private protected void LeaveOut(RecordBatch rows)
    {
        LateRowCount += rows.RowCount;
        if (Shape.LateColumns.Count > 0)
        {
            _late.Add(LateOf(rows));
        }
    }

    /// <summary>Leaves a row of the batch that is being added out; <see cref="KeepLeftOut"/> follows.</summary>
    private protected void LeaveOut(int row)
    {
        LateRowCount++;
        if (Shape.LateColumns.Count > 0)
        {
            _lateRows.Add(row);
        }
    }

    /// <summary>Keeps those rows of a batch that were left out one by one.</summary>
    private protected void KeepLeftOut(RecordBatch rows)
    {
        if (_lateRows.Count > 0)
        {
            using var columns = LateOf(rows);
            _late.Add(ArrowTake.Take(columns, CollectionsMarshal.AsSpan(_lateRows), Allocator));
            _lateRows.Clear();
        }
    }

    /// <summary>The results of all groups as batches.</summary>
    /// <param name="aggregator">Whose groups.</param>
    /// <param name="start">The window's first moment.</param>
    /// <param name="end">The first moment behind it.</param>
    private protected IEnumerable<RecordBatch> EmitAll(GroupAggregator aggregator, long start, long end)
    {
        for (var from = 0; from < aggregator.Count; from += _numbers.Length)
        {
            var count = Math.Min(_numbers.Length, aggregator.Count - from);
            for (var i = 0; i < count; i++)
            {
                _numbers[i] = from + i;
            }

            yield return BatchOf(aggregator, _numbers.AsSpan(0, count), start, end);
        }
    }

    /// <summary>The results of some groups as batches.</summary>
    private protected IEnumerable<RecordBatch> Emit(GroupAggregator aggregator, int[] groups, long start, long end)
    {
        for (var from = 0; from < groups.Length; from += WindowShape.BatchRowsMax)
        {
            yield return BatchOf(aggregator, groups.AsSpan(from, Math.Min(WindowShape.BatchRowsMax, groups.Length - from)), start, end);
        }
    }

    /// <summary>Whether the watermark has reached a moment.</summary>
    private protected bool IsReached(long micros) => WatermarkMicros != long.MinValue && micros <= WatermarkMicros;

    internal static ArrowArray Longs(long value, int count, ArrowAllocator allocator)
    {
        using var builder = new Int64Builder(allocator);
        Fill(builder, value, count);
        return builder.Build();
    }

    private RecordBatch LateOf(RecordBatch rows) =>
        new(_lateSchema, [.. Shape.LateColumns.Append(Shape.TimeColumn).Select(column => rows.Column(column).Retain())], rows.RowCount);

    private RecordBatch BatchOf(GroupAggregator aggregator, ReadOnlySpan<int> groups, long start, long end)
    {
        ArrowArray[] columns =
        [
            .. aggregator.Results(groups, Shape.Aggregates.Count), Times(start, groups.Length), Times(end, groups.Length), Times(end - 1, groups.Length),
        ];
        return ArrowColumns.ToBatch(OutputSchema, columns, groups.Length);
    }

    /// <summary>A column of one moment.</summary>
    private protected ArrowArray Times(long micros, int count)
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
