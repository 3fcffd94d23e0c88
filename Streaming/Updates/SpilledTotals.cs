using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State.Spilling;
using OrleansFlow.Streaming.State.Tables;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Streaming.Updates;

/// <summary>Totals of keys in files, in partitions of the keys' hashes. One caller at a time.</summary>
/// <remarks>
/// A key is either in memory or in one row of one file: before it changes, or goes, its row is taken out. Rows that were taken out stay in the file, marked, until
/// <see cref="CompactAsync"/> writes a partition anew. The log has the same order: what was spilled later comes later, and what is in memory last, so that a
/// checkpoint may name a whole file and need not copy what is left of it.
/// </remarks>
internal sealed partial class SpilledTotals : IDisposable
{
    private const int Partitions = PaneGroups.Partitions;
    private const int RowsMax = WindowShape.BatchRowsMax;
    private const int Kinds = 3;

    private readonly List<SpilledPart>[] _parts = new List<SpilledPart>[Partitions];
    private readonly IReadOnlyList<ArrowType> _keyTypes;
    private readonly ArrowSchema _schema;
    private readonly ArrowSchema _log;
    private readonly ArrowAllocator _allocator;
    private readonly int[] _chosen = new int[RowsMax];

    /// <param name="keyTypes">Types of the key's columns.</param>
    /// <param name="log">Rows of the log: those of partials, and whether the key is gone.</param>
    /// <param name="allocator">Where columns come from.</param>
    public SpilledTotals(IReadOnlyList<ArrowType> keyTypes, ArrowSchema log, ArrowAllocator allocator)
    {
        (_keyTypes, _log, _allocator) = (keyTypes, log, allocator);
        _schema = new ArrowSchema([.. log.Fields.SkipLast(1), new ArrowField("_hash", ArrowType.UInt64, isNullable: false)]);
        for (var i = 0; i < Partitions; i++)
        {
            _parts[i] = [];
        }
    }

    /// <summary>Whether nothing is in it.</summary>
    public bool IsEmpty => Array.TrueForAll(_parts, static parts => parts.Count == 0);

    /// <summary>Keys that are there.</summary>
    public int LiveCount => _parts.Sum(parts => parts.Sum(part => part.Kind == SpilledKind.Gone ? 0 : part.LeftCount));

    /// <summary>Rows in files, those that were taken out among them.</summary>
    public long RowCount => _parts.Sum(RowCountOf);

    /// <summary>Bytes of memory.</summary>
    public long ByteCount { get; private set; }

    // The newest time and the count of rows are the last states, behind them is the hash.
    private int TimeColumn => _schema.Fields.Count - 3;

    /// <summary>Writes all that is in memory to a file; it is to be forgotten there then.</summary>
    /// <param name="memory">What there is. No key of it has a row here, but while a checkpoint is restored.</param>
    /// <param name="keepsGone">Whether rows that are here may be of keys that are gone in memory.</param>
    /// <param name="share">Where to.</param>
    /// <param name="cancellationToken">Gives up; nothing has changed then.</param>
    /// <exception cref="Errors.FlowException">The file could not be written; nothing has changed.</exception>
    public async ValueTask SpillAsync(HeldTotals memory, bool keepsGone, MemoryShare share, CancellationToken cancellationToken)
    {
        var (hashes, sorted) = Sort(memory, keepsGone);
        await using var file = share.NewFile(_schema);
        var added = new List<(int Bucket, long OldestMicros)>();
        for (var bucket = 0; bucket < Kinds * Partitions; bucket++)
        {
            for (var from = 0; from < sorted.Count(bucket); from += RowsMax)
            {
                using var rows = Rows(memory, sorted.Of(bucket, from, RowsMax), hashes);
                await file.WriteAsync(rows, cancellationToken);
                added.Add((bucket, OldestOf(rows, (SpilledKind)(bucket / Partitions))));
            }
        }

        var written = await file.CompleteAsync(cancellationToken);
        for (var i = 0; i < written.Length; i++)
        {
            var (bucket, oldest) = added[i];
            Add(bucket % Partitions, new SpilledPart(written[i], (SpilledKind)(bucket / Partitions), oldest));
        }
    }

    /// <summary>Whether there are rows of a partition.</summary>
    public bool Has(int partition) => _parts[partition].Count > 0;

    /// <summary>Takes the rows of some keys out, to memory.</summary>
    public void TakeTo(HeldTotals memory, int partition, KeyHashes keys)
    {
        foreach (var part in _parts[partition])
        {
            var count = keys.Choose(part.Hashes, _chosen);
            using var rows = part.Take(_chosen.AsSpan(0, count));
            if (rows is not null)
            {
                memory.Load(rows, part.Kind != SpilledKind.Gone);
            }
        }

        RemoveEmpty(partition);
    }

