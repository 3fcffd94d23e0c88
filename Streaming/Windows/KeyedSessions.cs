using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;

namespace OrleansFlow.Streaming.Windows;

/// <summary>Sessions of keys with their partial states, and their rows in checkpoints. One caller at a time.</summary>
internal sealed class KeyedSessions
{
    private readonly WindowShape _shape;
    private readonly ArrowAllocator _allocator;
    private readonly int[] _keyColumns;
    private readonly List<(int From, int To)> _merges = [];
    private GroupIndex _keys;

    /// <param name="shape">What is grouped.</param>
    /// <param name="numberColumn">Name of the number that checkpoints have of a session; null: none.</param>
    /// <param name="allocator">Where columns come from.</param>
    /// <exception cref="NotSupportedException">A type is no key, or an aggregate does not take such values.</exception>
    public KeyedSessions(WindowShape shape, string? numberColumn, ArrowAllocator allocator)
    {
        (_shape, _allocator, _keyColumns) = (shape, allocator, [.. shape.KeyColumns]);
        _keys = GroupIndex.Create(shape.KeyTypes);
        States = new AccumulatorSet(shape.Aggregates, allocator);
        Log = new SessionLog(shape.KeyTypes, States.PartialTypes, numberColumn, allocator);
    }

    /// <summary>Which sessions there are, and their places.</summary>
    public OpenSessions Sessions { get; } = new();

    /// <summary>The states by place.</summary>
    public AccumulatorSet States { get; }

    /// <summary>The rows of checkpoints.</summary>
    public SessionLog Log { get; }

    /// <summary>Bytes that they hold.</summary>
    public long ByteCount => _keys.ByteCount + States.ByteCount + Sessions.ByteCount;

    /// <summary>The numbers of the keys of rows.</summary>
    public void Find(RecordBatch rows, Span<int> keys) => Find(rows, _keyColumns, keys);

    /// <summary>Whether so many rows more may make the index larger, which takes as much memory again.</summary>
    public bool WouldGrow(int rowCount) => _keys.Count > 0 && _keys.Count + (long)rowCount > _keys.Capacity;

    /// <summary>Adds what the states of places have to those of others, which may be new.</summary>
    public void MergeStates(ReadOnlySpan<int> from, ReadOnlySpan<int> to)
    {
        using var partials = ArrowColumns.ToBatch(Log.PartialSchema, States.Partials(from), from.Length);
        States.Merge(partials, 0, to);
    }

    /// <summary>Makes one of sessions that became one, in this order.</summary>
    public void Merge(List<(int From, int To)> merges)
    {
        foreach (var (from, to) in merges)
        {
            MergeStates([from], [to]);
            Free([from]);
        }

        merges.Clear();
    }

    /// <summary>Makes one of sessions that touch, after the whole log came in: of one in a file and one in memory a checkpoint has two.</summary>
    public void Join()
    {
        Sessions.Join(_merges);
        Merge(_merges);
    }

    /// <summary>Gives places back, whose sessions are no longer open.</summary>
    public void Free(ReadOnlySpan<int> places)
    {
        States.Reset(places);
        Sessions.Free(places);
    }

    /// <summary>Rows as they go out: key, results, start, end, perhaps a flag, and the event time.</summary>
    /// <param name="schema">Of these rows.</param>
    /// <param name="places">Where states, start and end are.</param>
    /// <param name="owners">The sessions whose keys they have, one for each place.</param>
    /// <param name="flag">The value of the flag; null: there is none.</param>
    public RecordBatch Rows(ArrowSchema schema, ReadOnlySpan<int> places, ReadOnlySpan<int> owners, bool? flag)
    {
        var timeType = (TimestampType)_shape.TimeType;
        using var starts = new TimestampBuilder(timeType, _allocator);
        using var ends = new TimestampBuilder(timeType, _allocator);
        using var times = new TimestampBuilder(timeType, _allocator);
        using var flags = new BooleanBuilder(_allocator);
        foreach (var place in places)
        {
            ref readonly var session = ref Sessions[place];
            starts.Append(session.Start);
            ends.Append(session.End);
            times.Append(session.End - 1);
            flags.Append(flag ?? false);
        }

        ArrowArray[] flagColumn = flag is null ? [] : [flags.Build()];
        return ArrowColumns.ToBatch(
            schema,
            [
                .. _keys.Keys(Sessions.KeysOf(owners), _allocator), .. States.Results(places, _shape.Aggregates.Count),
                starts.Build(), ends.Build(), .. flagColumn, times.Build(),
            ],
            places.Length);
    }

    /// <summary>Tells the log what has changed since this was asked before.</summary>
    /// <param name="log">Gets batches, which belong to the caller.</param>
    /// <param name="number">Tells the number of a place; null where there are none.</param>
    public void TakeChanged(IList<RecordBatch> log, Func<int, long>? number)
    {
        TakeDeleted(Log, log);
        foreach (var places in Sessions.TakeChanged().Chunk(WindowShape.BatchRowsMax))
        {
            log.Add(LogRows(Log, places, number));
        }
    }

