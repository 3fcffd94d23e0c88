using OrleansFlow.Workflows.Checkpoints;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Local;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows;

/// <summary>A workflow that was checked and can run, whatever its types.</summary>
public abstract class WorkflowDefinition
{
    private protected WorkflowDefinition(CompiledWorkflow compiled) => Compiled = compiled;

    /// <summary>Names, edges and policies: what a cluster stores, draws and decides by.</summary>
    public CompiledWorkflow Compiled { get; }

    /// <summary>Runs it as a child of a local run; how it ends is the result.</summary>
    internal abstract ValueTask<ChildResult> RunChildAsync(
        string id, Payload input, Payload context, IWorkflowCheckpoints? checkpoints, LocalRunOptions options, CancellationToken cancellationToken);
}
