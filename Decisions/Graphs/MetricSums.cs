using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>What the metrics of a node add up to.</summary>
internal static class MetricSums
{
    /// <summary>How many reports each sum is made of, with another one.</summary>
    public static ImmutableSortedDictionary<string, long> Count(
        ImmutableSortedDictionary<string, long> counts, ImmutableSortedDictionary<string, double> added)
    {
        foreach (var name in added.Keys)
        {
            counts = counts.SetItem(name, counts.GetValueOrDefault(name) + 1);
        }

        return counts;
    }

    /// <summary>Sums, with another report added.</summary>
    public static ImmutableSortedDictionary<string, double> Sum(
        ImmutableSortedDictionary<string, double> sums, ImmutableSortedDictionary<string, double> added)
    {
        foreach (var (name, value) in added)
        {
            sums = sums.SetItem(name, sums.GetValueOrDefault(name) + value);
        }

        return sums;
    }
}
