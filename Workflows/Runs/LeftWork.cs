using System.Collections.Immutable;

namespace OrleansFlow.Workflows.Runs;

/// <summary>What a failed run had not done, so that it can be reopened.</summary>
/// <param name="Items">The items, the one that failed among them.</param>
/// <param name="OpenJoins">By join node, the item that collected.</param>
/// <param name="Outputs">The outputs of the branches that had ended.</param>
public sealed record LeftWork(ImmutableSortedDictionary<long, WorkItem> Items, ImmutableSortedDictionary<int, long> OpenJoins, ImmutableList<Payload> Outputs);
