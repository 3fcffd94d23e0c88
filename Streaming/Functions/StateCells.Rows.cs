using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Functions;

/// <content>Cells as rows: those of checkpoints, and those of files.</content>
internal sealed partial class StateCells
{
    private const int RowsMax = 8_192;
    private const long RowBytesMax = 4 << 20;

    private static readonly byte[] NoBytes = [];

    /// <summary>Told of each cell that was read from a row: the number of its key, its state, its entry, and whether it is there now.</summary>
    public event Action<int, string, string, bool>? WasRead;

    /// <summary>Writes what changed since the last call.</summary>
    /// <param name="table">Gets the rows.</param>
    /// <param name="owned">The hashes of this subtask.</param>
    /// <param name="operatorId">Whose cells they are, for messages.</param>
    /// <exception cref="FlowException">A key belongs to another subtask: the rows were not dealt by it (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public void WriteChanged(IRowTable table, KeyRange owned, string operatorId)
    {
        foreach (var cells in _changed.Chunk(RowsMax))
        {
            using var keys = Keys([.. cells.Select(cell => cell.Key)]);
            var hashes = HashesOf(keys, owned, operatorId);
            using var builder = new RecordBatchBuilder(_logSchema, _allocator);
            for (var i = 0; i < cells.Length; i++)
            {
                Append(builder, keys, i, hashes[i], cells[i], Get(cells[i].Key, cells[i].State, cells[i].Entry));
            }

            table.Append(builder.Build());
        }

        _changed.Clear();
    }

    /// <summary>Rows of files as those of the log, in a batch of the caller's.</summary>
    public RecordBatch ToLog(RecordBatch rows) => new(_logSchema, [.. rows.Columns.Take(_logSchema.Fields.Count).Select(column => column.Retain())], rows.RowCount);

    /// <summary>Takes rows of the log, in their order. Entries that are restored are not changes.</summary>
    public void Restore(RecordBatch log) => Read(log, changed: null);

    /// <summary>Takes rows of files back, of keys that have no cells.</summary>
    /// <param name="rows">Of <see cref="FileSchema"/>.</param>
    public void TakeBack(RecordBatch rows) => Read(rows, rows.Column<BooleanArray>(rows.ColumnCount - 1));

    /// <summary>All cells, and what of them is no more and has yet to be in the log, in the order of the hashes of their keys.</summary>
    /// <param name="owned">The hashes of this subtask.</param>
    /// <param name="operatorId">As for <see cref="WriteChanged"/>.</param>
    /// <returns>Batches of <see cref="FileSchema"/>, which belong to the caller; each is made when it is asked for.</returns>
    /// <exception cref="FlowException">As for <see cref="WriteChanged"/>.</exception>
    public IEnumerable<RecordBatch> All(KeyRange owned, string operatorId)
    {
        var gone = _changed.Where(cell => Get(cell.Key, cell.State, cell.Entry) is null).ToLookup(cell => cell.Key);
        int[] numbers = [.. Enumerable.Range(0, _byKey.Count).Where(key => _byKey[key] is not null || gone.Contains(key))];
        var hashes = HashesOf(numbers, owned, operatorId);
        Array.Sort(hashes, numbers);

        using var builder = new RecordBatchBuilder(FileSchema, _allocator);
        var bytes = 0L;
        for (var from = 0; from < numbers.Length; from += RowsMax)
        {
            var some = numbers[from..Math.Min(numbers.Length, from + RowsMax)];
            using var keys = Keys(some);
            for (var i = 0; i < some.Length; i++)
            {
                foreach (var (cell, value) in CellsOf(some[i], gone[some[i]]))
                {
                    Append(builder, keys, i, hashes[from + i], cell, value);
                    builder.Column<BooleanBuilder>(FileSchema.Fields.Count - 1).Append(_changed.Contains(cell));
                    bytes += EntryBytes + (value?.Length ?? 0);
                }

                if (builder.RowCount >= RowsMax || bytes >= RowBytesMax)
                {
                    bytes = 0;
                    yield return builder.Build();
                }
            }
        }

        if (builder.RowCount > 0)
        {
            yield return builder.Build();
        }
    }

