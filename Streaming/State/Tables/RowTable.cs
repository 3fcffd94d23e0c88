using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.State.Tables;

/// <summary>
/// A log of rows over files. Rows stay in memory until the latest snapshot that holds them is durable; an earlier snapshot that becomes
/// durable later changes nothing, since the latest one has its rows too.
/// </summary>
internal sealed class RowTable : IRowTable, IStateTable
{
    private readonly Lock _gate = new();
    private readonly ITableFiles _store;
    private readonly SubtaskPlace _place;
    private readonly string _name;
    private readonly RowTableOptions _options;
    private readonly long? _restoredLeastMicros;
    private readonly IReadOnlyList<TableFile> _restored;
    private readonly bool _migrates;
    private readonly List<RecordBatch> _rows = [];
    private readonly List<IReadOnlyList<TableFile>> _replacements = [];
    private IReadOnlyList<TableFile> _files;
    private bool _isRestoring;
    private bool _isRestored;
    private long _latestEpoch = long.MinValue;

    public RowTable(ITableFiles store, SubtaskPlace place, string name, RowTableOptions options, IReadOnlyList<TableFile> restored, bool migrates, long? watermarkMicros)
    {
        _store = store;
        _place = place;
        _name = name;
        _options = options;
        _migrates = migrates;
        _restoredLeastMicros = RowTimes.Least(watermarkMicros, options.Retention);
        _restored = FileLists.NotBefore(FileLists.Of(restored, place.Keys), _restoredLeastMicros);

        // Rows of the version before are written again in this one: no checkpoint then has files of two versions.
        _files = migrates ? [] : _restored;
    }

    public IAsyncEnumerable<RecordBatch> RestoreAsync(CancellationToken cancellationToken)
    {
        if (_isRestoring || _latestEpoch != long.MinValue)
        {
            throw new InvalidOperationException($"Table '{_name}' of '{_place.OperatorId}' is restored once, before its first checkpoint.");
        }

        _isRestoring = true;
        return ReadAhead.ReadAsync(ReadRestoredAsync(cancellationToken), cancellationToken);
    }

    public void Append(RecordBatch rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        try
        {
            CheckMigrated();
            Check(rows);
        }
        catch
        {
            rows.Dispose();
            throw;
        }

        if (rows.RowCount == 0)
        {
            rows.Dispose();
            return;
        }

        lock (_gate)
        {
            _rows.Add(rows);
        }
    }

    public ITableSnapshot Freeze(long epoch, long? watermarkMicros)
    {
        CheckMigrated();
        lock (_gate)
        {
            _latestEpoch = epoch;
            _replacements.Clear();
            _files = FileLists.NotBefore(_files, RowTimes.Least(watermarkMicros, _options.Retention));
            return new Snapshot(this, epoch, _files, [.. _rows.Select(batch => batch.Retain())]);
        }
    }

