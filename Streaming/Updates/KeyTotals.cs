using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Tables;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Streaming.Updates;

/// <summary>Aggregates by key that go on for ever, and what changes in them: pure but for the memory that it holds. One caller at a time.</summary>
/// <remarks>
/// What came since the last change lies apart and is merged then: so the results before are at hand, and a key costs no more than one row before and one after,
/// however many rows it gets in between.
/// </remarks>
internal sealed class KeyTotals
{
    private const int RowsMax = 8_192;

    private readonly int[] _keyColumns;
    private readonly IReadOnlyList<ArrowType> _keyTypes;
    private readonly IReadOnlyList<AggregateSpec> _specs;
    private readonly ArrowSchema _output;
    private readonly ArrowAllocator _allocator;
    private readonly GroupAggregator _fresh;
    private readonly ResultComparer _comparer;
    private GroupAggregator _totals;
    private bool[] _isLive = [];
    private int _liveCount;

    /// <param name="keyColumns">Places of the key's columns in rows that come.</param>
    /// <param name="keyTypes">Their types.</param>
    /// <param name="specs">The aggregates, with the newest time as the last one but one and the count of rows as the last one.</param>
    /// <param name="output">The rows that go out: keys, results without the count, but the bool before the time.</param>
    /// <param name="allocator">Where columns come from.</param>
    /// <exception cref="NotSupportedException">A type is no key, or an aggregate does not take such values.</exception>
    public KeyTotals(int[] keyColumns, IReadOnlyList<ArrowType> keyTypes, IReadOnlyList<AggregateSpec> specs, ArrowSchema output, ArrowAllocator allocator)
    {
        (_keyColumns, _keyTypes, _specs, _output, _allocator) = (keyColumns, keyTypes, specs, output, allocator);
        _fresh = new GroupAggregator(keyTypes, specs, tracksChanges: false, allocator);
        _totals = NewTotals();
        _comparer = new ResultComparer([.. specs.Take(specs.Count - 2).Select(spec => spec.ResultType)], keyTypes.Count);
        LogSchema = new ArrowSchema(
        [
            .. GroupAggregator.PartialTypes(keyTypes, specs).Select((type, place) => new ArrowField($"c{place}", type)),
            new ArrowField(RowTableOptions.DeletedColumn, ArrowType.Boolean),
        ]);
    }

    /// <summary>Rows of the log: the key, the partial states, and whether the key is gone.</summary>
    public ArrowSchema LogSchema { get; }

    /// <summary>Keys with rows that came since the last change.</summary>
    public int FreshCount => _fresh.Count;

    /// <summary>Keys that are there.</summary>
    public int LiveCount => _liveCount;

    /// <summary>Bytes that it holds.</summary>
    public long ByteCount => _fresh.ByteCount + _totals.ByteCount + _isLive.Length;

    private int ResultCount => _specs.Count - 1;

    /// <summary>Adds rows, which stay the caller's.</summary>
    public void Add(RecordBatch rows) => _fresh.Add(rows, _keyColumns);

    /// <summary>Takes what came into the results.</summary>
    /// <param name="changes">Gets the rows that are taken back and those that come, which belong to the caller.</param>
    public void Change(List<RecordBatch> changes)
    {
        for (var from = 0; from < _fresh.Count; from += RowsMax)
        {
            var fresh = PaneSort.Numbers(from, Math.Min(RowsMax, _fresh.Count - from));
            using var partials = _fresh.PartialBatch(fresh);
            var groups = new int[fresh.Length];
            _totals.Find(partials, groups);
            if (_isLive.Length < _totals.Count)
            {
                Array.Resize(ref _isLive, Math.Max(_totals.Count, _isLive.Length * 2));
            }

            Change(partials, groups, changes);
        }

        _fresh.Clear();
    }

    /// <summary>Lets keys go whose newest row is older than a time.</summary>
    public void Expire(long cutoffMicros, List<RecordBatch> changes)
    {
        for (var from = 0; from < _totals.Count; from += RowsMax)
        {
            var groups = PaneSort.Numbers(from, Math.Min(RowsMax, _totals.Count - from));
            var columns = _totals.Results(groups, ResultCount);
            try
            {
                var times = RowTimes.Of(columns[^1]);
                var old = new List<int>();
                for (var row = 0; row < groups.Length; row++)
                {
                    if (_isLive[groups[row]] && times[row] < cutoffMicros)
                    {
                        old.Add(row);
                        _isLive[groups[row]] = false;
                        groups[old.Count - 1] = groups[row];
                    }
                }

                if (old.Count > 0)
                {
                    changes.Add(Rows(columns, [.. old], isRetract: true));
                    _totals.Reset(groups.AsSpan(0, old.Count));
                    _liveCount -= old.Count;
                }
            }
            finally
            {
                ArrowColumns.Release(columns);
            }
        }
    }

