using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.State.Tables;

/// <summary>
/// A map in memory. A subtask writes the entries that it put, and of the restored ones those whose key's hash is its own: every entry is
/// kept by somebody, and the files do not grow with the number of subtasks. Who put an entry last is told by the epoch in it.
/// </summary>
internal sealed class GlobalTable : IGlobalTable, IStateTable
{
    private readonly Lock _gate = new();
    private readonly ITableFiles _store;
    private readonly SubtaskPlace _place;
    private readonly string _name;
    private readonly int _version;
    private readonly Dictionary<byte[], Entry> _entries = new(ByteKeys.Instance);
    private readonly Dictionary<byte[], Entry>.AlternateLookup<ReadOnlySpan<byte>> _bySpan;

    // A change counts up; a file holds the state of one count.
    private long _changes;
    private long _writtenChanges;
    private IReadOnlyList<TableFile> _files = [];
    private long _latestEpoch;

    private GlobalTable(ITableFiles store, SubtaskPlace place, string name, int version)
    {
        _store = store;
        _place = place;
        _name = name;
        _version = version;
        _bySpan = _entries.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    public int Count { get; private set; }

    public IEnumerable<KeyValuePair<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>> Entries
    {
        get
        {
            foreach (var (key, entry) in _entries)
            {
                if (entry.Value is { } value)
                {
                    yield return new(key, value);
                }
            }
        }
    }

    /// <summary>Reads the entries of all subtasks.</summary>
    public static async ValueTask<GlobalTable> OpenAsync(
        ITableFiles store, SubtaskPlace place, string name, GlobalTableOptions options, IReadOnlyList<TableFile> restored, bool migrates, CancellationToken cancellationToken)
    {
        var table = new GlobalTable(store, place, name, options.Version);
        foreach (var file in FileLists.InOrder(restored))
        {
            await foreach (var entry in GlobalFiles.ReadAsync(store, file, cancellationToken))
            {
                if (!table._entries.TryGetValue(entry.Key, out var known) || entry.Epoch >= known.Epoch)
                {
                    table._entries[entry.Key] = new Entry(entry.Value, entry.Epoch, place.Keys.Contains(entry.Hash), WasRestored: true);
                }
            }
        }

        table.Settle(migrates ? options.Migrate : null);

        // Written again even when nothing changes: the files of the subtasks before hold entries that others keep now.
        table._changes = restored.Count > 0 ? 1 : 0;
        return table;
    }

    public bool TryGet(ReadOnlySpan<byte> key, out ReadOnlyMemory<byte> value)
    {
        var found = _bySpan.TryGetValue(key, out var entry) && entry.Value is not null;
        value = found ? entry.Value : default;
        return found;
    }

    public void Put(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value)
    {
        var known = _bySpan.TryGetValue(key.Span, out var entry);
        Count += known && entry.Value is not null ? 0 : 1;
        _bySpan[key.Span] = new Entry(value.ToArray(), Entry.SinceLastFreeze, IsKept: true, known && entry.WasRestored);
        _changes++;
    }

    public bool Remove(ReadOnlySpan<byte> key)
    {
        if (!_bySpan.TryGetValue(key, out var entry) || entry.Value is null)
        {
            return false;
        }

        // Another subtask may keep a restored entry: that it is gone has to be written. Others are known here only.
        if (entry.WasRestored)
        {
            _bySpan[key] = new Entry(null, Entry.SinceLastFreeze, IsKept: true, WasRestored: true);
        }
        else
        {
            _bySpan.Remove(key);
        }

        Count--;
        _changes++;
        return true;
    }

    public ITableSnapshot Freeze(long epoch, long? watermarkMicros)
    {
        lock (_gate)
        {
            _latestEpoch = epoch;
            if (_changes == _writtenChanges)
            {
                return new Snapshot(this, epoch, _changes, _files, null);
            }
        }

        var kept = new List<StoredEntry>();
        foreach (var (key, entry) in _entries)
        {
            if (!entry.IsKept)
            {
                continue;
            }

            var stamped = entry.Epoch == Entry.SinceLastFreeze ? entry with { Epoch = epoch } : entry;
            kept.Add(new StoredEntry(key, stamped.Value, stamped.Epoch, 0));
        }

        foreach (var entry in kept)
        {
            // Only values change here, which a dictionary allows while nobody enumerates it.
            _entries[entry.Key] = _entries[entry.Key] with { Epoch = entry.Epoch };
        }

        return new Snapshot(this, epoch, _changes, [], kept);
    }

    public void Replace(IReadOnlyList<TableFile> compacted)
    {
        // The whole map is one file: there is nothing to merge.
    }

    public void Dispose()
    {
    }

    private void Settle(Func<GlobalEntry, GlobalEntry>? migrate)
    {
        foreach (var (key, entry) in _entries.ToArray())
        {
            if (entry.Value is not { } value)
            {
                _entries.Remove(key);
            }
            else if (migrate is not null)
            {
                _entries.Remove(key);
                var migrated = migrate(new GlobalEntry(key, value));
                _entries[migrated.Key.ToArray()] = entry with { Value = migrated.Value.ToArray() };
            }
        }

        Count = _entries.Count;
    }

    private void Complete(long epoch, long changes, IReadOnlyList<TableFile> files)
    {
        lock (_gate)
        {
            if (epoch == _latestEpoch)
            {
                _files = files;
                _writtenChanges = changes;
            }
        }
    }

    private readonly record struct Entry(byte[]? Value, long Epoch, bool IsKept, bool WasRestored)
    {
        public const long SinceLastFreeze = long.MaxValue;
    }

    private sealed class Snapshot(GlobalTable table, long epoch, long changes, IReadOnlyList<TableFile> files, List<StoredEntry>? entries) : ITableSnapshot
    {
        private IReadOnlyList<TableFile> _files = files;

        public async ValueTask<WrittenTable> WriteAsync(CancellationToken cancellationToken)
        {
            var bytes = 0L;
            if (entries is { Count: > 0 })
            {
                var file = await GlobalFiles.WriteAsync(table._store, table._store.PathOf(table._place, table._name, epoch, 0), epoch, entries, cancellationToken);
                bytes = (long)file.Bytes;
                _files = [file];
            }

            return new WrittenTable(new TableState { Name = table._name, Kind = TableKind.Global, Version = (uint)table._version, Files = { _files } }, bytes);
        }

        public void Complete() => table.Complete(epoch, changes, _files);

        public void Dispose()
        {
        }
    }
}
