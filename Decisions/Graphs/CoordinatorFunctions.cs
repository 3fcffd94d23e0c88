using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansFlow.Decisions.Variables;
using OrleansFlow.Graphs;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>The functions that the control plane runs itself.</summary>
internal static class CoordinatorFunctions
{
    /// <summary>The role whose workers run every other function; parameters <c>fn</c> and <c>args</c>.</summary>
    public const string Role = "coordinator";

    private static readonly ImmutableSortedDictionary<string, CoordinatorFunction> All = new CoordinatorFunction[]
    {
        new("noop", (_, _) => null, _ => new FunctionOutcome(null, null, null)),
        new("vars.set", (args, _) => CheckObject(args, "kv"), call => FunctionOutcome.Of(call.Rules.Set(call.State.Variables, ObjectOf(call.Args, "kv")))),
        new("vars.merge", (args, _) => CheckObject(args, "data", "kv"), call => FunctionOutcome.Of(call.Rules.Merge(call.State.Variables, ObjectOf(call.Args, "data", "kv")))),
        new("vars.incr", (args, _) => CheckIncrement(args), Increment),
        new("vars.unset", (args, _) => TextsOf(args ?? default, "keys", "paths") is null ? "give 'keys', a list of paths." : null, call => FunctionOutcome.Of(
            VariableRules.Unset(call.State.Variables, TextsOf(call.Args, "keys", "paths")!))),
        new("metrics.aggregate", CheckAggregate, Aggregate),
        new("merge.generic", CheckMerge, Merge),
    }.ToImmutableSortedDictionary(function => function.Name, function => function, StringComparer.Ordinal);

    /// <summary>The function of a name; null for one that workers run.</summary>
    public static CoordinatorFunction? Find(string name) => All.GetValueOrDefault(name);

    /// <summary>The variables that a document begins with. Values that look like secrets are taken: whoever submits them can read them.</summary>
    public static VariableOutcome StartOf(JsonElement variables) => new VariableRules(new SensitiveValueDetector(), blocksSensitive: false).Set(RunVariables.Empty, variables);

    /// <summary>The parameters of the task that runs a function on a worker.</summary>
    public static string ParamsOf(NodeDefinition node)
    {
        var args = node.Args is { } given ? JsonObject.Create(given.Clone()) : [];
        return new JsonObject { ["args"] = args, ["fn"] = node.Fn }.ToJsonString();
    }

    private static string? CheckObject(JsonElement? args, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (args is { } given && given.TryGetProperty(name, out var member) && given.GetPropertyCount() == 1 && member.ValueKind != JsonValueKind.Object)
            {
                return $"'{name}' must be an object of names and values.";
            }
        }

        return StartOf(ObjectOf(args ?? default, names)).Refused;
    }

    /// <summary>The one member of a name, or the arguments themselves.</summary>
    private static JsonElement ObjectOf(JsonElement args, params ReadOnlySpan<string> names)
    {
        if (args.ValueKind != JsonValueKind.Object)
        {
            return JsonElement.Parse("{}");
        }

        foreach (var name in names)
        {
            if (args.TryGetProperty(name, out var member) && args.GetPropertyCount() == 1)
            {
                return member;
            }
        }

        return args;
    }

    private static List<string>? TextsOf(JsonElement args, params ReadOnlySpan<string> names)
    {
        if (args.ValueKind != JsonValueKind.Object)
        {
            return [];
        }

        foreach (var name in names)
        {
            if (args.TryGetProperty(name, out var list))
            {
                return list.ValueKind == JsonValueKind.Array && list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
                    ? [.. list.EnumerateArray().Select(item => item.GetString()!)]
                    : null;
            }
        }

        return [];
    }

    private static string? CheckIncrement(JsonElement? args) =>
        args is not { } given || !given.TryGetProperty("key", out var key) || key.ValueKind != JsonValueKind.String ? "give 'key', the path of a number."
        : given.TryGetProperty("by", out var by) && by.ValueKind is not (JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False) ? "'by' must be a number."
        : null;

    private static FunctionOutcome Increment(FunctionCall call) => FunctionOutcome.Of(VariableRules.Increment(
        call.State.Variables, call.Args.GetProperty("key").GetString()!, call.Args.TryGetProperty("by", out var by) ? by : JsonElement.Parse("1")));

    private static string? CheckAggregate(JsonElement? args, Func<string, bool> isNode)
    {
        if (args is not { } given || !given.TryGetProperty("node_id", out var node) || node.ValueKind != JsonValueKind.String)
        {
            return "give 'node_id', the node whose metrics are wanted.";
        }

        return !isNode(node.GetString()!) ? $"'{node.GetString()}' is not a node of this graph."
            : given.TryGetProperty("mode", out var mode) && !(mode.ValueKind == JsonValueKind.String && mode.GetString() is "sum" or "mean") ? "'mode' must be 'sum' or 'mean'."
            : null;
    }

    /// <summary>Sums or means over what the node's accepted batches and completed tasks reported; an attempt that came to nothing adds nothing.</summary>
    private static FunctionOutcome Aggregate(FunctionCall call)
    {
        var node = call.State.Nodes[call.State.Plan!.Find(call.Args.GetProperty("node_id").GetString()!)!.Index];
        var isMean = call.Args.TryGetProperty("mode", out var mode) && mode.GetString() == "mean";
        var values = new JsonObject(node.Metrics.Select(metric => KeyValuePair.Create<string, JsonNode?>(
            metric.Key, isMean ? metric.Value / Math.Max(1, node.MetricCounts.GetValueOrDefault(metric.Key)) : metric.Value)));
        return new FunctionOutcome(null, values.ToJsonString(), null);
    }

    private static string? CheckMerge(JsonElement? args, Func<string, bool> isNode) =>
        TextsOf(args ?? default, "from_nodes") is not { Count: > 0 } nodes ? "give 'from_nodes', a list of node ids."
        : nodes.Find(node => !isNode(node)) is { } unknown ? $"'{unknown}' is not a node of this graph."
        : null;

    /// <summary>What there is of several nodes' output, in one result.</summary>
    private static FunctionOutcome Merge(FunctionCall call)
    {
        var names = TextsOf(call.Args, "from_nodes")!;
        var nodes = names.Select(name => (Name: name, State: call.State.Nodes[call.State.Plan!.Find(name)!.Index])).ToList();
        var complete = nodes.Where(node => node.State.Status == RunStatus.Completed).Select(node => (JsonNode)node.Name).OrderBy(name => (string)name!, StringComparer.Ordinal);
        return new FunctionOutcome(null, new JsonObject
        {
            ["merged_from"] = new JsonArray([.. names.Select(name => (JsonNode)name)]),
            ["complete_nodes"] = new JsonArray([.. complete]),
            ["partial_batches"] = nodes.Sum(node => node.State.Accepted.Count),
            ["rows"] = nodes.Sum(node => node.State.Rows),
            ["bytes"] = nodes.Sum(node => node.State.Bytes),
            ["merged_at"] = call.NowUtc.ToString("O", CultureInfo.InvariantCulture),
        }.ToJsonString(), null);
    }
}
