using System.Text.Json;
using OrleansFlow.Decisions.Expressions;
using OrleansFlow.Graphs;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>What the conditions of a graph can name: the run's <c>vars</c>, <c>params</c> of the node and <c>parents.ID</c> with its state.</summary>
internal sealed class RunScope(GraphRunState state, int node) : IExpressionScope
{
    /// <summary>Names that a path may begin with.</summary>
    public static readonly string[] Roots = ["params", "parents", "vars"];

    /// <summary>Members of a parent.</summary>
    public static readonly string[] ParentMembers =
        ["status", "done", "failed", "skipped", "tasks", "completed", "batches", "rows", "bytes", "metrics", "reason", "message", "result"];

    public int Count => Roots.Length;

    public ExpressionValue Find(string name) => name switch
    {
        "params" => state.Plan!.Nodes[node].ParamsJson is { } json ? ExpressionValue.Of(JsonElement.Parse(json)) : ExpressionValue.Null,
        "vars" => ExpressionValue.Of(state.Variables),
        "parents" => ExpressionValue.Of(new Parents(state, node)),
        _ => ExpressionValue.Null,
    };

    private sealed class Parents(GraphRunState state, int node) : IExpressionScope
    {
        public int Count => state.Plan!.Nodes[node].Edges.Length;

        public ExpressionValue Find(string name) =>
            state.Plan!.Find(name) is { } parent && state.Plan.Nodes[node].Edges.Any(edge => edge.Parent == parent.Index)
                ? ExpressionValue.Of(new Parent(state.Nodes[parent.Index]))
                : ExpressionValue.Null;
    }

    internal sealed class Parent(NodeRunState parent) : IExpressionScope
    {
        public int Count => ParentMembers.Length;

        public ExpressionValue Find(string name) => name switch
        {
            "status" => ExpressionValue.Of(parent.Status switch
            {
                RunStatus.Pending => "pending",
                RunStatus.Running => "running",
                RunStatus.Completed => "completed",
                RunStatus.Failed => "failed",
                RunStatus.Skipped => "skipped",
                _ => "cancelled",
            }),
            "done" => ExpressionValue.Of(parent.Status == RunStatus.Completed),
            "failed" => ExpressionValue.Of(parent.Status == RunStatus.Failed),
            "skipped" => ExpressionValue.Of(parent.Status == RunStatus.Skipped),
            "tasks" => ExpressionValue.Of(parent.Tasks.Count),
            "completed" => ExpressionValue.Of(parent.CompletedCount),
            "batches" => ExpressionValue.Of(parent.Accepted.Count),
            "rows" => ExpressionValue.Of(parent.Rows),
            "bytes" => ExpressionValue.Of(parent.Bytes),
            "metrics" => ExpressionValue.Of(new Metrics(parent)),
            "reason" => ExpressionValue.Of(parent.Failure?.Reason),
            "result" => ResultOf(parent),
            "message" => ExpressionValue.Of(parent.Failure?.Message),
            _ => ExpressionValue.Null,
        };

        /// <summary>The result of a node with one task. Handlers write results as they like; one that is no JSON has no members.</summary>
        public static ExpressionValue ResultOf(NodeRunState node)
        {
            if (node.Tasks is not [{ ResultJson: { } result }])
            {
                return ExpressionValue.Null;
            }

            try
            {
                return ExpressionValue.Of(JsonElement.Parse(result));
            }
            catch (JsonException)
            {
                return ExpressionValue.Of(result);
            }
        }
    }

    private sealed class Metrics(NodeRunState parent) : IExpressionScope
    {
        public int Count => parent.Metrics.Count;

        public ExpressionValue Find(string name) => parent.Metrics.TryGetValue(name, out var value) ? ExpressionValue.Of(value) : ExpressionValue.Null;
    }
}
