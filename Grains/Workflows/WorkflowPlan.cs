using System.Runtime.CompilerServices;
using OrleansFlow.Decisions.Queues;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Execution;

namespace OrleansFlow.Grains.Workflows;

/// <summary>What a run's grain asks of its definition at every step, worked out once.</summary>
internal sealed class WorkflowPlan
{
    private static readonly ConditionalWeakTable<CompiledWorkflow, WorkflowPlan> Known = [];

    private readonly string[] _roles;
    private readonly string _role;

    private WorkflowPlan(CompiledWorkflow workflow)
    {
        Workflow = workflow;
        _role = WorkflowRoles.Of(workflow.Name, workflow.Version);
        _roles = [.. workflow.Nodes.Select(node => node.Role is null ? _role : WorkflowRoles.Of(workflow, node))];
        Needs = PlacementTraits.Of([], workflow.Hash).Text;
        LimitKeys = [.. workflow.Nodes.Select(node => node.ConcurrencyKey is { } key ? $"workflow.{workflow.Name}.{key}" : null)];
    }

    /// <summary>The definition.</summary>
    public CompiledWorkflow Workflow { get; }

    /// <summary>What a worker must offer: this very definition.</summary>
    public string Needs { get; }

    /// <summary>By node, what its limit is shared by; null for no limit.</summary>
    public IReadOnlyList<string?> LimitKeys { get; }

    /// <summary>How many items with a node's key may be in flight at once.</summary>
    public int LimitOf(int node) => LimitKeys[node] is null ? 0 : Workflow.Nodes[node].ConcurrencyLimit;

    /// <summary>The plan of a definition.</summary>
    public static WorkflowPlan Of(CompiledWorkflow workflow) => Known.GetValue(workflow, static workflow => new WorkflowPlan(workflow));

    /// <summary>The role of a node's items.</summary>
    public string RoleOf(CompiledNode node) => node.Role is null ? _role : WorkflowRoles.Of(Workflow, node);

    /// <summary>The role of a node's items; of an update's, where the node is negative.</summary>
    public string RoleOf(int node) => node < 0 ? _role : _roles[node];
}
