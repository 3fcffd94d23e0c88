using System.Runtime.InteropServices;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Spilling;

namespace OrleansFlow.Streaming.Functions;

/// <summary>What a function keeps: bytes by key of the row, name of the state, and entry of it. Knows what changed since the last checkpoint. One caller at a time.</summary>
internal sealed partial class StateCells
{
    // What a table of strings takes before it holds anything, and an entry of one with the head of its value. About.
    private const int TableBytes = 230;
    private const int EntryBytes = 56;
    private const int ChangedBytes = 48;
    private const int CompactedKeysMin = 1_024;

    private readonly IReadOnlyList<ArrowType> _keyTypes;
    private readonly ArrowAllocator _allocator;
    private readonly ArrowSchema _logSchema;
    private readonly ArrowSchema _keySchema;
    private readonly List<Dictionary<string, Dictionary<string, byte[]>>?> _byKey = [];
    private readonly HashSet<CellId> _changed = [];
    private GroupIndex _keys;
    private int _liveKeyCount;
    private long _cellBytes;

    /// <param name="keyFields">The columns of the key, at least one.</param>
    /// <param name="allocator">Where columns come from.</param>
    public StateCells(IReadOnlyList<ArrowField> keyFields, ArrowAllocator allocator)
    {
        _keyTypes = [.. keyFields.Select(field => field.Type)];
        _allocator = allocator;
        _keySchema = new ArrowSchema([.. keyFields]);
        _keys = GroupIndex.Create(_keyTypes);
        var keyCount = keyFields.Count;
        ArrowField[] columns =
        [
            .. _keyTypes.Select((type, place) => new ArrowField($"k{place}", type)),
            new ArrowField("_state", ArrowType.Utf8, isNullable: false),
            new ArrowField("_entry", ArrowType.Utf8, isNullable: false),
            new ArrowField("_value", ArrowType.Binary, isNullable: false),
            new ArrowField(SpilledKeys.HashColumn, ArrowType.UInt64, isNullable: false),
            new ArrowField(RowTableOptions.DeletedColumn, ArrowType.Boolean, isNullable: false),
        ];
        _logSchema = new ArrowSchema(columns);
        FileSchema = new ArrowSchema([.. columns, new ArrowField(SpilledKeys.ChangedColumn, ArrowType.Boolean, isNullable: false)]);
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

    /// <summary>Rows of cells that go to files: those of the log, and whether they have yet to be in it.</summary>
    public ArrowSchema FileSchema { get; }

    /// <summary>Bytes that it holds, about.</summary>
    public long ByteCount => _keys.ByteCount + _byKey.Capacity * (long)IntPtr.Size + _cellBytes + _changed.Count * (long)ChangedBytes;

    /// <summary>Keys that have a number.</summary>
    public int KeyCount => _keys.Count;

    /// <summary>Whether there is no cell, and nothing is to be said of one that was.</summary>
    public bool IsEmpty => _liveKeyCount == 0 && _changed.Count == 0;

    /// <summary>Keys that have a cell.</summary>
    public int LiveKeyCount => _liveKeyCount;

    /// <summary>Numbers the keys of rows.</summary>
    /// <param name="columns">The key's columns.</param>
    /// <param name="numbers">Gets a number for each row, which counts until the next <see cref="TryCompact"/> or <see cref="Forget"/>.</param>
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

    private static long BytesOf(string entry, byte[] value) => EntryBytes + 2L * entry.Length + value.Length;

    private void Put(int key, string state, string entry, byte[] value)
    {
        var states = _byKey[key];
        if (states is null)
        {
            _byKey[key] = states = new(StringComparer.Ordinal);
            _liveKeyCount++;
            _cellBytes += TableBytes;
        }

        if (!states.TryGetValue(state, out var entries))
        {
            states[state] = entries = new(StringComparer.Ordinal);
            _cellBytes += TableBytes;
        }

        _cellBytes += BytesOf(entry, value) - (entries.TryGetValue(entry, out var before) ? BytesOf(entry, before) : 0);
        entries[entry] = value;
    }

    private bool Drop(int key, string state, string entry)
    {
        if (Entries(key, state) is not { } entries || !entries.Remove(entry, out var before))
        {
            return false;
        }

        _cellBytes -= BytesOf(entry, before);
        if (entries.Count == 0 && _byKey[key]!.Remove(state))
        {
            _cellBytes -= TableBytes;
            if (_byKey[key]!.Count == 0)
            {
                _byKey[key] = null;
                _liveKeyCount--;
                _cellBytes -= TableBytes;
            }
        }

        return true;
    }

    private readonly record struct CellId(int Key, string State, string Entry);
}