    /// <summary>Takes rows out whose keys are there and older than a time.</summary>
    /// <returns>Batches, which belong to the caller. Between two of them more may be spilled that is not so old.</returns>
    public IEnumerable<RecordBatch> TakeOlder(long cutoffMicros)
    {
        for (var partition = 0; partition < Partitions; partition++)
        {
            var count = _parts[partition].Count;
            for (var i = 0; i < count; i++)
            {
                var part = _parts[partition][i];
                if (part.OldestMicros < cutoffMicros && part.Take(ChooseOlder(part, cutoffMicros)) is { } rows)
                {
                    yield return rows;
                }
            }

            RemoveEmpty(partition);
        }
    }

    /// <summary>What has changed since this was asked before, in the order of the log.</summary>
    /// <param name="log">Gets batches of mapped memory, which belong to the caller. Rows that were taken out are among them.</param>
    public void TakeChanged(List<RecordBatch> log)
    {
        using var live = Flags(isGone: false);
        using var gone = Flags(isGone: true);
        foreach (var parts in _parts)
        {
            foreach (var part in parts)
            {
                if (part.Kind != SpilledKind.Saved)
                {
                    var flags = part.Kind == SpilledKind.Gone ? gone : live;
                    log.Add(ArrowColumns.ToBatch(_log, [.. part.Rows.Columns.SkipLast(1).Select(column => column.Retain()), flags.Slice(0, part.Rows.RowCount)], part.Rows.RowCount));
                }
            }
        }

        SetSaved();
    }

    public void Dispose()
    {
        foreach (var parts in _parts)
        {
            Clear(parts);
        }
    }

    /// <summary>The groups in memory by kind and partition, and the hashes of all.</summary>
    private static (ulong[] Hashes, SortedGroups Sorted) Sort(HeldTotals memory, bool keepsGone)
    {
        var (hashes, buckets) = (new ulong[memory.Count], new byte[memory.Count]);
        for (var from = 0; from < hashes.Length; from += RowsMax)
        {
            var count = Math.Min(RowsMax, hashes.Length - from);
            memory.Hash(PaneSort.Numbers(from, count), hashes.AsSpan(from, count));
        }

        for (var group = 0; group < hashes.Length; group++)
        {
            // What is not to be written comes last.
            var kind = memory.KindOf(group, keepsGone) is { } known ? (int)known : Kinds;
            buckets[group] = (byte)((kind * Partitions) + PaneGroups.PartitionOf(hashes[group]));
        }

        return (hashes, PaneSort.ByBucket(buckets, (Kinds + 1) * Partitions));
    }

    private RecordBatch Rows(HeldTotals memory, ReadOnlySpan<int> groups, ulong[] hashes)
    {
        using var builder = new UInt64Builder(_allocator);
        foreach (var group in groups)
        {
            builder.Append(hashes[group]);
        }

        return ArrowColumns.ToBatch(_schema, [.. memory.Partials(groups), builder.Build()], groups.Length);
    }

    /// <summary>The oldest time of rows. Keys that are gone have none.</summary>
    private long OldestOf(RecordBatch rows, SpilledKind kind) =>
        kind == SpilledKind.Gone ? long.MaxValue : Extremes.Of(RowTimes.Of(rows.Column(TimeColumn))).Min;

    /// <summary>The rows that are left and older than a time; the part remembers the oldest of the others.</summary>
    private Span<int> ChooseOlder(SpilledPart part, long cutoffMicros)
    {
        var times = RowTimes.Of(part.Rows.Column(TimeColumn));
        var (count, oldest) = (0, long.MaxValue);
        for (var row = 0; row < times.Length; row++)
        {
            if (times[row] < cutoffMicros)
            {
                _chosen[count++] = row;
            }
            else if (part.IsLeft(row))
            {
                oldest = Math.Min(oldest, times[row]);
            }
        }

        part.OldestMicros = oldest;
        return _chosen.AsSpan(0, count);
    }

    private ArrowArray Flags(bool isGone)
    {
        using var flags = new BooleanBuilder(_allocator);
        for (var row = 0; row < RowsMax; row++)
        {
            flags.Append(isGone);
        }

        return flags.Build();
    }

    /// <summary>From here on a checkpoint has all that is here: keys that are gone need no row any more.</summary>
    private void SetSaved()
    {
        for (var partition = 0; partition < Partitions; partition++)
        {
            foreach (var part in _parts[partition])
            {
                if (part.Kind == SpilledKind.Gone)
                {
                    part.Clear();
                }

                part.Kind = SpilledKind.Saved;
            }

            RemoveEmpty(partition);
        }
    }

    private void Add(int partition, SpilledPart part)
    {
        _parts[partition].Add(part);
        ByteCount += part.ByteCount;
    }

    private void RemoveEmpty(int partition) => _parts[partition].RemoveAll(part =>
    {
        if (part.LeftCount == 0)
        {
            Release(part);
        }

        return part.LeftCount == 0;
    });

    private void Clear(List<SpilledPart> parts)
    {
        parts.ForEach(Release);
        parts.Clear();
    }

    private void Release(SpilledPart part)
    {
        ByteCount -= part.ByteCount;
        part.Rows.Dispose();
    }
}
