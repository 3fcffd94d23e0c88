using System.Buffers;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Windows;

/// <summary>Windows of rows of one key that follow one another by less than a gap. One comes out when the watermark has reached its last row and the gap.</summary>
/// <remarks>A row between two sessions makes them one. A row before the watermark is late. Rows that lie exactly a gap apart are of two sessions, since a window's end is not in it.</remarks>
internal sealed class SessionWindows : EventWindows
{
    private const string StartColumn = "_start";
    private const string EndColumn = "_end";

    private readonly long _gap;
    private readonly int[] _keyColumns;
    private readonly AccumulatorSet _states;
    private readonly OpenSessions _sessions = new();
    private readonly ArrowSchema _partialSchema;
    private readonly ArrowSchema _logSchema;
    private readonly List<(int From, int To)> _merges = [];
    private GroupIndex _keys;

    /// <param name="shape">What is grouped.</param>
    /// <param name="gap">Time without a row that ends a session. Above zero.</param>
    /// <param name="allocator">Where columns come from.</param>
    public SessionWindows(WindowShape shape, TimeSpan gap, ArrowAllocator allocator)
        : base(shape, allocator)
    {
        _gap = Micros(gap);
        ArgumentOutOfRangeException.ThrowIfLessThan(_gap, 1, nameof(gap));
        _keyColumns = [.. shape.KeyColumns];
        _keys = GroupIndex.Create(shape.KeyTypes);
        _states = new AccumulatorSet(shape.Aggregates, allocator);
        _partialSchema = new ArrowSchema([.. _states.PartialTypes.Select((type, place) => new ArrowField($"s{place}", type))]);
        var keyCount = _keyColumns.Length;
        _logSchema = new ArrowSchema(
        [
            .. shape.KeyTypes.Select((type, place) => new ArrowField($"k{place}", type)),
            .. _partialSchema.Fields,
            new ArrowField(StartColumn, ArrowType.Int64, isNullable: false),
            new ArrowField(EndColumn, ArrowType.Int64, isNullable: false),
            new ArrowField("_hash", ArrowType.UInt64, isNullable: false),
            new ArrowField(RowTableOptions.DeletedColumn, ArrowType.Boolean, isNullable: false),
        ]);
        Table = new RowTableOptions
        {
            Kind = TableKind.Keyed,
            Schema = _logSchema,
            KeyColumns = [.. Enumerable.Range(0, keyCount), _logSchema.IndexOf(StartColumn)],
            HashColumn = _logSchema.IndexOf("_hash"),
        };
    }

    public override RowTableOptions Table { get; }

    public override long ByteCount => _keys.ByteCount + _states.ByteCount + _sessions.ByteCount;

    public override void Add(RecordBatch rows)
    {
        var places = ArrayPool<int>.Shared.Rent(rows.RowCount);
        try
        {
            var some = places.AsSpan(0, rows.RowCount);
            Find(rows, _keyColumns, some);
            var times = rows.Column<TimestampArray>(Shape.TimeColumn).Values;
            for (var row = 0; row < some.Length; row++)
            {
                if (times[row] < WatermarkMicros)
                {
                    LeaveOut(row);
                    some[row] = -1;
                }
                else
                {
                    some[row] = _sessions.Place(some[row], times[row], times[row] + _gap, _merges);
                }
            }

            KeepLeftOut(rows);
            _states.Reserve(_sessions.PlaceCount);
            _states.Add(rows, some);
            Merge();
        }
        finally
        {
            ArrayPool<int>.Shared.Return(places);
        }
    }

    public override IEnumerable<RecordBatch> Advance(long watermarkMicros)
    {
        if (watermarkMicros <= WatermarkMicros)
        {
            yield break;
        }

        WatermarkMicros = watermarkMicros;
        var due = _sessions.TakeDue(watermarkMicros);
        for (var from = 0; from < due.Length; from += WindowShape.BatchRowsMax)
        {
            yield return Emit(due.AsSpan(from, Math.Min(WindowShape.BatchRowsMax, due.Length - from)));
        }

        _states.Reset(due);
        _sessions.Free(due);
        Compact();
    }

    public override void TakeChanged(IList<RecordBatch> log)
    {
        var deleted = _sessions.TakeDeleted();
        for (var from = 0; from < deleted.Length; from += WindowShape.BatchRowsMax)
        {
            LogDeleted(deleted.AsSpan(from, Math.Min(WindowShape.BatchRowsMax, deleted.Length - from)), log);
        }

        var changed = _sessions.TakeChanged();
        for (var from = 0; from < changed.Length; from += WindowShape.BatchRowsMax)
        {
            LogChanged(changed.AsSpan(from, Math.Min(WindowShape.BatchRowsMax, changed.Length - from)), log);
        }
    }

