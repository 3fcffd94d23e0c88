using OrleansFlow.Workflows.Execution;
using OrleansFlow.Workflows.Local;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Definitions;

/// <summary>A node of a workflow that is being defined.</summary>
/// <typeparam name="TContext">What the run's steps share.</typeparam>
public abstract class WorkflowNode<TContext>
{
    private protected WorkflowNode(object owner, string name) => (Owner, Name) = (owner, name);

    /// <summary>Unique in its workflow.</summary>
    public string Name { get; }

    /// <summary>What it takes.</summary>
    public abstract Type InputType { get; }

    /// <summary>What it gives.</summary>
    public abstract Type OutputType { get; }

    internal object Owner { get; }

    internal List<EdgeSpec> Edges { get; } = [];

    internal StepRetryPolicy? RetryPolicy { get; private protected set; }

    internal TimeSpan? TimeLimit { get; private protected set; }

    internal string? RoleName { get; private protected set; }

    internal string? Key { get; private protected set; }

    internal int KeyLimit { get; private protected set; } = 1;

    internal int? VisitLimit { get; private protected set; }

    internal JoinRule? JoinRule { get; init; }

    /// <summary>True for nodes that may ask the services for something.</summary>
    internal bool NeedsServices { get; set; }

    /// <summary>True for nodes that are known to return several outputs.</summary>
    internal bool ReturnsMany { get; init; }

    internal abstract LocalNode<TContext> CreateLocal(LocalRun<TContext> run, int index, CompiledNode compiled);

    internal abstract ValueTask<StepOutcome> ExecuteAsync(StepExecution<TContext> step, CancellationToken cancellationToken);
}
