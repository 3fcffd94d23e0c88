using System.Collections.Immutable;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;

namespace OrleansFlow.Decisions.Graphs;

/// <content>The members of a node that are objects.</content>
internal static partial class NodeReader
{
    private static readonly ImmutableArray<string> ForeachMembers = ["items", "batches_of", "as", "barrier", "max_items"];
    private static readonly ImmutableArray<string> CompensationMembers = ["role", "params", "retry", "timeout_sec", "on_cancel"];
    private static readonly ImmutableArray<string> CacheMembers = ["key", "ttl_sec"];
    private static readonly ImmutableArray<string> ConcurrencyMembers = ["limit", "key"];

    private static GraphDefinition? ReadBody(GraphReader node, string id, JsonElement graph, List<FlowProblem> problems)
    {
        if (graph.ValueKind == JsonValueKind.Object)
        {
            return GraphBodyReader.Read(new GraphReader(graph, node.PathOf("graph"), GraphBodyReader.Members, problems), id, problems);
        }

        if (graph.ValueKind != JsonValueKind.String)
        {
            node.Expected("graph", "the name of a graph, or a graph", graph);
        }

        return null;
    }

    private static ForeachDefinition? ReadForeach(GraphReader node, List<FlowProblem> problems)
    {
        if (ObjectOf(node, "foreach", ForeachMembers, problems) is not { } reader)
        {
            return null;
        }

        node.Forbid(["tasks"], "a node with 'foreach' has as many tasks as there are items");
        var hasItems = reader.TryGet("items", out var items);
        var hasBatches = reader.TryGet("batches_of", out _);
        if (hasItems == hasBatches)
        {
            node.Note(GraphProblemCodes.BadValue, node.PathOf("foreach"), "give 'items' (a list, or an expression that gives one) or 'batches_of' (a parent), and not both.");
        }
        else if (hasItems && items.ValueKind is not (JsonValueKind.Array or JsonValueKind.String))
        {
            reader.Expected("items", "a list, or an expression that gives one", items);
        }

        var scatter = new ForeachDefinition
        {
            Items = items.ValueKind == JsonValueKind.String ? items.GetString() : null,
            List = items.ValueKind == JsonValueKind.Array ? items.Clone() : null,
            BatchesOf = hasBatches ? reader.Id("batches_of", "node id") : null,
            As = reader.TryGet("as", out _) ? reader.Id("as", "parameter name") : "item",
            Barrier = reader.Text("barrier") ?? "all",
            MaxItems = reader.Integer("max_items", 10_000, 1, GraphLimits.NodeTaskCountMax),
        };
        if (!PlanForeach.TryReadBarrier(scatter.Barrier, out _))
        {
            node.Note(GraphProblemCodes.BadValue, reader.PathOf("barrier"), $"expected 'all', 'any' or 'count:N' with N of 1 or more, found \"{scatter.Barrier}\".");
        }

        if (scatter.List?.GetArrayLength() > scatter.MaxItems)
        {
            node.Note(GraphProblemCodes.TooLarge, reader.PathOf("items"), $"{items.GetArrayLength()} items; 'max_items' allows {scatter.MaxItems}.");
        }

        return scatter;
    }

    private static CompensationDefinition? ReadCompensation(GraphReader node, string id, List<FlowProblem> problems)
    {
        if (ObjectOf(node, "compensate", CompensationMembers, problems) is not { } reader)
        {
            return null;
        }

        if (id.Length + PlanCompensation.Suffix.Length > Tasks.IdText.MaxLength)
        {
            node.Note(GraphProblemCodes.BadId, node.PathOf("id"), $"a node with 'compensate' has an id of at most {Tasks.IdText.MaxLength - PlanCompensation.Suffix.Length} characters: '{PlanCompensation.Suffix}' is added.");
        }

        return new CompensationDefinition
        {
            Role = reader.Id("role", "role"),
            Params = reader.FreeObject("params"),
            Retry = ReadRetry(reader, problems),
            TimeoutSec = reader.Number("timeout_sec", 1, 604_800),
            OnCancel = reader.Truth("on_cancel", fallback: false),
        };
    }

    private static CacheDefinition? ReadCache(GraphReader node, List<FlowProblem> problems)
    {
        if (ObjectOf(node, "cache", CacheMembers, problems) is not { } reader)
        {
            return null;
        }

        if (node.TryGet("fn", out var function) && function.ValueKind == JsonValueKind.String && CoordinatorFunctions.Find(function.GetString()!) is not null)
        {
            node.Note(GraphProblemCodes.BadValue, node.PathOf("cache"), $"'{function.GetString()}' runs in the control plane, at no cost; only what workers do is worth keeping.");
        }

        if (!reader.TryGet("key", out _))
        {
            reader.Note(GraphProblemCodes.MissingField, reader.PathOf("key"), "'key' is required.");
        }

        return new CacheDefinition { Key = reader.Text("key") ?? "null", TtlSec = reader.Number("ttl_sec", 1, 31_536_000) };
    }

    private static ConcurrencyDefinition? ReadConcurrency(GraphReader node, List<FlowProblem> problems)
    {
        if (ObjectOf(node, "concurrency", ConcurrencyMembers, problems) is not { } reader)
        {
            return null;
        }

        if (!reader.TryGet("limit", out _))
        {
            reader.Note(GraphProblemCodes.MissingField, reader.PathOf("limit"), "'limit' is required.");
        }

        return new ConcurrencyDefinition
        {
            Limit = reader.Integer("limit", 1, 1, GraphLimits.NodeTaskCountMax),
            Key = reader.TryGet("key", out _) ? reader.Id("key", "concurrency key") : null,
        };
    }

    /// <summary>A reader of a member that is an object; null when it is missing, or is none, which is noted.</summary>
    private static GraphReader? ObjectOf(GraphReader node, string name, ImmutableArray<string> members, List<FlowProblem> problems)
    {
        if (!node.TryGet(name, out var value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            return new GraphReader(value, node.PathOf(name), members, problems);
        }

        node.Expected(name, "an object", value);
        return null;
    }
}