    /// <summary>Some sessions as rows of a log.</summary>
    /// <param name="log">Which log.</param>
    /// <param name="places">Their places.</param>
    /// <param name="number">As of <see cref="TakeChanged"/>.</param>
    public RecordBatch LogRows(SessionLog log, ReadOnlySpan<int> places, Func<int, long>? number)
    {
        var (starts, ends, numbers) = (new long[places.Length], new long[places.Length], new long[places.Length]);
        for (var i = 0; i < places.Length; i++)
        {
            ref readonly var session = ref Sessions[places[i]];
            (starts[i], ends[i], numbers[i]) = (session.Start, session.End, number?.Invoke(places[i]) ?? 0);
        }

        return log.Batch(_keys.Keys(Sessions.KeysOf(places), _allocator), States.Partials(places), starts, ends, numbers);
    }

    /// <summary>The hashes of the keys of some sessions, by which edges deal rows.</summary>
    public ulong[] HashesOf(ReadOnlySpan<int> places)
    {
        var keys = _keys.Keys(Sessions.KeysOf(places), _allocator);
        try
        {
            return SessionLog.Hash(keys, places.Length);
        }
        finally
        {
            ArrowColumns.Release(keys);
        }
    }

    /// <summary>Tells a log which sessions are gone that it knows.</summary>
    /// <param name="log">Which log.</param>
    /// <param name="rows">Gets batches, which belong to the caller.</param>
    public void TakeDeleted(SessionLog log, ICollection<RecordBatch> rows)
    {
        foreach (var some in Sessions.TakeDeleted().Chunk(WindowShape.BatchRowsMax))
        {
            var none = new long[some.Length];
            rows.Add(log.Batch(_keys.Keys([.. some.Select(one => one.Key)], _allocator), null, [.. some.Select(one => one.Start)], none, none));
        }
    }

    /// <summary>Takes in sessions that were kept elsewhere.</summary>
    /// <param name="log">The log that their rows are of; its number is 1 for sessions that <see cref="Log"/> has something of.</param>
    /// <param name="rows">They; they stay the caller's.</param>
    /// <param name="isSaved">Whether <see cref="Log"/> has them as they are.</param>
    /// <param name="isWanted">Which of them; null: all.</param>
    /// <param name="touchedOnly">Only those that become part of others.</param>
    /// <returns>Of each row the place; -1: it was not taken.</returns>
    public int[] Adopt(SessionLog log, RecordBatch rows, bool isSaved, bool[]? isWanted, bool touchedOnly)
    {
        var places = new int[rows.RowCount];
        Find(rows, log.KeyColumns, places);
        var starts = log.StartsOf(rows);
        var ends = log.EndsOf(rows);
        var numbers = log.NumbersOf(rows);
        for (var row = 0; row < places.Length; row++)
        {
            var isTaken = isWanted?[row] != false && (!touchedOnly || Sessions.Touched(places[row], starts[row], ends[row]) >= 0);
            places[row] = isTaken ? Sessions.Adopt(places[row], starts[row], ends[row], isSaved || numbers[row] > 0, isSaved, _merges) : -1;
        }

        States.Reserve(Sessions.PlaceCount);
        States.Merge(rows, log.FirstState, places);
        Merge(_merges);
        return places;
    }

    /// <summary>Takes in a batch of the log.</summary>
    /// <param name="log">Stays the caller's.</param>
    /// <returns>The places by row: of one that is gone the place that it had, or -1.</returns>
    public int[] Restore(RecordBatch log)
    {
        var restored = new int[log.RowCount];
        Find(log, Log.KeyColumns, restored);
        var starts = Log.StartsOf(log);
        var ends = Log.EndsOf(log);
        var deleted = Log.DeletedOf(log);
        var places = new int[log.RowCount];
        var rowOf = new Dictionary<int, int>();
        for (var row = 0; row < restored.Length; row++)
        {
            var isDeleted = deleted.GetBoolean(row);
            var place = restored[row] = Sessions.Restore(restored[row], starts[row], ends[row], isDeleted);
            places[row] = isDeleted ? -1 : place;
            if (place >= 0)
            {
                // An earlier row of the same session, or of one that had its place, does not count.
                if (rowOf.TryGetValue(place, out var earlier))
                {
                    places[earlier] = -1;
                }

                rowOf[place] = row;
            }
        }

        States.Reserve(Sessions.PlaceCount);
        States.Reset([.. rowOf.Keys]);
        States.Merge(log, Log.FirstState, places);
        return restored;
    }

    /// <summary>Forgets the keys without a session when they are most of them.</summary>
    public void Compact()
    {
        if (!Sessions.IsMostlyEmpty(_keys.Count))
        {
            return;
        }

        var places = Sessions.Open();
        var columns = _keys.Keys(Sessions.KeysOf(places), _allocator);
        try
        {
            _keys = GroupIndex.Create(_shape.KeyTypes);
            var numbers = new int[places.Length];
            _keys.Find(columns, numbers);
            Sessions.Renumber(places, numbers, _keys.Count);
        }
        finally
        {
            ArrowColumns.Release(columns);
        }
    }

    /// <summary>Gives memory back. Nothing may be called after it.</summary>
    public void Clear() => _keys.Clear();

    private void Find(RecordBatch rows, ReadOnlySpan<int> columns, Span<int> keys)
    {
        var arrays = new ArrowArray[columns.Length];
        for (var i = 0; i < arrays.Length; i++)
        {
            arrays[i] = rows.Column(columns[i]);
        }

        _keys.Find(arrays, keys);
        Sessions.ReserveKeys(_keys.Count);
    }
}
