using System.Runtime.InteropServices;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Functions;

/// <summary>What a function keeps: bytes by key of the row, name of the state, and entry of it. Knows what changed since the last checkpoint. One caller at a time.</summary>
internal sealed class StateCells
{
    private const int LogRowsMax = 8_192;
    private const int CompactedKeysMin = 1_024;
    private static readonly byte[] NoBytes = [];

    private readonly IReadOnlyList<ArrowType> _keyTypes;
    private readonly ArrowAllocator _allocator;
    private readonly ArrowSchema _logSchema;
    private readonly ArrowSchema _keySchema;
    private readonly List<Dictionary<string, Dictionary<string, byte[]>>?> _byKey = [];
    private readonly HashSet<CellId> _changed = [];
    private GroupIndex _keys;
    private int _liveKeyCount;

    /// <param name="keyFields">The columns of the key, at least one.</param>
    /// <param name="allocator">Where columns come from.</param>
    public StateCells(IReadOnlyList<ArrowField> keyFields, ArrowAllocator allocator)
    {
        _keyTypes = [.. keyFields.Select(field => field.Type)];
        _allocator = allocator;
        _keySchema = new ArrowSchema([.. keyFields]);
        _keys = GroupIndex.Create(_keyTypes);
        var keyCount = keyFields.Count;
        _logSchema = new ArrowSchema(
        [
            .. _keyTypes.Select((type, place) => new ArrowField($"k{place}", type)),
            new ArrowField("_state", ArrowType.Utf8, isNullable: false),
            new ArrowField("_entry", ArrowType.Utf8, isNullable: false),
            new ArrowField("_value", ArrowType.Binary, isNullable: false),
            new ArrowField("_hash", ArrowType.UInt64, isNullable: false),
            new ArrowField(RowTableOptions.DeletedColumn, ArrowType.Boolean, isNullable: false),
        ]);
        Table = new RowTableOptions
        {
            Kind = TableKind.Keyed,
            Schema = _logSchema,
            KeyColumns = [.. Enumerable.Range(0, keyCount + 2)],
            HashColumn = keyCount + 3,
        };
    }

    /// <summary>How the cells are kept.</summary>
    public RowTableOptions Table { get; }

    /// <summary>Keys that have a cell.</summary>
    public int LiveKeyCount => _liveKeyCount;

    /// <summary>Numbers the keys of rows.</summary>
    /// <param name="columns">The key's columns.</param>
    /// <param name="numbers">Gets a number for each row, which counts until the next <see cref="TryCompact"/>.</param>
    public void Find(ReadOnlySpan<ArrowArray> columns, Span<int> numbers)
    {
        _keys.Find(columns, numbers);
        CollectionsMarshal.SetCount(_byKey, Math.Max(_byKey.Count, _keys.Count));
    }

    /// <summary>The keys of some numbers, one row each; the caller owns the batch.</summary>
    public RecordBatch Keys(ReadOnlySpan<int> numbers) => ArrowColumns.ToBatch(_keySchema, _keys.Keys(numbers, _allocator), numbers.Length);

    /// <summary>The value of a cell; null for none. Nobody changes these bytes.</summary>
    public byte[]? Get(int key, string state, string entry) => Entries(key, state) is { } entries && entries.TryGetValue(entry, out var value) ? value : null;

    /// <summary>The cells of a state; null for none.</summary>
    public Dictionary<string, byte[]>? Entries(int key, string state) => _byKey[key] is { } states && states.TryGetValue(state, out var entries) ? entries : null;

    /// <summary>Sets a cell, whose bytes nobody changes from then on.</summary>
    public void Set(int key, string state, string entry, byte[] value)
    {
        Put(key, state, entry, value);
        _changed.Add(new CellId(key, state, entry));
    }

    /// <summary>Removes a cell.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(int key, string state, string entry)
    {
        var isThere = Drop(key, state, entry);
        if (isThere)
        {
            _changed.Add(new CellId(key, state, entry));
        }

        return isThere;
    }

    /// <summary>Removes all cells of a state.</summary>
    public void Clear(int key, string state)
    {
        foreach (var entry in Entries(key, state)?.Keys.ToArray() ?? [])
        {
            Remove(key, state, entry);
        }
    }

    /// <summary>Calls back for each cell of a state, over all keys.</summary>
    public void Visit(string state, Action<int, string> visit)
    {
        for (var key = 0; key < _byKey.Count; key++)
        {
            foreach (var entry in Entries(key, state)?.Keys.ToArray() ?? [])
            {
                visit(key, entry);
            }
        }
    }

