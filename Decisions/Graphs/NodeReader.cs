using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Inputs;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>Reads one node of a graph document.</summary>
internal static partial class NodeReader
{
    /// <summary>What a node may have.</summary>
    public static readonly ImmutableArray<string> Members =
    [
        "id", "role", "fn", "args", "graph", "approval", "tasks", "foreach", "concurrency", "cache", "compensate", "depends_on", "triggers", "routing", "fan_in", "start_when",
        "when", "on_upstream_failure", "params", "input", "retry", "timeout_sec", "batch_deadline_sec", "priority", "labels", "role_version", "grace", "max_takeovers",
    ];

    private static readonly RetryPolicy DefaultRetry = new();
    private static readonly NodeRouting NoRouting = new();
    private static readonly SortedDictionary<string, string> NoTriggers = new(StringComparer.Ordinal);
    private static readonly ImmutableArray<string> ParentMembers = ["node", "on", "when", "trigger"];
    private static readonly ImmutableArray<string> InputMembers = ["adapter", "args", "allow_unknown_adapter"];
    private static readonly ImmutableArray<string> RoutingMembers = ["on_success", "on_failure"];
    private static readonly ImmutableArray<string> ApprovalMembers = ["timeout_sec", "on_timeout"];
    private static readonly ImmutableArray<string> RetryMembers = ["max", "backoff", "backoff_sec", "max_backoff_sec", "jitter_pct", "permanent_on"];

    public static NodeDefinition Read(GraphReader reader, List<FlowProblem> problems)
    {
        var id = reader.Id("id", "node id");
        var isFunction = reader.TryGet("fn", out _);
        var isGraph = reader.TryGet("graph", out var graph);
        var isGate = reader.TryGet("approval", out _);
        if (isGate)
        {
            reader.Forbid(
                [
                    "role", "fn", "args", "graph", "input", "tasks", "foreach", "concurrency", "cache", "compensate", "retry", "timeout_sec", "batch_deadline_sec", "priority",
                    "labels", "role_version", "grace", "max_takeovers",
                ],
                "a node with 'approval' is a gate and runs nothing");
        }
        else if (isGraph)
        {
            reader.Forbid(
                [
                    "role", "fn", "args", "input", "tasks", "start_when", "triggers", "retry", "timeout_sec", "batch_deadline_sec", "priority", "labels", "role_version",
                    "grace", "max_takeovers",
                ],
                "a node with 'graph' runs another graph, whose nodes have these");
        }
        else if (isFunction)
        {
            reader.Forbid(["role", "tasks", "foreach", "concurrency", "params", "input"], "a node with 'fn' has none; its arguments are 'args'");
        }
        else
        {
            reader.Forbid(["args"], "only a node with 'fn' has arguments; a role's are 'params'");
        }

        return new NodeDefinition
        {
            Id = id,
            Graph = isGraph && graph.ValueKind == JsonValueKind.String ? reader.Id("graph", "name of a graph") : null,
            Body = isGraph ? ReadBody(reader, id, graph, problems) : null,
            Role = isFunction || isGate || isGraph ? "" : reader.Id("role", "role"),
            Fn = isFunction ? reader.Id("fn", "function name") : null,
            Args = reader.FreeObject("args"),
            Approval = isGate ? ReadApproval(reader, problems) : null,
            Tasks = reader.Integer("tasks", 1, 1, GraphLimits.NodeTaskCountMax, GraphProblemCodes.TooLarge),
            Foreach = ReadForeach(reader, problems),
            Concurrency = ReadConcurrency(reader, problems),
            DependsOn = ReadParents(reader, problems),
            Routing = ReadRouting(reader, problems),
            FanIn = reader.Text("fan_in"),
            StartWhen = reader.Choice("start_when", "ready", "ready", "first_batch"),
            When = reader.Text("when"),
            OnUpstreamFailure = reader.Choice("on_upstream_failure", "fail", "fail", "end_of_input"),
            Params = reader.FreeObject("params"),
            Input = ReadInput(reader, problems),
            Retry = ReadRetry(reader, problems),
            Cache = ReadCache(reader, problems),
            Compensate = ReadCompensation(reader, id, problems),
            TimeoutSec = reader.Number("timeout_sec", 1, 604_800),
            BatchDeadlineSec = reader.Number("batch_deadline_sec", 0.1, 604_800),
            Priority = reader.Integer("priority", 0, -1000, 1000),
            Labels = PlacementReader.ReadLabels(reader),
            RoleVersion = PlacementReader.ReadVersion(reader),
            Grace = reader.Choice("grace", "reconnect", "reconnect", "lease"),
            MaxTakeovers = reader.TryGet("max_takeovers", out _) ? reader.Integer("max_takeovers", 0, 0, 1_000) : null,
        };
    }

    private static ImmutableArray<ParentDefinition> ReadParents(GraphReader reader, List<FlowProblem> problems)
    {
        var triggers = ReadTriggers(reader);
        if (!reader.TryGet("depends_on", out var value))
        {
            NoteUnknownTriggers(reader, triggers, []);
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            reader.Expected("depends_on", "a list of node ids or objects", value);
            return [];
        }

        var parents = ImmutableArray.CreateBuilder<ParentDefinition>(value.GetArrayLength());
        foreach (var (position, item) in value.EnumerateArray().Index())
        {
            if (item.ValueKind == JsonValueKind.String)
            {
                var parent = item.GetString()!;
                parents.Add(new ParentDefinition { Node = parent, Trigger = triggers.Count == 0 ? null : triggers.GetValueOrDefault(parent) });
            }
            else if (item.ValueKind == JsonValueKind.Object)
            {
                parents.Add(ReadParent(new GraphReader(item, reader, "depends_on", position, ParentMembers, problems), triggers));
            }
            else
            {
                reader.Expected(string.Create(CultureInfo.InvariantCulture, $"depends_on[{position}]"), "a node id or an object", item);
            }
        }

        NoteUnknownTriggers(reader, triggers, parents);
        return parents.ToImmutable();
    }

