using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Objects;
using OrleansFlow.Streaming.State.Files;
using OrleansFlow.Streaming.State.Tables;

namespace OrleansFlow.Streaming.State;

/// <summary>
/// Merges the files of several checkpoints into one for each key range: of a keyed table only the last row of each key, of a timed one only
/// rows that still count. It reads files again rather than holding many rows in memory.
/// </summary>
public sealed class TableCompactor
{
    private const ulong SecondSeed = 0x5EED_0F7A_B1E5_0002;
    private readonly ArrowTableFiles _files;
    private readonly int _checkpointsMin;
    private readonly long _keysMax;

    /// <summary>Makes a compactor for a job.</summary>
    /// <param name="store">Where the files are; it stays the caller's.</param>
    /// <param name="job">The job's folder in the store.</param>
    /// <param name="generation">Generation of the job's run; files are written under it.</param>
    /// <param name="checkpointsMin">Checkpoints whose files are merged. Default 4. At least 2. More: fewer merges, more files to restore from.</param>
    /// <param name="keysMax">Keys that are held in memory at a time, 32 bytes and more each. Default 2 000 000. At least 1.</param>
    public TableCompactor(IObjectStore store, string job, long generation, int checkpointsMin = 4, long keysMax = 2_000_000)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentOutOfRangeException.ThrowIfLessThan(generation, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(checkpointsMin, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(keysMax, 1);
        ObjectName.Check(job);
        _files = new ArrowTableFiles(store, job, generation, isKept: true);
        _checkpointsMin = checkpointsMin;
        _keysMax = keysMax;
    }

    /// <summary>Bytes of all files that were written.</summary>
    public long BytesWritten => _files.BytesWritten;

    /// <summary>Merges what is worth the while in an operator of the latest checkpoint.</summary>
    /// <param name="state">The operator in the checkpoint.</param>
    /// <param name="cancellationToken">Gives up; files that were written are swept later.</param>
    /// <returns>
    /// The tables that changed with their new files only: what <see cref="ISubtaskState.Replace"/> takes. Until a checkpoint names the files, the cleaner is told of
    /// them, and the operator is not compacted again.
    /// </returns>
    public async ValueTask<IReadOnlyList<TableState>> CompactAsync(OperatorState state, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(state);
        var compacted = new List<TableState>();
        foreach (var table in state.Tables)
        {
            if (Compaction.Choose(table, _checkpointsMin) is not { } plan)
            {
                continue;
            }

            var made = new TableState { Name = table.Name, Kind = table.Kind, Version = table.Version };
            for (var i = 0; i < state.Parallelism; i++)
            {
                made.Files.Add(await MergeAsync(new SubtaskPlace(state.OperatorId, i, (int)state.Parallelism), table, plan, state, cancellationToken));
            }

            compacted.Add(made);
        }

        return compacted;
    }

    private async ValueTask<TableFile> MergeAsync(SubtaskPlace place, TableState table, Compaction plan, OperatorState state, CancellationToken cancellationToken)
    {
        var path = _files.PathOf(place, table.Name, plan.Epoch, plan.Generation);
        var inputs = FileLists.Of(plan.Older.Concat(plan.Inputs).ToList(), place.Keys).Where(plan.Inputs.Contains).Select(file => (File: file, Covered: FileLists.CoveredOf(file, plan.Older))).ToList();
        if (inputs.Count == 0)
        {
            return new TableFile { Path = path, Epoch = plan.Epoch, Generation = (uint)plan.Generation, MinHash = ulong.MaxValue, MaxHash = 0 };
        }

        if (inputs.TrueForAll(input => input.File.Rows == 0))
        {
            // Nothing was left before, and nothing came: the same file stands for the range.
            return new TableFile(inputs[^1].File) { Epoch = plan.Epoch, Generation = (uint)plan.Generation, MinHash = place.Keys.Min, MaxHash = place.Keys.Max };
        }

        var schema = await SchemaAsync(inputs.First(input => input.File.Rows > 0).File, cancellationToken);
        await using var writer = new RowFileWriter(await _files.CreateAsync(path, schema.File, cancellationToken), schema);
        if (table.Kind == TableKind.Keyed)
        {
            // In parts of the range, so that the keys of a part fit.
            var parts = (ulong)Math.Max(1, inputs.Sum(input => input.File.Rows) / _keysMax);
            var width = (place.Keys.Max - place.Keys.Min) / parts;
            for (var part = 0UL; part < parts; part++)
            {
                var min = place.Keys.Min + part * width + (part == 0 ? 0UL : 1UL);
                var keys = new KeyRange(min, part == parts - 1 ? place.Keys.Max : place.Keys.Min + (part + 1) * width);
                await MergeKeyedAsync(writer, schema, inputs, keys, plan.IsComplete, cancellationToken);
            }
        }
        else
        {
            var retention = schema.RetentionMicros is { } micros ? TimeSpan.FromTicks(micros * TimeSpan.TicksPerMicrosecond) : (TimeSpan?)null;
            var least = RowTimes.Least(state.HasMinWatermarkMicros ? state.MinWatermarkMicros : null, retention);
            await foreach (var (batch, covered) in ReadAsync(inputs, cancellationToken))
            {
                using (batch)
                {
                    await WriteChosenAsync(writer, schema, batch, Timed(batch, place.Keys, covered, schema.TimeColumn, least), cancellationToken);
                }
            }
        }

        var made = await writer.CompleteAsync(path, plan.Epoch, plan.Generation, cancellationToken);

        // It stands for all rows of the range, even if none is left: restoring leaves them out of the files that it was made from.
        (made.MinHash, made.MaxHash) = (place.Keys.Min, place.Keys.Max);
        return made;
    }

    private async ValueTask MergeKeyedAsync(
        RowFileWriter writer, StoredSchema schema, List<(TableFile File, KeyRange[] Covered)> inputs, KeyRange keys, bool dropsDeleted, CancellationToken cancellationToken)
    {
        // Two hashes are the key: two keys that share both are not met with.
        var last = new Dictionary<(ulong, ulong), long>();
        var position = 0L;
        await foreach (var (batch, covered) in ReadAsync(inputs, cancellationToken))
        {
            using (batch)
            {
                var (first, second) = HashesOf(batch, schema);
                for (var i = 0; i < first.Length; i++, position++)
                {
                    if (RowFilter.IsWanted(first[i], keys, covered))
                    {
                        last[(first[i], second[i])] = position;
                    }
                }
            }
        }

        position = 0;
        var deletedColumn = dropsDeleted ? schema.Columns.TryIndexOf(RowTableOptions.DeletedColumn) : -1;
        await foreach (var (batch, covered) in ReadAsync(inputs, cancellationToken))
        {
            using (batch)
            {
                var (first, second) = HashesOf(batch, schema);
                var deleted = deletedColumn < 0 ? null : batch.Column<BooleanArray>(deletedColumn);
                var chosen = new List<int>(first.Length);
                for (var i = 0; i < first.Length; i++, position++)
                {
                    if (RowFilter.IsWanted(first[i], keys, covered) && last[(first[i], second[i])] == position && deleted?.GetValue(i) is not true)
                    {
                        chosen.Add(i);
                    }
                }

                await WriteChosenAsync(writer, schema, batch, chosen, cancellationToken);
            }
        }
    }

    private static (ulong[] First, ulong[] Second) HashesOf(RecordBatch batch, StoredSchema schema)
    {
        var second = new ulong[batch.RowCount];
        RowHash.Compute(batch, schema.KeyColumns, second, SecondSeed);
        return (batch.Column<UInt64Array>(batch.ColumnCount - 1).Values.ToArray(), second);
    }

    private static List<int> Timed(RecordBatch batch, KeyRange keys, KeyRange[] covered, int? timeColumn, long? leastMicros)
    {
        var chosen = new List<int>(batch.RowCount);
        var hashes = batch.Column<UInt64Array>(batch.ColumnCount - 1).Values;
        var times = timeColumn is { } column && leastMicros is not null ? RowTimes.Of(batch.Column(column)) : default;
        for (var i = 0; i < hashes.Length; i++)
        {
            if (RowFilter.IsWanted(hashes[i], keys, covered) && (times.IsEmpty || times[i] >= leastMicros))
            {
                chosen.Add(i);
            }
        }

        return chosen;
    }

    private static async ValueTask WriteChosenAsync(RowFileWriter writer, StoredSchema schema, RecordBatch batch, List<int> rows, CancellationToken cancellationToken)
    {
        // The metadata may differ between files of one version; one file has one schema.
        using var taken = ArrowTake.Take(batch, CollectionsMarshal.AsSpan(rows), ArrowAllocator.Pooled);
        using var stored = new RecordBatch(schema.Columns, [.. taken.Columns.Select(column => column.Retain())], taken.RowCount);
        await writer.WriteStoredAsync(stored, cancellationToken);
    }

    private async ValueTask<StoredSchema> SchemaAsync(TableFile file, CancellationToken cancellationToken)
    {
        await foreach (var batch in _files.ReadAsync(file, cancellationToken))
        {
            using (batch)
            {
                return StoredSchema.Read(file.Path, batch.Schema);
            }
        }

        throw new InvalidOperationException($"File '{file.Path}' has no rows, and says that it has {file.Rows}.");
    }

    private async IAsyncEnumerable<(RecordBatch Batch, KeyRange[] Covered)> ReadAsync(
        List<(TableFile File, KeyRange[] Covered)> inputs, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var (file, covered) in inputs)
        {
            await foreach (var batch in _files.ReadAsync(file, cancellationToken))
            {
                yield return (batch, covered);
            }
        }
    }
}