    /// <summary>Writes what changed since the last call.</summary>
    /// <param name="table">Gets the rows.</param>
    /// <param name="owned">The hashes of this subtask.</param>
    /// <param name="operatorId">Whose cells they are, for messages.</param>
    /// <exception cref="FlowException">A key belongs to another subtask: the rows were not dealt by it (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public void WriteChanged(IRowTable table, KeyRange owned, string operatorId)
    {
        foreach (var cells in _changed.Chunk(LogRowsMax))
        {
            table.Append(Log(cells, owned, operatorId));
        }

        _changed.Clear();
    }

    /// <summary>Takes rows of the log, in their order. Entries that are restored are not changes.</summary>
    public void Restore(RecordBatch log)
    {
        var keyCount = _keyTypes.Count;
        var columns = new ArrowArray[keyCount];
        for (var i = 0; i < keyCount; i++)
        {
            columns[i] = log.Column(i);
        }

        var numbers = new int[log.RowCount];
        Find(columns, numbers);
        var states = log.Column<StringArray>(keyCount);
        var entries = log.Column<StringArray>(keyCount + 1);
        var values = log.Column<BinaryArray>(keyCount + 2);
        var deleted = log.Column<BooleanArray>(RowTableOptions.DeletedColumn);
        for (var row = 0; row < numbers.Length; row++)
        {
            var (state, entry) = (string.Intern(states.GetString(row)!), entries.GetString(row)!);
            if (deleted.GetBoolean(row))
            {
                Drop(numbers[row], state, entry);
            }
            else
            {
                Put(numbers[row], state, entry, values.GetBytes(row).ToArray());
            }
        }
    }

    /// <summary>Forgets keys without cells when they are most of them. Only when nothing is left to be written.</summary>
    /// <returns>Whether the numbers of keys changed.</returns>
    public bool TryCompact()
    {
        if (_keys.Count < CompactedKeysMin || _liveKeyCount > _keys.Count / 2 || _changed.Count > 0)
        {
            return false;
        }

        var live = Enumerable.Range(0, _byKey.Count).Where(key => _byKey[key] is not null).ToArray();
        var kept = live.Select(key => _byKey[key]).ToArray();
        var columns = _keys.Keys(live, _allocator);
        try
        {
            _keys.Clear();
            _keys = GroupIndex.Create(_keyTypes);
            _byKey.Clear();
            var numbers = new int[live.Length];
            Find(columns, numbers);
            for (var i = 0; i < numbers.Length; i++)
            {
                _byKey[numbers[i]] = kept[i];
            }
        }
        finally
        {
            ArrowColumns.Release(columns);
        }

        return true;
    }

    private void Put(int key, string state, string entry, byte[] value)
    {
        var states = _byKey[key];
        if (states is null)
        {
            _byKey[key] = states = new(StringComparer.Ordinal);
            _liveKeyCount++;
        }

        if (!states.TryGetValue(state, out var entries))
        {
            states[state] = entries = new(StringComparer.Ordinal);
        }

        entries[entry] = value;
    }

    private bool Drop(int key, string state, string entry)
    {
        if (Entries(key, state) is not { } entries || !entries.Remove(entry))
        {
            return false;
        }

        if (entries.Count == 0 && _byKey[key]!.Remove(state) && _byKey[key]!.Count == 0)
        {
            _byKey[key] = null;
            _liveKeyCount--;
        }

        return true;
    }

    private RecordBatch Log(CellId[] cells, KeyRange owned, string operatorId)
    {
        using var keys = Keys([.. cells.Select(cell => cell.Key)]);
        var hashes = new ulong[cells.Length];
        RowHash.Compute(keys, [.. Enumerable.Range(0, _keyTypes.Count)], hashes);
        using var builder = new RecordBatchBuilder(_logSchema, _allocator);
        var first = _keyTypes.Count;
        for (var i = 0; i < first; i++)
        {
            builder.Column(i).AppendRange(keys.Column(i), 0, cells.Length);
        }

        for (var i = 0; i < cells.Length; i++)
        {
            if (!owned.Contains(hashes[i]))
            {
                throw new FlowException(
                    FlowErrorCode.BadGraph,
                    $"Operator '{operatorId}' keeps state of a key that belongs to another subtask; the edge to it has to be a shuffle by its key columns ({_keySchema}).");
            }

            var value = Get(cells[i].Key, cells[i].State, cells[i].Entry);
            builder.Column<Utf8Builder>(first).Append(cells[i].State);
            builder.Column<Utf8Builder>(first + 1).Append(cells[i].Entry);
            builder.Column<BinaryBuilder>(first + 2).Append(value ?? NoBytes);
            builder.Column<UInt64Builder>(first + 3).Append(hashes[i]);
            builder.Column<BooleanBuilder>(first + 4).Append(value is null);
        }

        return builder.Build();
    }

    private readonly record struct CellId(int Key, string State, string Entry);
}
