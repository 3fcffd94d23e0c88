using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State.Spilling;

namespace OrleansFlow.Streaming.Windows;

/// <content>What is in memory and in files, together.</content>
internal sealed partial class PaneGroups
{
    /// <summary>The groups of several panes together, some of them at a time: each key comes once.</summary>
    /// <param name="panes">The panes, which stay as they are.</param>
    /// <param name="target">Gets the groups, from one step to the next; it is empty.</param>
    /// <param name="share">Says how much may be in memory.</param>
    public static IEnumerable<GroupAggregator> Sums(IReadOnlyList<PaneGroups> panes, GroupAggregator target, MemoryShare share) =>
        Sums(panes, target, share, replaces: false).Select(step => step.Groups);

    /// <summary>The groups of one pane, some of a partition at a time: each key comes once.</summary>
    /// <param name="target">As for the other.</param>
    /// <param name="share">Says how much may be in memory.</param>
    public IEnumerable<(int Partition, GroupAggregator Groups)> SumsByPartition(GroupAggregator target, MemoryShare share) => Sums([this], target, share, replaces: false);

    private static IEnumerable<(int Partition, GroupAggregator Groups)> Sums(IReadOnlyList<PaneGroups> panes, GroupAggregator target, MemoryShare share, bool replaces)
    {
        var inMemory = panes.Select(pane => pane.SortMemory(bySaved: false)).ToList();
        for (var partition = 0; partition < Partitions; partition++)
        {
            var rows = 0L;
            for (var i = 0; i < panes.Count; i++)
            {
                rows += panes[i]._parts[partition].Sum(part => (long)part.Rows.RowCount) + inMemory[i].Count(partition);
            }

            var passes = PassesOf(rows * (16L + 24 * panes[0].Memory.PartialSchema.Fields.Count), share);
            for (var pass = 0; pass < passes; pass++)
            {
                target.Clear();
                for (var i = 0; i < panes.Count; i++)
                {
                    panes[i].AddTo(target, partition, inMemory[i], (pass, passes), replaces);
                }

                if (target.Count > 0)
                {
                    yield return (partition, target);
                }
            }
        }
    }

    /// <summary>A partition that does not fit comes in several passes, each of some of its keys.</summary>
    /// <param name="bytes">What it would take in memory, about.</param>
    /// <param name="share">Says how much may be in memory.</param>
    /// <returns>How many passes: a power of two.</returns>
    public static int PassesOf(long bytes, MemoryShare share)
    {
        const long BytesMin = 1 << 16;
        const int PassesMax = 256;
        var passes = 1;
        while (passes < PassesMax && bytes / passes > Math.Max(BytesMin, share.LimitBytes / 4))
        {
            passes *= 2;
        }

        return passes;
    }

    private void AddTo(GroupAggregator target, int partition, SortedGroups inMemory, (int Number, int Count) pass, bool replaces)
    {
        foreach (var part in _parts[partition])
        {
            Add(target, part.Rows, pass, replaces && !part.Adds);
        }

        for (var from = 0; from < inMemory.Count(partition); from += WindowShape.BatchRowsMax)
        {
            using var some = Memory.PartialBatch(inMemory.Of(partition, from, WindowShape.BatchRowsMax));
            Add(target, some, pass, isReplacement: false);
        }
    }

    private static void Add(GroupAggregator target, RecordBatch rows, (int Number, int Count) pass, bool isReplacement)
    {
        using var some = pass.Count == 1 ? rows.Retain() : PaneSort.Choose(target, rows, PartitionBits, pass);
        if (isReplacement)
        {
            target.Replace(some);
        }
        else
        {
            target.Merge(some);
        }
    }
}
