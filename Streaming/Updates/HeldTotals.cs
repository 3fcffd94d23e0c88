using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Tables;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Streaming.Updates;

/// <summary>Totals of keys that are in memory, and what changes in their results. One caller at a time.</summary>
internal sealed partial class HeldTotals
{
    private const int RowsMax = WindowShape.BatchRowsMax;

    private readonly IReadOnlyList<ArrowType> _keyTypes;
    private readonly IReadOnlyList<AggregateSpec> _specs;
    private readonly ArrowSchema _output;
    private readonly ArrowAllocator _allocator;
    private readonly ResultComparer _comparer;
    private GroupAggregator _totals;
    private bool[] _isLive = [];

    /// <param name="keyTypes">Types of the key's columns.</param>
    /// <param name="specs">The aggregates, with the newest time as the last one but one and the count of rows as the last one.</param>
    /// <param name="output">The rows that go out: keys, results without the count, but the bool before the time.</param>
    /// <param name="allocator">Where columns come from.</param>
    /// <exception cref="NotSupportedException">A type is no key, or an aggregate does not take such values.</exception>
    public HeldTotals(IReadOnlyList<ArrowType> keyTypes, IReadOnlyList<AggregateSpec> specs, ArrowSchema output, ArrowAllocator allocator)
    {
        (_keyTypes, _specs, _output, _allocator) = (keyTypes, specs, output, allocator);
        _totals = NewTotals();
        _comparer = new ResultComparer([.. specs.Take(specs.Count - 2).Select(spec => spec.ResultType)], keyTypes.Count);
        LogSchema = new ArrowSchema([.. _totals.PartialSchema.Fields, new ArrowField(RowTableOptions.DeletedColumn, ArrowType.Boolean)]);
    }

    /// <summary>Rows of the log: the key, the partial states, and whether the key is gone.</summary>
    public ArrowSchema LogSchema { get; }

    /// <summary>Keys, those that are gone among them.</summary>
    public int Count => _totals.Count;

    /// <summary>Keys that are there.</summary>
    public int LiveCount { get; private set; }

    /// <summary>Bytes that it holds.</summary>
    public long ByteCount => _totals.ByteCount + _isLive.Length;

    /// <summary>How many keys fit before it takes about twice its memory.</summary>
    public int Capacity => _totals.Capacity;

    private int ResultCount => _specs.Count - 1;

    /// <summary>Takes partial states of different keys into the results.</summary>
    /// <param name="partials">At most <see cref="WindowShape.BatchRowsMax"/> rows, which stay the caller's.</param>
    /// <param name="changes">Gets the rows that are taken back and those that come, which belong to the caller.</param>
    public void Change(RecordBatch partials, Queue<RecordBatch> changes)
    {
        var groups = Find(partials);
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
                    changes.Enqueue(Rows(before, gone, isRetract: true));
                }

                if (come.Length > 0)
                {
                    changes.Enqueue(Rows(after, come, isRetract: false));
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

    /// <summary>Lets keys go whose newest row is older than a time.</summary>
    /// <returns>The rows that are taken back, which belong to the caller; nothing else is called before the last of them.</returns>
    public IEnumerable<RecordBatch> Expire(long cutoffMicros)
    {
        for (var from = 0; from < _totals.Count; from += RowsMax)
        {
            if (Expire(PaneSort.Numbers(from, Math.Min(RowsMax, _totals.Count - from)), cutoffMicros) is { } rows)
            {
                yield return rows;
            }
        }
    }

    /// <summary>Takes in keys that it does not have; from here on they have changed.</summary>
    /// <param name="rows">At most <see cref="WindowShape.BatchRowsMax"/> rows that begin with those of partials; they stay the caller's.</param>
    /// <param name="isLive">Whether they are there; else they are gone.</param>
    public void Load(RecordBatch rows, bool isLive)
    {
        var groups = Find(rows);
        if (!isLive)
        {
            return;
        }

        _totals.MergeTo(rows, groups);
        foreach (var group in groups)
        {
            _isLive[group] = true;
        }

        LiveCount += groups.Length;
    }

    /// <summary>Takes in keys as <see cref="Load"/>, and lets those go at once whose newest row is older than a time.</summary>
    /// <returns>The rows that are taken back, which belong to the caller; null for none.</returns>
    public RecordBatch? LoadExpired(RecordBatch rows, long cutoffMicros)
    {
        Load(rows, isLive: true);
        return Expire(Find(rows), cutoffMicros);
    }

    /// <summary>What of a key there is to write.</summary>
    /// <param name="group">Its number.</param>
    /// <param name="keepsGone">Whether files may have keys that are gone, changed or not.</param>
    /// <returns>Null: nothing.</returns>
    public SpilledKind? KindOf(int group, bool keepsGone)
    {
        if (_isLive[group])
        {
            return _totals.IsChanged(group) ? SpilledKind.Changed : SpilledKind.Saved;
        }

        return keepsGone || _totals.IsChanged(group) ? SpilledKind.Gone : null;
    }

    /// <summary>The hashes of keys.</summary>
    public void Hash(ReadOnlySpan<int> groups, Span<ulong> hashes) => _totals.Hash(groups, hashes);

    /// <summary>Keys and states, as columns that the caller owns.</summary>
    public ArrowArray[] Partials(ReadOnlySpan<int> groups) => _totals.Partials(groups);

    /// <summary>Forgets all keys.</summary>
    /// <param name="keepsRoom">Whether the memory is used again for the keys to come; else it is given back.</param>
    public void Clear(bool keepsRoom)
    {
        LiveCount = 0;
        if (keepsRoom)
        {
            _totals.Clear();
            Array.Clear(_isLive);
        }
        else
        {
            (_totals, _isLive) = (NewTotals(), []);
        }
    }

    private int[] Find(RecordBatch partials)
    {
        var groups = new int[partials.RowCount];
        _totals.Find(partials, groups);
        if (_isLive.Length < _totals.Count)
        {
            Array.Resize(ref _isLive, Math.Max(_totals.Count, _isLive.Length * 2));
        }

        return groups;
    }

    /// <summary>Lets those of some groups go that are there and older than a time.</summary>
    private RecordBatch? Expire(int[] groups, long cutoffMicros)
    {
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

            _totals.Reset(groups.AsSpan(0, old.Count));
            LiveCount -= old.Count;
            return old.Count > 0 ? Rows(columns, [.. old], isRetract: true) : null;
        }
        finally
        {
            ArrowColumns.Release(columns);
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
            LiveCount += wasLive ? 0 : 1;
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
}
