using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Windows;

/// <summary>Windows that are made of panes: parts of time of one width, each of which aggregates its rows once, whatever number of windows it is in.</summary>
/// <remarks>Li et al., "No Pane, No Gain", SIGMOD Record 34, 2005.</remarks>
internal abstract partial class PanedWindows : EventWindows
{
    private const int SpareMax = 2;

    private readonly SortedDictionary<long, PaneGroups> _open = [];
    private readonly Stack<GroupAggregator> _spare = new();
    private readonly Dictionary<long, List<int>> _rowsByPane = [];
    private readonly int[] _keyColumns;
    private readonly PaneLog _log;
    private readonly List<(long Pane, RecordBatch Log)> _closedChanges = [];
    private readonly long _retentionMicros;
    private long _closedBytes;
    private long _spareBytes;
    private long _largestBytes;
    private int _largestCount;
    private bool _isRestoring;

    private protected PanedWindows(WindowShape shape, TimeSpan paneWidth, TimeSpan retention, ArrowAllocator allocator)
        : base(shape, allocator)
    {
        PaneMicros = Micros(paneWidth);
        _retentionMicros = Micros(retention);
        ArgumentOutOfRangeException.ThrowIfLessThan(PaneMicros, 1, nameof(paneWidth));
        _keyColumns = [.. shape.KeyColumns];

        // One of them says whether a group has rows at all.
        Specs = shape.Aggregates.Any(spec => spec.IsRowCount) ? shape.Aggregates : [.. shape.Aggregates, new AggregateSpec(AggregateKind.Count, null, null, ArrowType.Int64)];
        _log = new PaneLog(shape.KeyTypes, Specs, sharesRowCount: Specs.Count == shape.Aggregates.Count, retention, PlaceColumn, allocator);
    }

    public override RowTableOptions Table => _log.Options;

    /// <summary>Width of a pane in microseconds.</summary>
    private protected long PaneMicros { get; }

    /// <summary>The aggregates, and behind them a count of rows unless it is among them.</summary>
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
        _closedBytes = 0;
        foreach (var (start, pane) in _open)
        {
            if (pane.IsSpilled && pane.Memory.Count > 0)
            {
                throw new InvalidOperationException("A pane is partly in files; PrepareChangedAsync comes first.");
            }

            _log.Take(start, pane, log);
        }
    }

    public override void Dispose()
    {
        _closedChanges.ForEach(changes => changes.Log.Dispose());
        _closedChanges.Clear();
        foreach (var (_, pane) in _open)
        {
            pane.Dispose();
        }

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

    /// <summary>Closes the oldest open pane, which then is the caller's.</summary>
    private protected PaneGroups Close(long start)
    {
        var pane = _open[start];
        _open.Remove(start);
        return pane;
    }

    /// <summary>Keeps what a pane that is being closed would have written, for as long as a window needs it.</summary>
    private protected void KeepChanges(long start, PaneGroups pane)
    {
        while (_closedChanges.Count > 0 && IsReached(_closedChanges[0].Pane + _retentionMicros))
        {
            _closedBytes -= _closedChanges[0].Log.ByteCount;
            _closedChanges[0].Log.Dispose();
            _closedChanges.RemoveAt(0);
        }

        var log = new List<RecordBatch>();
        _log.Take(start, pane, log);
        pane.SetLogged();
        foreach (var batch in log)
        {
            _closedChanges.Add((start, batch));
            _closedBytes += batch.ByteCount;
        }
    }

    /// <summary>Takes the memory of a closed pane back, whose files are done with.</summary>
    private protected void Free(PaneGroups pane)
    {
        var groups = pane.Memory;
        _largestCount = Math.Max(groups.Count, _largestCount - _largestCount / 16);
        _largestBytes = Math.Max(groups.ByteCount, _largestBytes - _largestBytes / 16);
        if (_spare.Count < SpareMax && !Memory.WouldBeOver(0))
        {
            groups.Clear();
            _spare.Push(groups);
            _spareBytes += groups.ByteCount;
        }
    }

    private protected GroupAggregator NewAggregator(bool tracksChanges) => new(Shape.KeyTypes, Specs, tracksChanges, Allocator);

    private protected PaneGroups NewGroups(bool tracksChanges) => new(NewAggregator(tracksChanges), () => NewAggregator(tracksChanges), isLogged: !tracksChanges);

    /// <summary>The results of a pane, which stays as it is.</summary>
    private protected IEnumerable<RecordBatch> EmitAll(PaneGroups pane, long start, long end) =>
        pane.IsSpilled ? EmitSums([pane], start, end) : EmitAll(pane.Memory, start, end);

    /// <summary>The results of panes that are in files, together.</summary>
    private protected IEnumerable<RecordBatch> EmitSums(IReadOnlyList<PaneGroups> panes, long start, long end)
    {
        foreach (var sum in PaneGroups.Sums(panes, NewAggregator(tracksChanges: false), Memory))
        {
            foreach (var batch in EmitAll(sum, start, end))
            {
                yield return batch;
            }
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
            LeaveOut(rows);
            return;
        }

        OpenOf(pane).Memory.Add(rows, _keyColumns);
    }

    private PaneGroups OpenOf(long start)
    {
        if (!_open.TryGetValue(start, out var pane))
        {
            if (_spare.TryPop(out var groups))
            {
                _spareBytes -= groups.ByteCount;
            }
            else
            {
                groups = NewAggregator(tracksChanges: true);
                if (!Memory.WouldBeOver(_largestBytes))
                {
                    // Panes have about as many keys as the ones before.
                    groups.Expect(_largestCount);
                }
            }

            _open.Add(start, pane = new PaneGroups(groups, () => NewAggregator(tracksChanges: true), isLogged: false));
        }

        return pane;
    }
}
