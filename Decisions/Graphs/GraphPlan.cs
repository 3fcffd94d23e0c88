using System.Collections.Immutable;
using OrleansFlow.Decisions.Expressions;
using OrleansFlow.Decisions.Inputs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Decisions.Queues;
using OrleansFlow.Decisions.Variables;
using OrleansFlow.Graphs;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>A graph that was checked and compiled. Immutable.</summary>
public sealed class GraphPlan
{
    private readonly Dictionary<string, int> _positions;

    private GraphPlan(
        string name, ImmutableArray<PlanNode> nodes, Dictionary<string, int> positions, ImmutableSortedDictionary<string, string> files, string contentHash)
    {
        Name = name;
        Nodes = nodes;
        Files = files;
        ContentHash = contentHash;
        TaskCount = nodes.Sum(node => node.TaskCount);
        _positions = positions;
        Order = Sort(nodes);
        HasEarlyStarts = nodes.Any(node => node.Edges.Any(edge => edge.AtFirstBatch));
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

    /// <summary>Longest time of a run; null for none.</summary>
    public TimeSpan? Deadline { get; private init; }

    /// <summary>The variables that a run begins with.</summary>
    public RunVariables Variables { get; private init; } = RunVariables.Empty;

    internal static GraphPlan Compile(GraphDefinition graph, GraphEdges edges, IReadOnlyDictionary<string, string>? files)
    {
        var positions = new Dictionary<string, int>(graph.Nodes.Count, StringComparer.Ordinal);
        for (var index = 0; index < graph.Nodes.Count; index++)
        {
            positions.Add(graph.Nodes[index].Id, index);
        }

        var ways = graph.Nodes.Select((node, index) => edges.Of(index).Select(parent => EdgeOf(node, parent, positions)).ToImmutableArray()).ToArray();
        var exits = graph.Nodes.Select(_ => ImmutableArray.CreateBuilder<PlanExit>()).ToArray();
        for (var node = 0; node < ways.Length; node++)
        {
            for (var edge = 0; edge < ways[node].Length; edge++)
            {
                exits[ways[node][edge].Parent].Add(new PlanExit(node, edge));
            }
        }

        var parts = new SharedParts(graph);
        var nodes = graph.Nodes.Select((node, index) => NodeOf(parts, node, index, ways[index], exits[index].DrainToImmutable(), edges.FanInOf(node, index)!.Value));
        var allFiles = graph.Files.ToImmutableSortedDictionary(StringComparer.Ordinal).SetItems(files ?? ImmutableDictionary<string, string>.Empty);
        return new GraphPlan(graph.Name, [.. nodes], positions, allFiles, CanonicalJson.HashOf(graph, edges, allFiles))
        {
            Deadline = graph.DeadlineSec is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            Variables = graph.Vars is { } variables ? CoordinatorFunctions.StartOf(variables).Variables : RunVariables.Empty,
        };
    }

    private static PlanEdge EdgeOf(NodeDefinition node, ParentDefinition parent, Dictionary<string, int> positions)
    {
        var on = parent.On switch { "failure" => EdgeCondition.Failure, "done" => EdgeCondition.Done, _ => EdgeCondition.Success };
        var atFirstBatch = parent.Trigger is { } trigger ? trigger == "on_batch" : node.StartWhen == "first_batch" && on == EdgeCondition.Success;
        return new PlanEdge(positions[parent.Node], on, parent.When is { } when ? Expression.Parse(when) : null, atFirstBatch);
    }

    private static PlanGate? GateOf(ApprovalDefinition? approval) => approval is null ? null : new PlanGate(
        approval.TimeoutSec is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        approval.OnTimeout switch { "skip" => GateTimeout.Skip, "approve" => GateTimeout.Approve, _ => GateTimeout.Fail });

    private static PlanNode NodeOf(
        SharedParts parts, NodeDefinition node, int index, ImmutableArray<PlanEdge> edges, ImmutableArray<PlanExit> exits, int fanIn)
    {
        var function = node.Fn is { } name ? CoordinatorFunctions.Find(name) : null;
        return new PlanNode
        {
            Index = index,
            Id = node.Id,
            Role = node.Approval is not null ? PlanGate.Role : node.Fn is not null ? CoordinatorFunctions.Role : parts.RoleOf(node),
            Gate = GateOf(node.Approval),
            Function = function,
            Args = node.Args,
            TaskCount = node.Tasks,
            Edges = edges,
            Exits = exits,
            FanIn = fanIn,
            EdgesFollowParents = fanIn == edges.Length && edges.All(edge => edge.FollowsParent),
            When = node.When is { } when ? Expression.Parse(when) : null,
            TakesFailureAsEnd = node.OnUpstreamFailure == "end_of_input",
            ParamsJson = node.Fn is null ? parts.ParamsOf(node) : CoordinatorFunctions.ParamsOf(node),
            Input = InputPlan.Of(node.Input),
            Priority = node.Priority,
            Needs = PlacementTraits.Of(node.Labels, node.RoleVersion) is { Text.Length: > 0 } needs ? needs.Text : null,
            Policy = parts.PolicyOf(node),
        };
    }

    /// <summary>What many nodes have alike, once: a graph may have a hundred thousand nodes of one kind.</summary>
    private sealed class SharedParts(GraphDefinition graph)
    {
        private readonly string? _params = CanonicalJson.Overlay(graph.Params, null);
        private readonly Dictionary<string, string> _roles = new(StringComparer.Ordinal);
        private readonly Dictionary<PolicyParts, LeasePolicy> _policies = [];

        public string? ParamsOf(NodeDefinition node) => node.Params is null ? _params : CanonicalJson.Overlay(graph.Params, node.Params);

        public string RoleOf(NodeDefinition node)
        {
            if (!_roles.TryGetValue(node.Role, out var role))
            {
                _roles.Add(node.Role, role = node.Role);
            }

            return role;
        }

        public LeasePolicy PolicyOf(NodeDefinition node)
        {
            var parts = new PolicyParts(node.Retry, node.TimeoutSec, node.MaxTakeovers, node.Grace);
            if (!_policies.TryGetValue(parts, out var policy))
            {
                _policies.Add(parts, policy = Make(parts));
            }

            return policy;
        }

        private static LeasePolicy Make(PolicyParts parts) => new()
        {
            Duration = TimeSpan.MaxValue,
            MaxRetries = parts.Retry.Max,
            Backoff = TimeSpan.FromSeconds(parts.Retry.BackoffSec),
            Kind = parts.Retry.Backoff switch { "linear" => BackoffKind.Linear, "constant" => BackoffKind.Constant, _ => BackoffKind.Exponential },
            JitterPercent = parts.Retry.JitterPct,
            MaxBackoff = TimeSpan.FromSeconds(parts.Retry.MaxBackoffSec),
            AttemptTimeout = parts.TimeoutSec is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            PermanentOn = [.. parts.Retry.PermanentOn],
            MaxTakeovers = parts.MaxTakeovers,
            KeepsLostLease = parts.Grace == "lease",
        };

        private readonly record struct PolicyParts(RetryPolicy Retry, double? TimeoutSec, int? MaxTakeovers, string? Grace);
    }

    /// <summary>Kahn, "Topological sorting of large networks", CACM 5(11), 1962; the smallest free position goes first.</summary>
    private static ImmutableArray<int> Sort(ImmutableArray<PlanNode> nodes)
    {
        var open = nodes.Select(node => node.Edges.Length).ToArray();
        var free = new PriorityQueue<int, int>(nodes.Where(node => node.Edges.IsEmpty).Select(node => (node.Index, node.Index)));
        var order = ImmutableArray.CreateBuilder<int>(nodes.Length);
        while (free.TryDequeue(out var index, out _))
        {
            order.Add(index);
            foreach (var (child, _) in nodes[index].Exits)
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
