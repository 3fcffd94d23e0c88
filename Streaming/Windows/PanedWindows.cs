using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Windows;

/// <summary>Windows that are made of panes: parts of time of one width, each of which aggregates its rows once, whatever number of windows it is in.</summary>
/// <remarks>Li et al., "No Pane, No Gain", SIGMOD Record 34, 2005.</remarks>
internal abstract class PanedWindows : EventWindows
{
    private const int SpareMax = 2;

    private readonly SortedDictionary<long, GroupAggregator> _open = [];
    private readonly Stack<GroupAggregator> _spare = new();
    private readonly Dictionary<long, List<int>> _rowsByPane = [];
    private readonly int[] _keyColumns;
    private readonly ArrowSchema _logSchema;
    private readonly List<(long Pane, RecordBatch Log)> _closedChanges = [];
    private readonly long _retentionMicros;
    private int _largestCount;

    private protected PanedWindows(WindowShape shape, TimeSpan paneWidth, TimeSpan retention, ArrowAllocator allocator)
        : base(shape, allocator)
    {
        PaneMicros = Micros(paneWidth);
        _retentionMicros = Micros(retention);
        ArgumentOutOfRangeException.ThrowIfLessThan(PaneMicros, 1, nameof(paneWidth));
        _keyColumns = [.. shape.KeyColumns];

        // The last one says whether a group has rows at all.
        Specs = [.. shape.Aggregates, new AggregateSpec(AggregateKind.Count, null, null, ArrowType.Int64)];
        _logSchema = new ArrowSchema(
        [
            .. GroupAggregator.PartialTypes(shape.KeyTypes, Specs).Select((type, place) => new ArrowField($"c{place}", type)),
            new ArrowField(PlaceColumn, ArrowType.Int64, isNullable: false),
        ]);
        Table = new RowTableOptions
        {
            Kind = TableKind.Timed,
            Schema = _logSchema,
            KeyColumns = [.. Enumerable.Range(0, _keyColumns.Length)],
            TimeColumn = _logSchema.Fields.Count - 1,
            Retention = retention,
        };
    }

    public override RowTableOptions Table { get; }

    public override long ByteCount => _open.Values.Sum(pane => pane.ByteCount) + _closedChanges.Sum(changes => changes.Log.ByteCount);

    /// <summary>Width of a pane in microseconds.</summary>
    private protected long PaneMicros { get; }

    /// <summary>The aggregates and a count of rows, which is the last one.</summary>
    private protected IReadOnlyList<AggregateSpec> Specs { get; }

    public override void Add(RecordBatch rows)
    {
        var times = rows.Column<TimestampArray>(Shape.TimeColumn).Values;
        if (times.IsEmpty)
        {
            return;
        }

        var (min, max) = (times[0], times[0]);
        foreach (var time in times)
        {
            min = Math.Min(min, time);
            max = Math.Max(max, time);
        }

        if (PlaceOf(min, PaneMicros) is var only && only == PlaceOf(max, PaneMicros))
        {
            AddTo(only, rows);
            return;
        }

        AddEach(rows, times);
    }

    public override void TakeChanged(IList<RecordBatch> log)
    {
        foreach (var (_, batch) in _closedChanges)
        {
            log.Add(batch);
        }

        _closedChanges.Clear();
        foreach (var (pane, aggregator) in _open)
        {
            Log(pane, aggregator, log);
        }
    }

    public override void Restore(RecordBatch log)
    {
        var panes = log.Column<Int64Array>(log.ColumnCount - 1).Values;
        if (panes.IsEmpty)
        {
            return;
        }

        if (!panes.ContainsAnyExcept(panes[0]))
        {
            OpenOf(panes[0]).Replace(log);
            return;
        }

        for (var row = 0; row < panes.Length; row++)
        {
            RowsOf(panes[row]).Add(row);
        }

        foreach (var (pane, some) in _rowsByPane)
        {
            if (some.Count > 0)
            {
                using var part = ArrowTake.Take(log, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(some), Allocator);
                some.Clear();
                OpenOf(pane).Replace(part);
            }
        }

        _rowsByPane.Clear();
    }

    public override void FinishRestore(long? watermarkMicros)
    {
        WatermarkMicros = watermarkMicros ?? long.MinValue;
        foreach (var (pane, aggregator) in _open.ToList())
        {
            aggregator.ForgetChanged();
            if (IsReached(LastEndOf(pane)))
            {
                // The log keeps rows a little longer than they are needed.
                _open.Remove(pane);
            }
        }
    }