    private static ParentDefinition ReadParent(GraphReader reader, SortedDictionary<string, string> triggers)
    {
        var node = reader.Id("node", "node id");
        return new ParentDefinition
        {
            Node = node,
            On = reader.Choice("on", "success", "success", "failure", "done"),
            When = reader.Text("when"),
            Trigger = reader.TryGet("trigger", out _) ? reader.Choice("trigger", "on_done", "on_batch", "on_done") : triggers.GetValueOrDefault(node),
        };
    }

    private static SortedDictionary<string, string> ReadTriggers(GraphReader reader)
    {
        if (!reader.TryGet("triggers", out var value))
        {
            return NoTriggers;
        }

        var triggers = new SortedDictionary<string, string>(StringComparer.Ordinal);

        if (value.ValueKind != JsonValueKind.Object)
        {
            reader.Expected("triggers", "an object of parent to 'on_batch' or 'on_done'", value);
            return triggers;
        }

        foreach (var member in value.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.String && member.Value.GetString() is "on_batch" or "on_done")
            {
                triggers[member.Name] = member.Value.GetString()!;
            }
            else
            {
                reader.Expected($"triggers.{member.Name}", "'on_batch' or 'on_done'", member.Value);
            }
        }

        return triggers;
    }

    private static void NoteUnknownTriggers(GraphReader reader, SortedDictionary<string, string> triggers, IReadOnlyCollection<ParentDefinition> parents)
    {
        if (triggers.Count == 0)
        {
            return;
        }

        var known = parents.Select(parent => parent.Node).ToHashSet(StringComparer.Ordinal);
        foreach (var name in triggers.Keys.Where(name => !known.Contains(name)))
        {
            reader.Note(GraphProblemCodes.UnknownNode, reader.PathOf($"triggers.{name}"), $"'{name}' is not a parent of this node.");
        }
    }

    private static ApprovalDefinition ReadApproval(GraphReader node, List<FlowProblem> problems)
    {
        node.TryGet("approval", out var value);
        if (value.ValueKind != JsonValueKind.Object)
        {
            node.Expected("approval", "an object", value);
            return new ApprovalDefinition();
        }

        var reader = new GraphReader(value, node.PathOf("approval"), ApprovalMembers, problems);
        return new ApprovalDefinition
        {
            TimeoutSec = reader.Number("timeout_sec", 1, 31_536_000),
            OnTimeout = reader.Choice("on_timeout", "fail", "fail", "skip", "approve"),
        };
    }

    private static NodeInputDefinition? ReadInput(GraphReader node, List<FlowProblem> problems)
    {
        if (!node.TryGet("input", out var value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            node.Expected("input", "an object", value);
            return null;
        }

        var reader = new GraphReader(value, node.PathOf("input"), InputMembers, problems);
        var args = reader.FreeObject("args");
        var allowsUnknown = reader.Truth("allow_unknown_adapter", false);
        if (!reader.TryGet("adapter", out var adapter))
        {
            reader.Note(GraphProblemCodes.MissingField, reader.PathOf("adapter"), "'adapter' (name of an input adapter) is required.");
            return null;
        }

        if (adapter.ValueKind != JsonValueKind.String || !AdapterSchema.IsName(adapter.GetString()))
        {
            reader.Expected("adapter", "the name of an input adapter", adapter);
            return null;
        }

        return new NodeInputDefinition { Adapter = adapter.GetString()!, Args = args, AllowUnknownAdapter = allowsUnknown };
    }

    private static NodeRouting ReadRouting(GraphReader node, List<FlowProblem> problems)
    {
        if (!node.TryGet("routing", out var value))
        {
            return NoRouting;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            node.Expected("routing", "an object", value);
            return new NodeRouting();
        }

        var reader = new GraphReader(value, node.PathOf("routing"), RoutingMembers, problems);
        return new NodeRouting { OnSuccess = reader.Texts("on_success", []), OnFailure = reader.Texts("on_failure", []) };
    }

    private static RetryPolicy ReadRetry(GraphReader node, List<FlowProblem> problems)
    {
        // One object for all that say nothing: they then share what is compiled from it.
        var defaults = DefaultRetry;
        if (!node.TryGet("retry", out var value))
        {
            return defaults;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            node.Expected("retry", "an object", value);
            return defaults;
        }

        var reader = new GraphReader(value, node.PathOf("retry"), RetryMembers, problems);
        return new RetryPolicy
        {
            Max = reader.Integer("max", defaults.Max, 0, 100),
            Backoff = reader.Choice("backoff", defaults.Backoff, "exponential", "linear", "constant"),
            BackoffSec = reader.Number("backoff_sec", 0, 86_400) ?? defaults.BackoffSec,
            JitterPct = reader.Number("jitter_pct", 0, 100) ?? defaults.JitterPct,
            MaxBackoffSec = reader.Number("max_backoff_sec", 0, 86_400) ?? defaults.MaxBackoffSec,
            PermanentOn = reader.Texts("permanent_on", [.. defaults.PermanentOn]),
        };
    }
}