    public void Replace(IReadOnlyList<TableFile> compacted)
    {
        lock (_gate)
        {
            _files = FileLists.Replace(_files, compacted, _place.Keys);
            _replacements.Add(compacted);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var batch in _rows)
            {
                batch.Dispose();
            }

            _rows.Clear();
        }
    }

    private async IAsyncEnumerable<RecordBatch> ReadRestoredAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var file in _restored)
        {
            var covered = FileLists.CoveredOf(file, _restored);
            await foreach (var stored in _store.ReadAsync(file, cancellationToken))
            {
                RecordBatch rows;
                using (stored)
                {
                    rows = Restored(file, stored, covered);
                }

                if (rows.RowCount == 0)
                {
                    rows.Dispose();
                    continue;
                }

                if (_migrates)
                {
                    _rows.Add(rows.Retain());
                }

                yield return rows;
            }
        }

        _isRestored = true;
    }

    private RecordBatch Restored(TableFile file, RecordBatch stored, KeyRange[] covered)
    {
        CheckStored(file, stored.Schema);
        var rows = RowFilter.ByKey(stored, _place.Keys, covered);
        if (_migrates)
        {
            // The function takes the batch over.
            rows = _options.Migrate!(rows);
            Check(rows);
        }

        if (_restoredLeastMicros is not { } least)
        {
            return rows;
        }

        using (rows)
        {
            return RowFilter.ByTime(rows, _options.TimeColumn!.Value, least);
        }
    }

    private void CheckStored(TableFile file, ArrowSchema stored)
    {
        var isRight = stored.Fields.Count > 0 && stored.Fields[^1].Name == RowTableOptions.KeyHashColumn && stored.Fields[^1].Type.Equals(ArrowType.UInt64);
        if (!isRight || (!_migrates && !SameColumns(stored, _options.Schema, stored.Fields.Count - 1)))
        {
            throw new FlowException(
                FlowErrorCode.StateCorrupt,
                $"Table '{_name}' of '{_place.OperatorId}': file '{file.Path}' has the columns ({stored}), version {_options.Version} has ({_options.Schema}). Give changed columns a new version and a way to read the one before.");
        }
    }

    private void CheckMigrated()
    {
        if (_migrates && !_isRestored)
        {
            throw new InvalidOperationException($"Table '{_name}' of '{_place.OperatorId}' changes its version: its rows are restored to the end before it is used.");
        }
    }

    private void Check(RecordBatch rows)
    {
        if (!SameColumns(rows.Schema, _options.Schema, rows.ColumnCount))
        {
            throw new ArgumentException($"Table '{_name}' of '{_place.OperatorId}' has the columns ({_options.Schema}), not ({rows.Schema}).", nameof(rows));
        }

        CheckNoNull(rows, _options.TimeColumn);
        CheckNoNull(rows, _options.HashColumn);
    }

    private void CheckNoNull(RecordBatch rows, int? column)
    {
        if (column is { } place && rows.Column(place).NullCount > 0)
        {
            throw new ArgumentException($"Table '{_name}' of '{_place.OperatorId}': column '{rows.Schema.Fields[place].Name}' has nulls.", nameof(rows));
        }
    }

    private static bool SameColumns(ArrowSchema schema, ArrowSchema table, int count)
    {
        if (count != table.Fields.Count)
        {
            return false;
        }

        for (var i = 0; i < count; i++)
        {
            if (schema.Fields[i].Name != table.Fields[i].Name || !schema.Fields[i].Type.Equals(table.Fields[i].Type))
            {
                return false;
            }
        }

        return true;
    }

    private void Complete(long epoch, IReadOnlyList<TableFile> files, int rows)
    {
        lock (_gate)
        {
            if (epoch != _latestEpoch)
            {
                return;
            }

            // Compaction may have ended while the snapshot was written.
            foreach (var compacted in _replacements)
            {
                files = FileLists.Replace(files, compacted, _place.Keys);
            }

            _files = files;
            for (var i = 0; i < rows && i < _rows.Count; i++)
            {
                _rows[i].Dispose();
            }

            _rows.RemoveRange(0, Math.Min(rows, _rows.Count));
        }
    }

    private sealed class Snapshot(RowTable table, long epoch, IReadOnlyList<TableFile> files, RecordBatch[] rows) : ITableSnapshot
    {
        private IReadOnlyList<TableFile> _files = files;

        public async ValueTask<WrittenTable> WriteAsync(CancellationToken cancellationToken)
        {
            var bytes = 0L;
            if (rows.Length > 0)
            {
                var path = table._store.PathOf(table._place, table._name, epoch, 0);
                var schema = StoredSchema.Of(table._options);
                await using var writer = new RowFileWriter(await table._store.CreateAsync(path, schema.File, cancellationToken), schema);
                foreach (var batch in rows)
                {
                    await writer.WriteAsync(batch, table._options.HashColumn, table._place.Keys.Min, cancellationToken);
                }

                var written = await writer.CompleteAsync(path, epoch, 0, cancellationToken);
                bytes = (long)written.Bytes;
                _files = [.. _files, written];
            }

            return new WrittenTable(
                new TableState { Name = table._name, Kind = table._options.Kind, Version = (uint)table._options.Version, Files = { _files } }, bytes);
        }

        public void Complete() => table.Complete(epoch, _files, rows.Length);

        public void Dispose()
        {
            foreach (var batch in rows)
            {
                batch.Dispose();
            }
        }
    }
}
