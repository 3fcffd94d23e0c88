using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Windows;

/// <summary>
/// The rows that checkpoints have of sessions: key, partial states, start, end, one number more where the caller has one, the key's hash, and whether the session is gone.
/// A later row takes the place of an earlier one of the same key and start.
/// </summary>
internal sealed class SessionLog
{
    private const string StartColumn = "_start";
    private const string EndColumn = "_end";

    private readonly int _keyCount;
    private readonly int _stateCount;
    private readonly bool _hasNumber;
    private readonly ArrowAllocator _allocator;

    /// <param name="keyTypes">Types of the key's columns.</param>
    /// <param name="partialTypes">Types of the columns of partial states.</param>
    /// <param name="numberColumn">Name of the number: what it means is the caller's. Null: there is none.</param>
    /// <param name="allocator">Where columns come from.</param>
    public SessionLog(IReadOnlyList<ArrowType> keyTypes, IReadOnlyList<ArrowType> partialTypes, string? numberColumn, ArrowAllocator allocator)
    {
        (_keyCount, _stateCount, _hasNumber, _allocator) = (keyTypes.Count, partialTypes.Count, numberColumn is not null, allocator);
        PartialSchema = new ArrowSchema([.. partialTypes.Select((type, place) => new ArrowField($"s{place}", type))]);
        Schema = new ArrowSchema(
        [
            .. keyTypes.Select((type, place) => new ArrowField($"k{place}", type)),
            .. PartialSchema.Fields,
            new ArrowField(StartColumn, ArrowType.Int64, isNullable: false),
            new ArrowField(EndColumn, ArrowType.Int64, isNullable: false),
            .. numberColumn is null ? Array.Empty<ArrowField>() : [new ArrowField(numberColumn, ArrowType.Int64, isNullable: false)],
            new ArrowField("_hash", ArrowType.UInt64, isNullable: false),
            new ArrowField(RowTableOptions.DeletedColumn, ArrowType.Boolean, isNullable: false),
        ]);
        KeyColumns = [.. Enumerable.Range(0, _keyCount)];
        Options = new RowTableOptions
        {
            Kind = TableKind.Keyed,
            Schema = Schema,
            KeyColumns = [.. KeyColumns, _keyCount + _stateCount],
            HashColumn = Schema.IndexOf("_hash"),
        };
    }

    /// <summary>The table.</summary>
    public RowTableOptions Options { get; }

    /// <summary>All columns.</summary>
    public ArrowSchema Schema { get; }

    /// <summary>The columns of partial states.</summary>
    public ArrowSchema PartialSchema { get; }

    /// <summary>Places of the key's columns.</summary>
    public int[] KeyColumns { get; }

    /// <summary>Place of the first column of partial states.</summary>
    public int FirstState => _keyCount;

    /// <summary>First moments of a batch's sessions.</summary>
    public ReadOnlySpan<long> StartsOf(RecordBatch log) => log.Column<Int64Array>(_keyCount + _stateCount).Values;

    /// <summary>Ends of a batch's sessions.</summary>
    public ReadOnlySpan<long> EndsOf(RecordBatch log) => log.Column<Int64Array>(_keyCount + _stateCount + 1).Values;

    /// <summary>The numbers of a batch's sessions, where there are numbers.</summary>
    public ReadOnlySpan<long> NumbersOf(RecordBatch log) => log.Column<Int64Array>(_keyCount + _stateCount + 2).Values;

    /// <summary>Which sessions of a batch are gone.</summary>
    public BooleanArray DeletedOf(RecordBatch log) => log.Column<BooleanArray>(Schema.Fields.Count - 1);

    /// <summary>The hashes of a batch's keys.</summary>
    public ReadOnlySpan<ulong> HashesOf(RecordBatch log) => log.Column<UInt64Array>(Schema.Fields.Count - 2).Values;

    /// <summary>The hashes by which edges deal the keys.</summary>
    public static ulong[] Hash(ArrowArray[] keys, int rowCount)
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

    /// <summary>Rows of it as those of a log that has no numbers and is the same else.</summary>
    /// <param name="rows">Rows of this log; they stay the caller's.</param>
    /// <param name="log">The other one.</param>
    public RecordBatch WithoutNumber(RecordBatch rows, SessionLog log)
    {
        var number = _keyCount + _stateCount + 2;
        return new RecordBatch(log.Schema, [.. rows.Columns.Where((_, place) => place != number).Select(column => column.Retain())], rows.RowCount);
    }

    /// <summary>A batch of sessions.</summary>
    /// <param name="keys">Columns of their keys, taken over.</param>
    /// <param name="states">Columns of their partial states, taken over; null: they are gone.</param>
    /// <param name="starts">Their first moments.</param>
    /// <param name="ends">Their ends.</param>
    /// <param name="numbers">Their numbers; empty where there are none.</param>
    public RecordBatch Batch(ArrowArray[] keys, ArrowArray[]? states, ReadOnlySpan<long> starts, ReadOnlySpan<long> ends, ReadOnlySpan<long> numbers)
    {
        using var hashes = new UInt64Builder(_allocator);
        using var deleted = new BooleanBuilder(_allocator);
        foreach (var hash in Hash(keys, starts.Length))
        {
            hashes.Append(hash);
            deleted.Append(states is null);
        }

        ArrowArray[] number = _hasNumber ? [Longs(numbers)] : [];
        return ArrowColumns.ToBatch(
            Schema, [.. keys, .. states ?? NoStates(starts.Length), Longs(starts), Longs(ends), .. number, hashes.Build(), deleted.Build()], starts.Length);
    }

    /// <summary>Of what is gone the states are of no interest.</summary>
    private ArrowArray[] NoStates(int rowCount)
    {
        var states = new ArrowArray[_stateCount];
        for (var i = 0; i < states.Length; i++)
        {
            using var builder = ArrowArrayBuilder.Create(PartialSchema.Fields[i].Type, _allocator);
            for (var row = 0; row < rowCount; row++)
            {
                builder.AppendNull();
            }

            states[i] = builder.Build();
        }

        return states;
    }

    private ArrowArray Longs(ReadOnlySpan<long> values)
    {
        using var builder = new Int64Builder(_allocator);
        builder.AppendRange(values);
        return builder.Build();
    }
}
