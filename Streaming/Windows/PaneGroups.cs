using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State.Spilling;

namespace OrleansFlow.Streaming.Windows;

/// <summary>The groups of one pane: those in memory, and partial states of the same keys in files, in partitions of the keys' hashes. One caller at a time.</summary>
/// <remarks>
/// What was written is never changed: a key whose rows go on after that begins anew in memory, and its states add up when they are asked for. So a
/// checkpoint's rows of such a pane add to those before, whereas those of a pane that is in memory alone take their place.
/// </remarks>
internal sealed partial class PaneGroups : IDisposable
{
    /// <summary>Low bits of a key's hash that say its partition.</summary>
    public const int PartitionBits = 5;

    /// <summary>How many partitions.</summary>
    public const int Partitions = 1 << PartitionBits;

    private readonly List<Part>[] _parts = new List<Part>[Partitions];
    private readonly Func<GroupAggregator> _make;
    private long _unwrittenBytes;
    private bool _isLogged;
    private bool _hasReplacements;

    /// <param name="memory">The groups in memory, taken over.</param>
    /// <param name="make">Makes an empty aggregator of the same kind.</param>
    /// <param name="isLogged">Whether a checkpoint has, or never wants, what is in it.</param>
    public PaneGroups(GroupAggregator memory, Func<GroupAggregator> make, bool isLogged)
    {
        (Memory, _make, _isLogged) = (memory, make, isLogged);
        for (var i = 0; i < Partitions; i++)
        {
            _parts[i] = [];
        }
    }

    /// <summary>What is in memory. It belongs to the pane.</summary>
    public GroupAggregator Memory { get; private set; }

    /// <summary>Whether more than <see cref="Memory"/> belongs to the pane.</summary>
    public bool IsSpilled { get; private set; }

    /// <summary>Bytes of memory.</summary>
    public long ByteCount => Memory.ByteCount + _unwrittenBytes;

    /// <summary>What was spilled and no checkpoint has, each with whether it adds to what was before. From here on one has it.</summary>
    /// <returns>Batches, which belong to the caller.</returns>
    public List<(RecordBatch Rows, bool Adds)> TakeUnsaved()
    {
        var unsaved = new List<(RecordBatch, bool)>();
        foreach (var parts in _parts)
        {
            for (var i = 0; i < parts.Count; i++)
            {
                if (!parts[i].IsSaved)
                {
                    unsaved.Add((parts[i].Rows.Retain(), parts[i].Adds));
                    parts[i] = parts[i] with { IsSaved = true };
                }
            }
        }

        return unsaved;
    }

    /// <summary>From here on a checkpoint has what is in it, and nothing is added to it.</summary>
    public void SetLogged() => _isLogged = true;

    /// <summary>Takes in partials that are saved already, behind all that is there.</summary>
    /// <param name="partials">Stays the caller's; more columns than those of partials are left out.</param>
    /// <param name="adds">Whether they add to what is there of their keys; else they take its place.</param>
    public void AddSaved(RecordBatch partials, bool adds)
    {
        var (hashes, buckets) = (new ulong[partials.RowCount], new byte[partials.RowCount]);
        Memory.Hash(partials, hashes);
        for (var row = 0; row < hashes.Length; row++)
        {
            buckets[row] = PartitionOf(hashes[row]);
        }

        var sorted = PaneSort.ByBucket(buckets, Partitions);
        using var only = new RecordBatch(Memory.PartialSchema, [.. partials.Columns.Take(Memory.PartialSchema.Fields.Count).Select(column => column.Retain())], partials.RowCount);
        for (var partition = 0; partition < Partitions; partition++)
        {
            if (sorted.Count(partition) > 0)
            {
                var rows = ArrowTake.Take(only, sorted.Of(partition, 0, int.MaxValue), ArrowAllocator.Pooled);
                Add(partition, new Part(rows, adds, IsSaved: true, IsWritten: false));
            }
        }

        _hasReplacements |= !adds;
    }

    /// <summary>Takes over what is in the files of another pane, and nothing of its memory. None of it is to be saved.</summary>
    public void AddPartsOf(PaneGroups other)
    {
        for (var partition = 0; partition < Partitions; partition++)
        {
            foreach (var part in other._parts[partition])
            {
                Add(partition, part with { Rows = part.Rows.Retain(), Adds = true, IsSaved = true });
            }
        }
    }

