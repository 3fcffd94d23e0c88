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
        TaskCount = nodes.Sum(node => node.Foreach is null ? node.TaskCount : 0);
        _positions = positions;
        RegularCount = nodes.TakeWhile(node => node.Compensation is null).Count();
        Order = Sort(nodes[..RegularCount]);
        HasEarlyStarts = nodes.Any(node => node.Edges.Any(edge => edge.AtFirstBatch));
    }

    /// <summary>Name of the graph.</summary>
    public string Name { get; }

    /// <summary>The nodes, in the order of the document, and after them those that undo some.</summary>
    public ImmutableArray<PlanNode> Nodes { get; }

    /// <summary>How many of the nodes are the document's.</summary>
    public int RegularCount { get; }

    /// <summary>Positions of the document's nodes, each after its parents; among free choices the order of the document.</summary>
    public ImmutableArray<int> Order { get; }

    /// <summary>Files of the run: name to path, those of the submission laid over the document's.</summary>
    public ImmutableSortedDictionary<string, string> Files { get; }

    /// <summary>Tasks in all, without those of scattered nodes.</summary>
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

    /// <summary>The run's parameters as JSON; null for none.</summary>
    public string? ParamsJson { get; private init; }

    /// <summary>What the run's result is made of.</summary>
    public ImmutableSortedDictionary<string, Expression> Outputs { get; private init; } = ImmutableSortedDictionary.Create<string, Expression>(StringComparer.Ordinal);

    internal static GraphPlan Compile(GraphDefinition graph, GraphEdges edges, IReadOnlyDictionary<string, string>? files)
    {
        var positions = new Dictionary<string, int>(graph.Nodes.Count, StringComparer.Ordinal);
        for (var index = 0; index < graph.Nodes.Count; index++)
        {
            positions.Add(graph.Nodes[index].Id, index);
        }

        // Most ways out of a node are alike, and then one object.
        var plain = new PlanEdge?[graph.Nodes.Count];
        var ways = graph.Nodes.Select((node, index) => edges.Of(index).Select(parent => EdgeOf(node, parent, positions, plain)).ToImmutableArray()).ToArray();
        var exits = graph.Nodes.Select(_ => ImmutableArray.CreateBuilder<PlanExit>()).ToArray();
        for (var node = 0; node < ways.Length; node++)
        {
            for (var edge = 0; edge < ways[node].Length; edge++)
            {
                exits[ways[node][edge].Parent].Add(new PlanExit(node, edge));
            }
        }

        var parts = new SharedParts(graph);
        var scattered = graph.Nodes.Index()
            .Where(node => node.Item.Foreach?.BatchesOf is not null)
            .Select(node => (node.Index, ways[node.Index].IndexOf(ways[node.Index].First(edge => edge.Parent == positions[node.Item.Foreach!.BatchesOf!]))))
            .ToHashSet();
        var nodes = graph.Nodes.Select((node, index) => NodeOf(
            parts, node, index, ways[index], exits[index].DrainToImmutable(), edges.FanInOf(node, index)!.Value, scattered));
        var undoing = graph.Nodes.Index().Where(node => node.Item.Compensate is not null)
            .Select((node, number) => CompensationOf(parts, node.Item, node.Index, graph.Nodes.Count + number)).ToList();
        undoing.ForEach(node => positions.Add(node.Id, node.Index));
        var allFiles = graph.Files.ToImmutableSortedDictionary(StringComparer.Ordinal).SetItems(files ?? ImmutableDictionary<string, string>.Empty);
        return new GraphPlan(graph.Name, [.. nodes, .. undoing], positions, allFiles, CanonicalJson.HashOf(graph, edges, allFiles))
        {
            Deadline = graph.DeadlineSec is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            ParamsJson = CanonicalJson.Overlay(graph.Params),
            Outputs = graph.Outputs.ToImmutableSortedDictionary(output => output.Key, output => Expression.Parse(output.Value), StringComparer.Ordinal),
            Variables = graph.Vars is { } variables ? CoordinatorFunctions.StartOf(variables).Variables : RunVariables.Empty,
        };
    }

    private static PlanEdge EdgeOf(NodeDefinition node, ParentDefinition parent, Dictionary<string, int> positions, PlanEdge?[] plain)
    {
        var on = parent.On switch { "failure" => EdgeCondition.Failure, "done" => EdgeCondition.Done, _ => EdgeCondition.Success };
        var atFirstBatch = parent.Trigger is { } trigger ? trigger == "on_batch" : node.StartWhen == "first_batch" && on == EdgeCondition.Success;
        var position = positions[parent.Node];
        return on == EdgeCondition.Success && parent.When is null && !atFirstBatch
            ? (plain[position] ??= new PlanEdge(position, EdgeCondition.Success, null, AtFirstBatch: false))
            : new PlanEdge(position, on, parent.When is { } when ? Expression.Parse(when) : null, atFirstBatch);
    }

    private static PlanGate? GateOf(ApprovalDefinition? approval) => approval is null ? null : new PlanGate(
        approval.TimeoutSec is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        approval.OnTimeout switch { "skip" => GateTimeout.Skip, "approve" => GateTimeout.Approve, _ => GateTimeout.Fail });

    private static PlanForeach? ForeachOf(ForeachDefinition? scatter, SharedParts parts, ImmutableArray<PlanEdge> edges)
    {
        if (scatter is null)
        {
            return null;
        }

        PlanForeach.TryReadBarrier(scatter.Barrier, out var needed);
        int? edge = null;
        if (scatter.BatchesOf is { } parent)
        {
            edge = edges.Index().First(one => parts.Graph.Nodes[one.Item.Parent].Id == parent).Index;
        }

        return new PlanForeach(
            scatter.Items is { } items ? Expression.Parse(items) : null,
            scatter.List is { } list ? [.. list.EnumerateArray().Select(item => item.GetRawText())] : [],
            edge,
            scatter.As,
            needed);
    }

    private static PlanNode NodeOf(
        SharedParts parts, NodeDefinition node, int index, ImmutableArray<PlanEdge> edges, ImmutableArray<PlanExit> exits, int fanIn, HashSet<(int Child, int Edge)> scattered)
    {
        var child = parts.ChildOf(node);
        var function = node.Fn is { } name ? CoordinatorFunctions.Find(name) : null;
        return new PlanNode
        {
            Index = index,
            Id = node.Id,
            Child = child,
            Role = child is not null ? PlanChild.Role : node.Approval is not null ? PlanGate.Role : node.Fn is not null ? CoordinatorFunctions.Role : parts.RoleOf(node),
            Gate = GateOf(node.Approval),
            Function = function,
            Args = node.Args,
            TaskCount = node.Foreach?.MaxItems ?? node.Tasks,
            Foreach = ForeachOf(node.Foreach, parts, edges),
            Cache = node.Cache is { } cache ? new PlanCache(Expression.Parse(cache.Key), cache.TtlSec is { } ttl ? TimeSpan.FromSeconds(ttl) : null) : null,
            LimitKey = node.Concurrency?.Key,
            KeyLimit = node.Concurrency is { Key: not null, Limit: var shared } ? shared : 0,
            Window = node.Concurrency is { Key: null } concurrency ? concurrency.Limit : null,
            Edges = edges,
            Exits = exits,
            ScatterExits = scattered.Count == 0 ? [] : [.. exits.Where(exit => scattered.Contains((exit.Child, exit.Edge)))],
            FanIn = fanIn,
            EdgesFollowParents = fanIn == edges.Length && edges.All(edge => edge.FollowsParent),
            When = node.When is { } when ? Expression.Parse(when) : null,
            TakesFailureAsEnd = node.OnUpstreamFailure == "end_of_input",
            ParamsJson = child is not null ? CanonicalJson.Overlay(parts.Graph.Params, child.Graph.Params, node.Params)
                : node.Fn is null ? parts.ParamsOf(node) : CoordinatorFunctions.ParamsOf(node),
            Input = InputPlan.Of(node.Input),
            Priority = node.Priority,
            Needs = PlacementTraits.Of(node.Labels, node.RoleVersion) is { Text.Length: > 0 } needs ? needs.Text : null,
            Policy = parts.PolicyOf(node),
        };
    }

    private static PlanNode CompensationOf(SharedParts parts, NodeDefinition node, int position, int index) => new()
    {
        Index = index,
        Id = node.Id + PlanCompensation.Suffix,
        Role = node.Compensate!.Role,
        Compensation = new PlanCompensation(position, node.Compensate.OnCancel),
        TaskCount = 1,
        Edges = [new PlanEdge(position, EdgeCondition.Success, null, AtFirstBatch: false)],
        EdgesFollowParents = true,
        Exits = [],
        FanIn = 1,
        ParamsJson = CanonicalJson.Overlay(parts.Graph.Params, node.Params, node.Compensate.Params),
        Priority = node.Priority,
        Policy = SharedParts.PolicyOf(node.Compensate),
    };

    /// <summary>What many nodes have alike, once: a graph may have a hundred thousand nodes of one kind.</summary>
    private sealed class SharedParts(GraphDefinition graph)
    {
        public GraphDefinition Graph => graph;

        private readonly string? _params = CanonicalJson.Overlay(graph.Params, null);
        private readonly Dictionary<string, string> _roles = new(StringComparer.Ordinal);
        private readonly Dictionary<string, PlanChild> _children = new(StringComparer.Ordinal);
        private readonly Dictionary<PolicyParts, LeasePolicy> _policies = [];

        public string? ParamsOf(NodeDefinition node) => node.Params is null ? _params : CanonicalJson.Overlay(graph.Params, node.Params);

        public PlanChild? ChildOf(NodeDefinition node)
        {
            if (node.Graph is not { } name)
            {
                return node.Body is null ? null : PlanChild.Of(graph, node.Body);
            }

            if (!_children.TryGetValue(name, out var child))
            {
                _children.Add(name, child = PlanChild.Of(graph, graph.Graphs[name]));
            }

            return child;
        }

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
            var parts = new PolicyParts(node.Retry, node.TimeoutSec, node.BatchDeadlineSec, node.MaxTakeovers, node.Grace);
            if (!_policies.TryGetValue(parts, out var policy))
            {
                _policies.Add(parts, policy = Make(parts));
            }

            return policy;
        }

        public static LeasePolicy PolicyOf(CompensationDefinition compensation) => Make(new PolicyParts(compensation.Retry, compensation.TimeoutSec, null, null, null));

        private static LeasePolicy Make(PolicyParts parts) => new()
        {
            Duration = TimeSpan.MaxValue,
            MaxRetries = parts.Retry.Max,
            Backoff = TimeSpan.FromSeconds(parts.Retry.BackoffSec),
            Kind = parts.Retry.Backoff switch { "linear" => BackoffKind.Linear, "constant" => BackoffKind.Constant, _ => BackoffKind.Exponential },
            JitterPercent = parts.Retry.JitterPct,
            MaxBackoff = TimeSpan.FromSeconds(parts.Retry.MaxBackoffSec),
            AttemptTimeout = parts.TimeoutSec is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            BatchTimeout = parts.BatchSec is { } perBatch ? TimeSpan.FromSeconds(perBatch) : null,
            PermanentOn = [.. parts.Retry.PermanentOn],
            MaxTakeovers = parts.MaxTakeovers,
            KeepsLostLease = parts.Grace == "lease",
        };

        private readonly record struct PolicyParts(RetryPolicy Retry, double? TimeoutSec, double? BatchSec, int? MaxTakeovers, string? Grace);
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