    public override void Dispose()
    {
        _closedChanges.ForEach(changes => changes.Log.Dispose());
        _closedChanges.Clear();
        _open.Clear();
    }

    /// <summary>The end of the last window that a pane is in.</summary>
    private protected virtual long LastEndOf(long pane) => pane + _retentionMicros;

    /// <summary>The first moment of the oldest open pane; null when none is open.</summary>
    private protected long? FirstOpen()
    {
        // Of a sorted dictionary the first entry is found without the others.
        foreach (var pane in _open)
        {
            return pane.Key;
        }

        return null;
    }

    /// <summary>Closes the oldest open pane.</summary>
    /// <returns>Its rows; give it back with <see cref="Free"/>.</returns>
    private protected GroupAggregator Close(long pane)
    {
        var aggregator = _open[pane];
        _open.Remove(pane);
        return aggregator;
    }

    /// <summary>Keeps what a pane that is being closed would have written, for as long as a window needs it.</summary>
    private protected void KeepChanges(long pane, GroupAggregator aggregator)
    {
        while (_closedChanges.Count > 0 && IsReached(_closedChanges[0].Pane + _retentionMicros))
        {
            _closedChanges[0].Log.Dispose();
            _closedChanges.RemoveAt(0);
        }

        var log = new List<RecordBatch>();
        Log(pane, aggregator, log);
        log.ForEach(batch => _closedChanges.Add((pane, batch)));
    }

    private protected void Free(GroupAggregator aggregator)
    {
        _largestCount = Math.Max(aggregator.Count, _largestCount - _largestCount / 16);
        if (_spare.Count < SpareMax)
        {
            aggregator.Clear();
            _spare.Push(aggregator);
        }
    }

    private protected GroupAggregator NewAggregator(bool tracksChanges) => new(Shape.KeyTypes, Specs, tracksChanges, Allocator);

    private void Log(long pane, GroupAggregator aggregator, IList<RecordBatch> log)
    {
        var changed = aggregator.TakeChanged();
        for (var from = 0; from < changed.Length; from += WindowShape.BatchRowsMax)
        {
            var some = changed.AsSpan(from, Math.Min(WindowShape.BatchRowsMax, changed.Length - from));
            log.Add(ArrowColumns.ToBatch(_logSchema, [.. aggregator.Partials(some), Longs(pane, some.Length, Allocator)], some.Length));
        }
    }

    /// <summary>Rows of several panes: each pane's rows are put side by side first.</summary>
    private void AddEach(RecordBatch rows, ReadOnlySpan<long> times)
    {
        var (last, some) = (long.MinValue, (List<int>?)null);
        for (var row = 0; row < times.Length; row++)
        {
            var pane = PlaceOf(times[row], PaneMicros);
            if (pane != last || some is null)
            {
                (last, some) = (pane, RowsOf(pane));
            }

            some.Add(row);
        }

        foreach (var (pane, members) in _rowsByPane)
        {
            if (members.Count > 0)
            {
                using var part = ArrowTake.Take(rows, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(members), Allocator);
                members.Clear();
                AddTo(pane, part);
            }
        }

        // Most batches have the panes of the one before; a list that is used no more does not stay for ever.
        if (_rowsByPane.Count > 64)
        {
            _rowsByPane.Clear();
        }
    }

    private List<int> RowsOf(long pane)
    {
        if (!_rowsByPane.TryGetValue(pane, out var rows))
        {
            _rowsByPane.Add(pane, rows = []);
        }

        return rows;
    }

    private void AddTo(long pane, RecordBatch rows)
    {
        if (IsReached(pane + PaneMicros))
        {
            LateRowCount += rows.RowCount;
            return;
        }

        OpenOf(pane).Add(rows, _keyColumns);
    }

    private GroupAggregator OpenOf(long pane)
    {
        if (!_open.TryGetValue(pane, out var aggregator))
        {
            if (!_spare.TryPop(out aggregator))
            {
                aggregator = NewAggregator(tracksChanges: true);

                // Panes have about as many keys as the ones before.
                aggregator.Expect(_largestCount);
            }

            _open.Add(pane, aggregator);
        }

        return aggregator;
    }
}