    /// <summary>What has changed since this was asked before.</summary>
    /// <param name="log">Gets batches of the log, which belong to the caller.</param>
    public void TakeChanged(List<RecordBatch> log)
    {
        var changed = _totals.TakeChanged();
        for (var from = 0; from < changed.Length; from += RowsMax)
        {
            var groups = changed.AsSpan(from, Math.Min(RowsMax, changed.Length - from));
            using var gone = new BooleanBuilder(_allocator);
            foreach (var group in groups)
            {
                gone.Append(!_isLive[group]);
            }

            log.Add(ArrowColumns.ToBatch(LogSchema, [.. _totals.Partials(groups), gone.Build()], groups.Length));
        }

        Compact();
    }

    /// <summary>Takes in a batch of the log, which stays the caller's; all of them come in their order before anything else.</summary>
    public void Restore(RecordBatch log)
    {
        _totals.Replace(log);
        var groups = new int[log.RowCount];
        _totals.Find(log, groups);
        var gone = log.Column<BooleanArray>(log.ColumnCount - 1);
        for (var row = 0; row < groups.Length; row++)
        {
            groups[row] = gone.GetBoolean(row) ? groups[row] : -1;
        }

        _totals.Reset(groups);
    }

    /// <summary>Between two batches of the log: keys that are gone give their memory back. Only worth it where memory is short.</summary>
    public void CompactRestored() => MoveLive();

    /// <summary>The whole log is in.</summary>
    public void FinishRestore()
    {
        _isLive = new bool[_totals.Count];
        var live = _totals.GroupsWithRows();
        foreach (var group in live)
        {
            _isLive[group] = true;
        }

        _liveCount = live.Length;
        _totals.ForgetChanged();
    }

    private void Change(RecordBatch partials, int[] groups, List<RecordBatch> changes)
    {
        var before = _totals.Results(groups, ResultCount);
        try
        {
            _totals.MergeTo(partials, groups);
            var after = _totals.Results(groups, ResultCount);
            try
            {
                var (gone, come) = Differences(before, after, groups);
                if (gone.Length > 0)
                {
                    changes.Add(Rows(before, gone, isRetract: true));
                }

                if (come.Length > 0)
                {
                    changes.Add(Rows(after, come, isRetract: false));
                }
            }
            finally
            {
                ArrowColumns.Release(after);
            }
        }
        finally
        {
            ArrowColumns.Release(before);
        }
    }

    /// <summary>The rows that are taken back and those that come; all groups are there afterwards.</summary>
    private (int[] Gone, int[] Come) Differences(ArrowArray[] before, ArrowArray[] after, int[] groups)
    {
        var isOther = new bool[groups.Length];
        _comparer.Compare(before, after, isOther);
        var (gone, come) = (new List<int>(), new List<int>());
        for (var row = 0; row < groups.Length; row++)
        {
            var wasLive = _isLive[groups[row]];
            if (wasLive && isOther[row])
            {
                gone.Add(row);
            }

            if (!wasLive || isOther[row])
            {
                come.Add(row);
            }

            _isLive[groups[row]] = true;
            _liveCount += wasLive ? 0 : 1;
        }

        return ([.. gone], [.. come]);
    }

    /// <summary>Some rows of results, as they go out.</summary>
    private RecordBatch Rows(ArrowArray[] results, int[] rows, bool isRetract)
    {
        using var retract = new BooleanBuilder(_allocator);
        foreach (var _ in rows)
        {
            retract.Append(isRetract);
        }

        var columns = new List<ArrowArray>();
        for (var i = 0; i < results.Length - 1; i++)
        {
            columns.Add(ArrowTake.Take(results[i], rows, _allocator));
        }

        return ArrowColumns.ToBatch(_output, [.. columns, retract.Build(), ArrowTake.Take(results[^1], rows, _allocator)], rows.Length);
    }

    private GroupAggregator NewTotals() => new(_keyTypes, _specs, tracksChanges: true, _allocator);

    /// <summary>Keys that are gone keep their numbers; when they are most of all, those that are there move together.</summary>
    private void Compact()
    {
        if (_totals.Count < RowsMax || _liveCount > _totals.Count / 2)
        {
            return;
        }

        MoveLive();
        FinishRestore();
    }

    private void MoveLive()
    {
        var (old, live) = (_totals, _totals.GroupsWithRows());
        _totals = NewTotals();
        for (var from = 0; from < live.Length; from += RowsMax)
        {
            using var partials = old.PartialBatch(live.AsSpan(from, Math.Min(RowsMax, live.Length - from)));
            _totals.Merge(partials);
        }
    }
}
