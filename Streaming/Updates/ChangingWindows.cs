using System.Runtime.InteropServices;
using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Streaming.Updates;

/// <summary>Tumbling, hopping and cumulating windows whose results change.</summary>
/// <remarks>
/// Each window keeps groups of its own, so that it can change by itself; a row costs as much as the windows that it is in. A row is in all of its windows or,
/// when its pane (a tumbling window, a slide, a step) is complete for longer than the lateness, in none.
/// </remarks>
internal sealed partial class ChangingWindows : ChangingEventWindows
{
    private readonly SortedDictionary<long, ChangingWindow> _open = [];
    private readonly SortedDictionary<long, ChangingWindow> _complete = [];
    private readonly Dictionary<long, ChangingWindow> _corrected = [];
    private readonly Dictionary<long, List<int>> _rowsByPane = [];
    private readonly WindowPanes _panes;
    private readonly int[] _keyColumns;
    private readonly List<AggregateSpec> _specs;
    private readonly ResultComparer _comparer;
    private readonly ArrowSchema _logSchema;

    /// <param name="shape">Rows in and out.</param>
    /// <param name="panes">Which windows.</param>
    /// <param name="lateness">How long behind its end a window is kept. Not negative.</param>
    /// <param name="allocator">Where columns come from.</param>
    /// <exception cref="NotSupportedException">A type is no key, or an aggregate does not take such values, or its results cannot be compared.</exception>
    public ChangingWindows(WindowShape shape, WindowPanes panes, TimeSpan lateness, ArrowAllocator allocator)
        : base(shape, lateness, allocator)
    {
        (_panes, _keyColumns) = (panes, [.. shape.KeyColumns]);

        // The last one says whether a group has rows at all.
        _specs = [.. shape.Aggregates, new AggregateSpec(AggregateKind.Count, null, null, ArrowType.Int64)];
        _comparer = new ResultComparer([.. shape.Aggregates.Select(spec => spec.ResultType)], shape.KeyColumns.Count);
        var partials = GroupAggregator.PartialTypes(shape.KeyTypes, _specs).Select((type, place) => new ArrowField($"c{place}", type)).ToList();
        _logSchema = new ArrowSchema([.. partials, new ArrowField(PlaceColumn, ArrowType.Int64, isNullable: false), new ArrowField("_gone", ArrowType.Boolean, isNullable: false)]);
        Table = new RowTableOptions
        {
            Kind = Protocol.Streaming.V1.TableKind.Timed,
            Schema = _logSchema,
            KeyColumns = [.. Enumerable.Range(0, shape.KeyColumns.Count)],
            TimeColumn = partials.Count,
            Retention = lateness,
        };
        NewAggregator(tracksChanges: false);
    }

    public override RowTableOptions Table { get; }

    public override long ByteCount
    {
        get
        {
            var bytes = 0L;
            foreach (var (_, window) in _open)
            {
                bytes += window.ByteCount;
            }

            foreach (var (_, window) in _complete)
            {
                bytes += window.ByteCount;
            }

            return bytes;
        }
    }

    public override int KeptCount => _open.Count + _complete.Count;

    public override void Add(RecordBatch rows)
    {
        var times = rows.Column<TimestampArray>(Shape.TimeColumn).Values;
        var (last, some) = (long.MinValue, (List<int>?)null);
        for (var row = 0; row < times.Length; row++)
        {
            var pane = PlaceOf(times[row], _panes.PaneMicros);
            if (pane != last || some is null)
            {
                (last, some) = (pane, RowsOf(pane));
            }

            some.Add(row);
        }

        foreach (var (pane, members) in _rowsByPane)
        {
            if (members.Count == rows.RowCount)
            {
                AddTo(pane, rows);
            }
            else if (members.Count > 0)
            {
                using var part = ArrowTake.Take(rows, CollectionsMarshal.AsSpan(members), Allocator);
                AddTo(pane, part);
            }

            members.Clear();
        }

        // Most batches have the panes of the one before; a list that is used no more does not stay for ever.
        if (_rowsByPane.Count > 64)
        {
            _rowsByPane.Clear();
        }
    }

    public override IEnumerable<RecordBatch> Advance(long watermarkMicros)
    {
        WatermarkMicros = Math.Max(WatermarkMicros, watermarkMicros);
        while (First(_open) is { } window && IsReached(window.End))
        {
            foreach (var batch in HandOut(window))
            {
                yield return batch;
            }

            _open.Remove(window.End);
            _complete.Add(window.End, window);
        }

        while (First(_complete) is { } window && IsForgotten(window.End))
        {
            foreach (var batch in HandOut(window))
            {
                yield return batch;
            }

            _complete.Remove(window.End);
            _corrected.Remove(window.End);
        }
    }

    public override IEnumerable<RecordBatch> Correct()
    {
        foreach (var (_, window) in _corrected)
        {
            foreach (var batch in HandOut(window))
            {
                yield return batch;
            }
        }

        _corrected.Clear();
    }

    public override IEnumerable<RecordBatch> HandOutOpen(bool onlyGone)
    {
        foreach (var (_, window) in _open)
        {
            if (window.HasMore && (window.HasGoneOut || !onlyGone))
            {
                foreach (var batch in HandOut(window))
                {
                    yield return batch;
                }
            }
        }
    }

    public override void TakeChanged(IList<RecordBatch> log)
    {
        foreach (var windows in new[] { _open, _complete })
        {
            foreach (var (end, window) in windows)
            {
                Take(end, window, log);
            }
        }
    }

    public override void Dispose()
    {
        _open.Clear();
        _complete.Clear();
        _corrected.Clear();
    }

    private static ChangingWindow? First(SortedDictionary<long, ChangingWindow> windows)
    {
        // Of a sorted dictionary the first entry is found without the others.
        foreach (var (_, window) in windows)
        {
            return window;
        }

        return null;
    }

    private bool IsForgotten(long end) => FloorMicros != long.MinValue && end <= FloorMicros;

    private GroupAggregator NewAggregator(bool tracksChanges) => new(Shape.KeyTypes, _specs, tracksChanges, Allocator);

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
        if (IsForgotten(pane + _panes.PaneMicros))
        {
            LeaveOut(rows);
            return;
        }

        var last = _panes.LastEndOf(pane);
        for (var end = pane + _panes.PaneMicros; end <= last; end += _panes.PaneMicros)
        {
            var window = WindowOf(end);
            window.Add(rows, _keyColumns);
            if (IsReached(end))
            {
                _corrected[end] = window;
            }
        }
    }

    private ChangingWindow WindowOf(long end)
    {
        var windows = IsReached(end) ? _complete : _open;
        if (!windows.TryGetValue(end, out var window))
        {
            windows.Add(end, window = new ChangingWindow(_panes.StartOf(end), end, NewAggregator));
        }

        return window;
    }
}
