using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State.Spilling;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Streaming.Updates;

/// <content>Rows that are not needed any more.</content>
internal sealed partial class SpilledTotals
{
    // More parts of a partition than these, and those that its rows need, are too many.
    private const int PartsMax = 64;

    /// <summary>Writes partitions anew of which more was taken out than is left, or which lie in many small parts.</summary>
    /// <exception cref="Errors.FlowException">The file could not be written; nothing has changed.</exception>
    public async ValueTask CompactAsync(MemoryShare share, CancellationToken cancellationToken)
    {
        if (Array.FindIndex(_parts, NeedsCompaction) < 0)
        {
            return;
        }

        await using var file = share.NewFile(_schema);
        var added = new List<(int Partition, SpilledKind Kind, long OldestMicros)>();
        for (var partition = 0; partition < Partitions; partition++)
        {
            if (NeedsCompaction(_parts[partition]))
            {
                for (var kind = SpilledKind.Saved; kind <= SpilledKind.Gone; kind++)
                {
                    foreach (var rows in LeftRows(partition, kind))
                    {
                        using (rows)
                        {
                            await file.WriteAsync(rows, cancellationToken);
                            added.Add((partition, kind, OldestOf(rows, kind)));
                        }
                    }
                }
            }
        }

        var written = await file.CompleteAsync(cancellationToken);
        foreach (var parts in _parts.Where(NeedsCompaction))
        {
            Clear(parts);
        }

        for (var i = 0; i < written.Length; i++)
        {
            var (partition, kind, oldest) = added[i];
            Add(partition, new SpilledPart(written[i], kind, oldest));
        }
    }

    /// <summary>After a restore: of several rows of a key all but the latest go, and keys that are gone. All that is left is saved.</summary>
    /// <param name="share">Says how much may be in memory.</param>
    public void Settle(MemoryShare share)
    {
        for (var partition = 0; partition < Partitions; partition++)
        {
            // Keys of one part differ.
            if (_parts[partition].Count > 1)
            {
                var passes = PaneGroups.PassesOf(RowCountOf(_parts[partition]) * (32L + (24 * _keyTypes.Count)), share);
                for (var pass = 0; pass < passes; pass++)
                {
                    KeepLatest(_parts[partition], (pass, passes));
                }
            }
        }

        SetSaved();
    }

    private static long RowCountOf(List<SpilledPart> parts)
    {
        var rows = 0L;
        foreach (var part in parts)
        {
            rows += part.Rows.RowCount;
        }

        return rows;
    }

    private static bool NeedsCompaction(List<SpilledPart> parts)
    {
        var (rows, left) = (RowCountOf(parts), 0L);
        foreach (var part in parts)
        {
            left += part.LeftCount;
        }

        return rows > (2 * left) + RowsMax || parts.Count > PartsMax + (2 * left / RowsMax);
    }

    /// <summary>What is left of a partition, small batches put together.</summary>
    private IEnumerable<RecordBatch> LeftRows(int partition, SpilledKind kind)
    {
        var (some, count) = (new List<RecordBatch>(), 0);
        foreach (var part in _parts[partition])
        {
            if (part.Kind == kind && part.LeftCount > 0)
            {
                if (count + part.LeftCount > RowsMax)
                {
                    yield return Join(some);
                    count = 0;
                }

                some.Add(part.LeftRows());
                count += part.LeftCount;
            }
        }

        if (count > 0)
        {
            yield return Join(some);
        }
    }

    private static RecordBatch Join(List<RecordBatch> some)
    {
        var joined = ArrowTake.Concat(some, ArrowAllocator.Pooled);
        some.ForEach(static rows => rows.Dispose());
        some.Clear();
        return joined;
    }

    private void KeepLatest(List<SpilledPart> parts, (int Number, int Count) pass)
    {
        var seen = GroupIndex.Create(_keyTypes);
        for (var i = parts.Count - 1; i >= 0; i--)
        {
            var chosen = ChooseOf(parts[i], pass);
            var columns = parts[i].Rows.Columns.Take(_keyTypes.Count).Select(column => ArrowTake.Take(column, chosen, ArrowAllocator.Pooled)).ToArray();
            var (known, groups) = (seen.Count, new int[chosen.Length]);
            seen.Find(columns, groups);
            ArrowColumns.Release(columns);
            for (var row = 0; row < groups.Length; row++)
            {
                if (groups[row] < known)
                {
                    parts[i].Leave(chosen[row]);
                }
            }
        }
    }

    /// <summary>The rows of a pass, by bits of the hash above those of the partition.</summary>
    private int[] ChooseOf(SpilledPart part, (int Number, int Count) pass)
    {
        var hashes = part.Hashes;
        var count = 0;
        for (var row = 0; row < hashes.Length; row++)
        {
            if (((int)(hashes[row] >> PaneGroups.PartitionBits) & (pass.Count - 1)) == pass.Number)
            {
                _chosen[count++] = row;
            }
        }

        return _chosen[..count];
    }
}