    /// <summary>The hashes of keys, by which edges shuffle.</summary>
    public ulong[] HashesOf(RecordBatch keys)
    {
        var hashes = new ulong[keys.RowCount];
        RowHash.Compute(keys, [.. Enumerable.Range(0, _keyTypes.Count)], hashes);
        return hashes;
    }

    /// <summary>Forgets everything; keys get new numbers.</summary>
    public void Forget()
    {
        _keys = GroupIndex.Create(_keyTypes);
        _byKey.Clear();
        _byKey.TrimExcess();
        _changed.Clear();
        (_liveKeyCount, _cellBytes) = (0, 0);
    }

    private IEnumerable<(CellId Cell, byte[]? Value)> CellsOf(int key, IEnumerable<CellId> gone)
    {
        foreach (var (state, entries) in _byKey[key] ?? [])
        {
            foreach (var (entry, value) in entries)
            {
                yield return (new CellId(key, state, entry), value);
            }
        }

        foreach (var cell in gone)
        {
            yield return (cell, null);
        }
    }

    private ulong[] HashesOf(int[] numbers, KeyRange owned, string operatorId)
    {
        var hashes = new ulong[numbers.Length];
        for (var from = 0; from < numbers.Length; from += RowsMax)
        {
            using var keys = Keys(numbers.AsSpan(from, Math.Min(RowsMax, numbers.Length - from)));
            HashesOf(keys, owned, operatorId).CopyTo(hashes, from);
        }

        return hashes;
    }

    private ulong[] HashesOf(RecordBatch keys, KeyRange owned, string operatorId)
    {
        var hashes = HashesOf(keys);
        foreach (var hash in hashes)
        {
            if (!owned.Contains(hash))
            {
                throw new FlowException(
                    FlowErrorCode.BadGraph,
                    $"Operator '{operatorId}' keeps state of a key that belongs to another subtask; the edge to it has to be a shuffle by its key columns ({_keySchema}).");
            }
        }

        return hashes;
    }

    private void Append(RecordBatchBuilder builder, RecordBatch keys, int row, ulong hash, CellId cell, byte[]? value)
    {
        var first = _keyTypes.Count;
        for (var i = 0; i < first; i++)
        {
            builder.Column(i).AppendRange(keys.Column(i), row, 1);
        }

        builder.Column<Utf8Builder>(first).Append(cell.State);
        builder.Column<Utf8Builder>(first + 1).Append(cell.Entry);
        builder.Column<BinaryBuilder>(first + 2).Append(value ?? NoBytes);
        builder.Column<UInt64Builder>(first + 3).Append(hash);
        builder.Column<BooleanBuilder>(first + 4).Append(value is null);
    }

    /// <summary>Sets and drops the cells of rows.</summary>
    /// <param name="rows">Of the log, perhaps with more columns behind its.</param>
    /// <param name="changed">Which of them have yet to be in the log; null: none.</param>
    private void Read(RecordBatch rows, BooleanArray? changed)
    {
        var keyCount = _keyTypes.Count;
        var columns = new ArrowArray[keyCount];
        for (var i = 0; i < keyCount; i++)
        {
            columns[i] = rows.Column(i);
        }

        var numbers = new int[rows.RowCount];
        Find(columns, numbers);
        var states = rows.Column<StringArray>(keyCount);
        var entries = rows.Column<StringArray>(keyCount + 1);
        var values = rows.Column<BinaryArray>(keyCount + 2);
        var deleted = rows.Column<BooleanArray>(RowTableOptions.DeletedColumn);
        for (var row = 0; row < numbers.Length; row++)
        {
            var cell = new CellId(numbers[row], string.Intern(states.GetString(row)!), entries.GetString(row)!);
            var isThere = !deleted.GetBoolean(row);
            if (isThere)
            {
                Put(cell.Key, cell.State, cell.Entry, values.GetBytes(row).ToArray());
            }
            else
            {
                Drop(cell.Key, cell.State, cell.Entry);
            }

            if (changed?.GetBoolean(row) == true)
            {
                _changed.Add(cell);
            }

            WasRead?.Invoke(cell.Key, cell.State, cell.Entry, isThere);
        }
    }
}
