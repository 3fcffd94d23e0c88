using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;

namespace OrleansFlow.Streaming.Windows;

/// <summary>Numbers of groups or rows by buckets.</summary>
internal static class PaneSort
{
    /// <summary>Puts the numbers from 0 on in the order of their buckets; of one bucket they rise.</summary>
    /// <param name="buckets">The bucket of each number.</param>
    /// <param name="bucketCount">How many buckets.</param>
    public static SortedGroups ByBucket(ReadOnlySpan<byte> buckets, int bucketCount)
    {
        var (ends, sorted) = (new int[bucketCount], new int[buckets.Length]);
        foreach (var bucket in buckets)
        {
            ends[bucket]++;
        }

        var next = 0;
        for (var bucket = 0; bucket < bucketCount; bucket++)
        {
            (ends[bucket], next) = (next, next + ends[bucket]);
        }

        for (var i = 0; i < sorted.Length; i++)
        {
            sorted[ends[buckets[i]]++] = i;
        }

        return new SortedGroups(sorted, ends);
    }

    /// <summary>Numbers that follow one another.</summary>
    public static int[] Numbers(int from, int count)
    {
        var numbers = new int[count];
        for (var i = 0; i < count; i++)
        {
            numbers[i] = from + i;
        }

        return numbers;
    }

    /// <summary>The rows whose keys belong to one of several passes, by bits of their hashes above those of the partition.</summary>
    public static RecordBatch Choose(GroupAggregator groups, RecordBatch rows, int partitionBits, (int Number, int Count) pass)
    {
        var (hashes, chosen, count) = (new ulong[rows.RowCount], new int[rows.RowCount], 0);
        groups.Hash(rows, hashes);
        for (var row = 0; row < hashes.Length; row++)
        {
            if ((int)(hashes[row] >> partitionBits) is var bits && (bits & (pass.Count - 1)) == pass.Number)
            {
                chosen[count++] = row;
            }
        }

        return ArrowTake.Take(rows, chosen.AsSpan(0, count), ArrowAllocator.Pooled);
    }
}

/// <summary>Numbers in the order of their buckets.</summary>
/// <param name="numbers">The numbers.</param>
/// <param name="ends">Where each bucket ends.</param>
internal readonly struct SortedGroups(int[] numbers, int[] ends)
{
    /// <summary>How many are in a bucket.</summary>
    public int Count(int bucket) => ends[bucket] - StartOf(bucket);

    /// <summary>Some of a bucket.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="from">How many come before.</param>
    /// <param name="countMax">Most of them.</param>
    public ReadOnlySpan<int> Of(int bucket, int from, int countMax) => numbers.AsSpan(StartOf(bucket) + from, Math.Min(countMax, Count(bucket) - from));

    private int StartOf(int bucket) => bucket == 0 ? 0 : ends[bucket - 1];
}
