using System.Collections.Immutable;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>A graph that was checked and compiled. Immutable.</summary>
public sealed class GraphPlan
{
    private readonly ImmutableDictionary<string, int> _positions;

    private GraphPlan(string name, ImmutableArray<PlanNode> nodes, ImmutableSortedDictionary<string, string> files, string contentHash)
    {
        Name = name;
        Nodes = nodes;
        Files = files;
        ContentHash = contentHash;
        TaskCount = nodes.Sum(node => node.TaskCount);
        _positions = nodes.ToImmutableDictionary(node => node.Id, node => node.Index, StringComparer.Ordinal);
        Order = Sort(nodes);
        HasEarlyStarts = nodes.Any(node => node.StartsAtFirstBatch);
    }

    /// <summary>Name of the graph.</summary>
    public string Name { get; }

    /// <summary>The nodes, in the order of the document.</summary>
    public ImmutableArray<PlanNode> Nodes { get; }

    /// <summary>Positions of the nodes, each after its parents; among free choices the order of the document.</summary>
    public ImmutableArray<int> Order { get; }

    /// <summary>Files of the run: name to path, those of the submission laid over the document's.</summary>
    public ImmutableSortedDictionary<string, string> Files { get; }

    /// <summary>Tasks in all.</summary>
    public int TaskCount { get; }

    /// <summary>True when a node may start at a first batch.</summary>
    public bool HasEarlyStarts { get; }

    /// <summary>Lower-case hex SHA-256 over the meaning of document and files: equal for documents that differ in spelling only.</summary>
    public string ContentHash { get; }

    /// <summary>The node with an id; null when there is none.</summary>
    public PlanNode? Find(string nodeId) => _positions.TryGetValue(nodeId, out var index) ? Nodes[index] : null;

    internal static GraphPlan Compile(GraphDefinition graph, IReadOnlyDictionary<string, string>? files)
    {
        var positions = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var index = 0; index < graph.Nodes.Count; index++)
        {
            positions.Add(graph.Nodes[index].Id, index);
        }

        var children = graph.Nodes.Select(_ => new List<int>()).ToArray();
        for (var index = 0; index < graph.Nodes.Count; index++)
        {
            foreach (var parent in graph.Nodes[index].DependsOn)
            {
                children[positions[parent]].Add(index);
            }
        }

        var nodes = graph.Nodes.Select((node, index) => new PlanNode
        {
            Index = index,
            Id = node.Id,
            Role = node.Role,
            TaskCount = node.Tasks,
            Parents = [.. node.DependsOn.Select(parent => positions[parent])],
            Children = [.. children[index]],
            StartsAtFirstBatch = node.StartWhen == "first_batch",
            ParamsJson = CanonicalJson.Overlay(graph.Params, node.Params),
            Priority = node.Priority,
            Policy = new LeasePolicy
            {
                Duration = TimeSpan.MaxValue,
                MaxRetries = node.Retry.Max,
                Backoff = TimeSpan.FromSeconds(node.Retry.BackoffSec),
                MaxBackoff = TimeSpan.FromSeconds(node.Retry.MaxBackoffSec),
                AttemptTimeout = node.TimeoutSec is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
                PermanentOn = [.. node.Retry.PermanentOn],
            },
        });
        var allFiles = graph.Files.ToImmutableSortedDictionary(StringComparer.Ordinal).SetItems(files ?? ImmutableDictionary<string, string>.Empty);
        return new GraphPlan(graph.Name, [.. nodes], allFiles, CanonicalJson.HashOf(graph, allFiles));
    }

    /// <summary>Kahn, "Topological sorting of large networks", CACM 5(11), 1962; the smallest free position goes first.</summary>
    private static ImmutableArray<int> Sort(ImmutableArray<PlanNode> nodes)
    {
        var open = nodes.Select(node => node.Parents.Length).ToArray();
        var free = new PriorityQueue<int, int>(nodes.Where(node => node.Parents.IsEmpty).Select(node => (node.Index, node.Index)));
        var order = ImmutableArray.CreateBuilder<int>(nodes.Length);
        while (free.TryDequeue(out var index, out _))
        {
            order.Add(index);
            foreach (var child in nodes[index].Children)
            {
                if (--open[child] == 0)
                {
                    free.Enqueue(child, child);
                }
            }
        }

        return order.MoveToImmutable();
    }
}
