using System.Runtime.CompilerServices;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Stores.Logs;

/// <summary>Which kinds of workers a workflow's items want.</summary>
internal static class Roles
{
    private static readonly ConditionalWeakTable<CompiledWorkflow, string[]> Known = [];

    private static readonly ConditionalWeakTable<CompiledWorkflow, StrongBox<bool>> Special = [];

    /// <summary>The roles of a workflow's nodes; an item that says none has the empty one, which is always among them.</summary>
    public static string[] OfAll(CompiledWorkflow workflow) =>
        Known.GetValue(workflow, static workflow => [.. workflow.Nodes.Select(node => node.Role ?? "").Append("").Distinct(StringComparer.Ordinal)]);

    /// <summary>Whether the items of a workflow differ in what they want: a role, or a place under a concurrency key.</summary>
    public static bool AreSpecial(CompiledWorkflow workflow) => Special.GetValue(
        workflow, static workflow => new StrongBox<bool>(workflow.Nodes.Any(node => node.Role is not null || node.ConcurrencyKey is not null))).Value;

    /// <summary>The role of an item.</summary>
    public static string OfItem(WorkflowRunState state, long id) =>
        state.Items[id].Node is >= 0 and var node ? state.Workflow.Nodes[node].Role ?? "" : "";

    /// <summary>The roles that a run has work for.</summary>
    public static IEnumerable<string> WithWork(WorkflowRunState state)
    {
        var all = OfAll(state.Workflow);
        return all.Length == 1 ? all : state.Pending.Select(id => OfItem(state, id)).Distinct(StringComparer.Ordinal).Take(all.Length);
    }
}