    /// <summary>Writes all that is in memory to a file.</summary>
    /// <param name="share">Where to.</param>
    /// <param name="keepsRoom">Whether the memory is used again for the keys to come; else it is given back.</param>
    /// <param name="cancellationToken">Gives up; nothing has changed then.</param>
    /// <exception cref="Errors.FlowException">The file could not be written; nothing has changed.</exception>
    public async ValueTask SpillAsync(MemoryShare share, bool keepsRoom, CancellationToken cancellationToken)
    {
        if (Memory.Count > 0 || _unwrittenBytes > 0)
        {
            await using var file = share.NewFile(Memory.PartialSchema);
            var unwritten = new List<(int Partition, int Place)>();
            for (var partition = 0; partition < Partitions; partition++)
            {
                for (var place = 0; place < _parts[partition].Count; place++)
                {
                    if (!_parts[partition][place].IsWritten)
                    {
                        await file.WriteAsync(_parts[partition][place].Rows, cancellationToken);
                        unwritten.Add((partition, place));
                    }
                }
            }

            var added = await WriteMemoryAsync(file, cancellationToken);
            var written = await file.CompleteAsync(cancellationToken);
            for (var i = 0; i < unwritten.Count; i++)
            {
                var (partition, place) = unwritten[i];
                var part = _parts[partition][place];
                _parts[partition][place] = part with { Rows = written[i], IsWritten = true };
                part.Rows.Dispose();
            }

            var adds = IsSpilled;
            for (var i = 0; i < added.Count; i++)
            {
                Add(added[i].Partition, new Part(written[unwritten.Count + i], adds, added[i].IsSaved, IsWritten: true));
            }

            _unwrittenBytes = 0;
            Memory.Clear();
        }

        if (!keepsRoom)
        {
            Memory = _make();
        }
    }

    /// <summary>After a restore: rows that take the place of others are joined with them, so that from here on all of them add up.</summary>
    public async ValueTask SettleAsync(MemoryShare share, CancellationToken cancellationToken)
    {
        if (!_hasReplacements)
        {
            return;
        }

        await SpillAsync(share, keepsRoom: false, cancellationToken);
        await using var file = share.NewFile(Memory.PartialSchema);
        var partitions = new List<int>();
        foreach (var (partition, groups) in Sums([this], _make(), share, replaces: true))
        {
            for (var from = 0; from < groups.Count; from += WindowShape.BatchRowsMax)
            {
                using var some = groups.PartialBatch(PaneSort.Numbers(from, Math.Min(WindowShape.BatchRowsMax, groups.Count - from)));
                await file.WriteAsync(some, cancellationToken);
                partitions.Add(partition);
            }
        }

        var written = await file.CompleteAsync(cancellationToken);
        ReleaseParts();
        for (var i = 0; i < written.Length; i++)
        {
            Add(partitions[i], new Part(written[i], Adds: true, IsSaved: true, IsWritten: true));
        }

        _hasReplacements = false;
    }

    public void Dispose() => ReleaseParts();

    /// <summary>The partition of a key.</summary>
    public static byte PartitionOf(ulong hash) => (byte)(hash & (Partitions - 1));

    /// <summary>Writes the groups in memory, partition by partition.</summary>
    /// <returns>Of each batch where it belongs.</returns>
    private async ValueTask<List<(int Partition, bool IsSaved)>> WriteMemoryAsync(SpillWriter file, CancellationToken cancellationToken)
    {
        var added = new List<(int, bool)>();
        var sorted = SortMemory(bySaved: true);
        for (var bucket = 0; bucket < 2 * Partitions; bucket++)
        {
            for (var from = 0; from < sorted.Count(bucket); from += WindowShape.BatchRowsMax)
            {
                using var some = Memory.PartialBatch(sorted.Of(bucket, from, WindowShape.BatchRowsMax));
                await file.WriteAsync(some, cancellationToken);
                added.Add((bucket & (Partitions - 1), bucket >= Partitions));
            }
        }

        return added;
    }

    /// <summary>The groups in memory by partition; saved ones behind the others if that is asked for.</summary>
    private SortedGroups SortMemory(bool bySaved)
    {
        var buckets = new byte[Memory.Count];
        var hashes = new ulong[Math.Min(WindowShape.BatchRowsMax, buckets.Length)];
        for (var from = 0; from < buckets.Length; from += WindowShape.BatchRowsMax)
        {
            var count = Math.Min(WindowShape.BatchRowsMax, buckets.Length - from);
            Memory.Hash(PaneSort.Numbers(from, count), hashes.AsSpan(0, count));
            for (var i = 0; i < count; i++)
            {
                var isSaved = bySaved && (_isLogged || (!IsSpilled && !Memory.IsChanged(from + i)));
                buckets[from + i] = (byte)(PartitionOf(hashes[i]) + (isSaved ? Partitions : 0));
            }
        }

        return PaneSort.ByBucket(buckets, 2 * Partitions);
    }

    private void Add(int partition, Part part)
    {
        _parts[partition].Add(part);
        _unwrittenBytes += part.IsWritten ? 0 : part.Rows.ByteCount;
        IsSpilled = true;
    }

    private void ReleaseParts()
    {
        foreach (var parts in _parts)
        {
            parts.ForEach(static part => part.Rows.Dispose());
            parts.Clear();
        }

        _unwrittenBytes = 0;
    }

    private readonly record struct Part(RecordBatch Rows, bool Adds, bool IsSaved, bool IsWritten);
}
