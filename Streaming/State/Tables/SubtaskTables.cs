using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.State.Tables;

/// <summary>The tables of a subtask over files of some kind.</summary>
internal sealed class SubtaskTables(ITableFiles store, SubtaskPlace place, OperatorState? restored, TimeProvider clock) : ISubtaskState
{
    private readonly Dictionary<string, IStateTable> _tables = new(StringComparer.Ordinal);
    private long _latestEpoch = long.MinValue;

    public SubtaskPlace Place => place;

    public KeyRange Keys { get; } = place.Keys;

    public long? RestoredWatermarkMicros { get; } = OperatorStates.WatermarkOf(restored, place);

    public async ValueTask<IGlobalTable> OpenGlobalAsync(string name, GlobalTableOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Version, 1, "options.Version");
        CheckNew(name);
        var (files, migrates) = Restored(name, TableKind.Global, options.Version, options.Migrate is not null);
        var table = await GlobalTable.OpenAsync(store, place, name, options, files, migrates, cancellationToken);
        _tables.Add(name, table);
        return table;
    }

    public ValueTask<IRowTable> OpenRowsAsync(string name, RowTableOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        cancellationToken.ThrowIfCancellationRequested();
        options.Validate(name);
        CheckNew(name);
        var (files, migrates) = Restored(name, options.Kind, options.Version, options.Migrate is not null);
        var table = new RowTable(store, place, name, options, files, migrates, RestoredWatermarkMicros);
        _tables.Add(name, table);
        return ValueTask.FromResult<IRowTable>(table);
    }

    public IStateSnapshot Freeze(long epoch, long? watermarkMicros, ReadOnlyMemory<byte> commitData)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(epoch, _latestEpoch);
        _latestEpoch = epoch;
        var tables = new List<ITableSnapshot>(_tables.Count);
        try
        {
            foreach (var table in _tables.Values)
            {
                tables.Add(table.Freeze(epoch, watermarkMicros));
            }
        }
        catch
        {
            tables.ForEach(table => table.Dispose());
            throw;
        }

        return new Snapshot(epoch, watermarkMicros, ByteString.CopyFrom(commitData.Span), tables, clock);
    }

    public void Replace(IReadOnlyList<TableState> compacted)
    {
        ArgumentNullException.ThrowIfNull(compacted);
        foreach (var table in compacted)
        {
            if (_tables.TryGetValue(table.Name, out var known))
            {
                known.Replace(table.Files);
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        foreach (var table in _tables.Values)
        {
            table.Dispose();
        }

        _tables.Clear();
        return ValueTask.CompletedTask;
    }

    private void CheckNew(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (_tables.ContainsKey(name) || _latestEpoch != long.MinValue)
        {
            throw new InvalidOperationException($"Table '{name}' of '{place.OperatorId}' is opened once, before the first checkpoint.");
        }
    }

    /// <summary>The files of a table in the checkpoint, and whether they are of the version before.</summary>
    private (IReadOnlyList<TableFile> Files, bool Migrates) Restored(string name, TableKind kind, int version, bool canMigrate)
    {
        var files = new List<TableFile>();
        uint? stored = null;
        foreach (var table in restored?.Tables ?? [])
        {
            if (table.Name != name || table.Files.Count == 0)
            {
                continue;
            }

            if (table.Kind != kind)
            {
                throw new FlowException(FlowErrorCode.Unsupported, $"Table '{name}' of '{place.OperatorId}' is {table.Kind} in the checkpoint and {kind} in the program; give the new table another name.");
            }

            if (stored is { } other && other != table.Version)
            {
                throw new FlowException(FlowErrorCode.StateCorrupt, $"Table '{name}' of '{place.OperatorId}' has the versions {other} and {table.Version} in one checkpoint.");
            }

            stored = table.Version;
            files.AddRange(table.Files);
        }

        if (stored is null || stored == version)
        {
            return (files, false);
        }

        return stored == version - 1 && canMigrate
            ? (files, true)
            : throw new FlowException(FlowErrorCode.Unsupported, string.Create(CultureInfo.InvariantCulture,
                $"Table '{name}' of '{place.OperatorId}' has version {stored} in the checkpoint; the program has version {version} and reads {(canMigrate ? $"{version - 1} and {version}" : $"no other")}. Start from a checkpoint of such a version, or migrate one version at a time."));
    }

    private sealed class Snapshot(long epoch, long? watermarkMicros, ByteString commitData, List<ITableSnapshot> tables, TimeProvider clock) : IStateSnapshot
    {
        private bool _isUsed;

        public long Epoch => epoch;

        public async ValueTask<SubtaskState> WriteAsync(CancellationToken cancellationToken)
        {
            if (_isUsed)
            {
                throw new InvalidOperationException($"The snapshot of epoch {epoch} was written or abandoned before.");
            }

            _isUsed = true;
            var state = new SubtaskState { Started = Timestamp.FromDateTimeOffset(clock.GetUtcNow()), CommitData = commitData };
            if (watermarkMicros is { } watermark)
            {
                state.WatermarkMicros = watermark;
            }

            foreach (var table in tables)
            {
                var written = await table.WriteAsync(cancellationToken);
                state.Tables.Add(written.State);
                state.Bytes += (ulong)written.Bytes;
            }

            // Only now: a table must not build on files of a snapshot whose other tables were never written.
            tables.ForEach(table => table.Complete());
            state.Finished = Timestamp.FromDateTimeOffset(clock.GetUtcNow());
            return state;
        }

        public ValueTask DisposeAsync()
        {
            _isUsed = true;
            tables.ForEach(table => table.Dispose());
            tables.Clear();
            return ValueTask.CompletedTask;
        }
    }
}