    public override void Restore(RecordBatch log)
    {
        var keys = new int[log.RowCount];
        Find(log, [.. Enumerable.Range(0, _keyColumns.Length)], keys);
        var starts = log.Column<Int64Array>(StartColumn).Values;
        var ends = log.Column<Int64Array>(EndColumn).Values;
        var deleted = log.Column<BooleanArray>(RowTableOptions.DeletedColumn);
        var places = new int[log.RowCount];
        var rowOf = new Dictionary<int, int>();
        for (var row = 0; row < keys.Length; row++)
        {
            var isDeleted = deleted.GetBoolean(row);
            var place = _sessions.Restore(keys[row], starts[row], ends[row], isDeleted);
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

        _states.Reserve(_sessions.PlaceCount);
        _states.Reset([.. rowOf.Keys]);
        _states.Merge(log, _keyColumns.Length, places);
    }

    public override void FinishRestore(long? watermarkMicros) => WatermarkMicros = watermarkMicros ?? long.MinValue;

    public override void Dispose() => _keys.Clear();

    private void Find(RecordBatch rows, ReadOnlySpan<int> columns, Span<int> keys)
    {
        var arrays = new ArrowArray[columns.Length];
        for (var i = 0; i < arrays.Length; i++)
        {
            arrays[i] = rows.Column(columns[i]);
        }

        _keys.Find(arrays, keys);
        _sessions.ReserveKeys(_keys.Count);
    }

    private void Merge()
    {
        foreach (var (from, to) in _merges)
        {
            using var partial = ArrowColumns.ToBatch(_partialSchema, _states.Partials([from]), 1);
            _states.Merge(partial, 0, [to]);
            _states.Reset([from]);
            _sessions.Free([from]);
        }

        _merges.Clear();
    }

    private RecordBatch Emit(ReadOnlySpan<int> places)
    {
        using var starts = new TimestampBuilder((TimestampType)Shape.TimeType, Allocator);
        using var ends = new TimestampBuilder((TimestampType)Shape.TimeType, Allocator);
        using var times = new TimestampBuilder((TimestampType)Shape.TimeType, Allocator);
        foreach (var place in places)
        {
            ref readonly var session = ref _sessions[place];
            starts.Append(session.Start);
            ends.Append(session.End);
            times.Append(session.End - 1);
        }

        return ArrowColumns.ToBatch(
            OutputSchema,
            [.. _keys.Keys(_sessions.KeysOf(places), Allocator), .. _states.Results(places, Shape.Aggregates.Count), starts.Build(), ends.Build(), times.Build()],
            places.Length);
    }

    private void LogChanged(ReadOnlySpan<int> places, IList<RecordBatch> log)
    {
        using var starts = new Int64Builder(Allocator);
        using var ends = new Int64Builder(Allocator);
        foreach (var place in places)
        {
            starts.Append(_sessions[place].Start);
            ends.Append(_sessions[place].End);
        }

        var keys = _keys.Keys(_sessions.KeysOf(places), Allocator);
        Log(keys, _states.Partials(places), starts.Build(), ends.Build(), isDeleted: false, log);
    }

    private void LogDeleted(ReadOnlySpan<(int Key, long Start)> deleted, IList<RecordBatch> log)
    {
        using var starts = new Int64Builder(Allocator);
        var keys = new int[deleted.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            starts.Append(deleted[i].Start);
            keys[i] = deleted[i].Key;
        }

        // What the state was is of no interest.
        var states = new ArrowArray[_partialSchema.Fields.Count];
        for (var i = 0; i < states.Length; i++)
        {
            using var builder = ArrowArrayBuilder.Create(_partialSchema.Fields[i].Type, Allocator);
            for (var row = 0; row < keys.Length; row++)
            {
                builder.AppendNull();
            }

            states[i] = builder.Build();
        }

        Log(_keys.Keys(keys, Allocator), states, starts.Build(), Longs(0, keys.Length, Allocator), isDeleted: true, log);
    }

    private void Log(ArrowArray[] keys, ArrowArray[] states, ArrowArray starts, ArrowArray ends, bool isDeleted, IList<RecordBatch> log)
    {
        using var hashes = new UInt64Builder(Allocator);
        using var deleted = new BooleanBuilder(Allocator);
        foreach (var hash in Hash(keys, starts.Length))
        {
            hashes.Append(hash);
            deleted.Append(isDeleted);
        }

        log.Add(ArrowColumns.ToBatch(_logSchema, [.. keys, .. states, starts, ends, hashes.Build(), deleted.Build()], starts.Length));
    }

    /// <summary>The hashes by which edges deal the keys.</summary>
    private static ulong[] Hash(ArrowArray[] keys, int rowCount)
    {
        var hashes = new ulong[rowCount];
        if (keys.Length > 0)
        {
            Array.ForEach(keys, key => key.Retain());
            using var batch = new RecordBatch(new ArrowSchema([.. keys.Select(key => new ArrowField("", key.Type))]), keys, rowCount);
            RowHash.Compute(batch, [.. Enumerable.Range(0, keys.Length)], hashes);
        }

        return hashes;
    }

    /// <summary>Keys without an open session are forgotten when they are most of them.</summary>
    private void Compact()
    {
        if (!_sessions.IsMostlyEmpty(_keys.Count))
        {
            return;
        }

        var places = _sessions.Open();
        var columns = _keys.Keys(_sessions.KeysOf(places), Allocator);
        try
        {
            _keys = GroupIndex.Create(Shape.KeyTypes);
            var numbers = new int[places.Length];
            _keys.Find(columns, numbers);
            _sessions.Renumber(places, numbers, _keys.Count);
        }
        finally
        {
            ArrowColumns.Release(columns);
        }
    }
}
