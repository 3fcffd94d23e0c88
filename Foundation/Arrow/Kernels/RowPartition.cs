namespace OrleansFlow.Arrow.Kernels;

/// <summary>Spreads the rows of a batch over partitions, keeping their order within each.</summary>
public static class RowPartition
{
    /// <summary>Most partitions: 65,536.</summary>
    public const int MaxPartitions = 1 << 16;

    /// <summary>The partition of a hash: the top of its product with the number of partitions, so that every bit counts.</summary>
    /// <param name="hash">From <see cref="RowHash"/>.</param>
    /// <param name="partitions">1 to <see cref="MaxPartitions"/>.</param>
    public static int Of(ulong hash, int partitions)
    {
        CheckPartitions(partitions);
        return (int)Math.BigMul(hash, (ulong)partitions, out _);
    }

    /// <summary>
    /// The rows of each partition by the hash of key columns; rows with equal keys get the same partition everywhere. For many batches
    /// take a <see cref="HashPartitioner"/>, which keeps its buffers.
    /// </summary>
    /// <param name="batch">The rows.</param>
    /// <param name="columns">The key columns; at least one.</param>
    /// <param name="partitions">1 to <see cref="MaxPartitions"/>.</param>
    /// <param name="seed">Seed of the hash. Default <see cref="RowHash.DefaultSeed"/>.</param>
    public static int[][] ByHash(RecordBatch batch, ReadOnlySpan<int> columns, int partitions, ulong seed = RowHash.DefaultSeed)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var partitioner = new HashPartitioner(partitions, columns, seed);
        partitioner.Assign(batch);
        var groups = new int[partitions][];
        for (var i = 0; i < partitions; i++)
        {
            groups[i] = partitioner.Rows(i).ToArray();
        }

        return groups;
    }

    /// <summary>
    /// The rows of each partition by bounds: partition 0 has the rows before the first bound, partition i those from bound i - 1 on and
    /// before bound i, the last one the rows from the last bound on.
    /// </summary>
    /// <param name="batch">The rows.</param>
    /// <param name="bounds">One row a bound, in the order of the keys; the columns at the keys' places have the types of the batch.</param>
    /// <param name="keys">What orders the rows; at least one.</param>
    /// <returns>One more list of rows than there are bounds.</returns>
    /// <exception cref="ArgumentException">The bounds are not in order, or there are too many.</exception>
    public static int[][] ByRange(RecordBatch batch, RecordBatch bounds, params ReadOnlySpan<SortKey> keys)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(bounds);
        CheckPartitions(bounds.RowCount + 1);
        CheckOrder(bounds, keys);
        var order = new RowOrder(batch, bounds, keys);
        var targets = new int[batch.RowCount];
        for (var row = 0; row < targets.Length; row++)
        {
            var low = 0;
            var high = bounds.RowCount;
            while (low < high)
            {
                var middle = low + (high - low) / 2;
                if (order.Compare(row, middle) < 0)
                {
                    high = middle;
                }
                else
                {
                    low = middle + 1;
                }
            }

            targets[row] = low;
        }

        return Group(targets, bounds.RowCount + 1);
    }

    /// <summary>A batch for each list of rows; the caller owns them.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="partitions">Rows of the batch.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    public static RecordBatch[] Split(RecordBatch batch, int[][] partitions, ArrowAllocator? allocator = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(partitions);
        var batches = new RecordBatch[partitions.Length];
        var done = 0;
        try
        {
            for (; done < batches.Length; done++)
            {
                batches[done] = ArrowTake.Take(batch, partitions[done], allocator);
            }

            return batches;
        }
        catch
        {
            for (var i = 0; i < done; i++)
            {
                batches[i].Dispose();
            }

            throw;
        }
    }

    private static int[][] Group(int[] targets, int partitions)
    {
        var counts = new int[partitions];
        foreach (var target in targets)
        {
            counts[target]++;
        }

        var groups = new int[partitions][];
        for (var i = 0; i < partitions; i++)
        {
            groups[i] = new int[counts[i]];
        }

        Array.Clear(counts);
        for (var row = 0; row < targets.Length; row++)
        {
            groups[targets[row]][counts[targets[row]]++] = row;
        }

        return groups;
    }

    private static void CheckOrder(RecordBatch bounds, ReadOnlySpan<SortKey> keys)
    {
        var order = new RowOrder(bounds, bounds, keys);
        for (var i = 1; i < bounds.RowCount; i++)
        {
            if (order.Compare(i - 1, i) > 0)
            {
                throw new ArgumentException($"Bound {i} comes before bound {i - 1}.", nameof(bounds));
            }
        }
    }

    internal static void CheckPartitions(int partitions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(partitions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(partitions, MaxPartitions);
    }
}
