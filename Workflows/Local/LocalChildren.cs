using OrleansFlow.Workflows.Checkpoints;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Local;

/// <summary>Runs the children of a local run, one after the other, in the same process.</summary>
internal static class LocalChildren
{
    /// <summary>Runs a child to its end.</summary>
    /// <param name="order">What to run.</param>
    /// <param name="id">The child's run id.</param>
    /// <param name="known">Definitions that the parent's own definition names.</param>
    /// <param name="checkpoints">Where it is kept; null for nowhere.</param>
    /// <param name="options">The parent's options.</param>
    /// <param name="cancellationToken">Ends the parent.</param>
    public static ValueTask<ChildResult> RunAsync(
        ChildOrder order,
        string id,
        IEnumerable<WorkflowDefinition> known,
        IWorkflowCheckpoints? checkpoints,
        LocalRunOptions options,
        CancellationToken cancellationToken)
    {
        var definition = known.Concat(options.Workflows)
            .Where(candidate => candidate.Compiled.Name == order.Workflow && (order.Version == 0 || candidate.Compiled.Version == order.Version))
            .MaxBy(candidate => candidate.Compiled.Version);
        return definition is null
            ? new(new ChildResult(id, WorkflowRunStatus.Failed, Failure: $"There is no workflow '{order.Workflow}'{(order.Version == 0 ? "" : $" of version {order.Version}")}. Name it in LocalRunOptions.Workflows."))
            : definition.RunChildAsync(id, order.Input, order.Context, checkpoints, options, cancellationToken);
    }
}
