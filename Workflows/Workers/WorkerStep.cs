using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Stores;

namespace OrleansFlow.Workflows.Workers;

/// <summary>What one turn of a worker's loop came to. Nothing to do and something done are never the same.</summary>
public abstract record WorkerStep
{
    private WorkerStep()
    {
    }

    /// <summary>There was no work.</summary>
    public sealed record Idle : WorkerStep;

    /// <summary>An attempt was made, and the run goes on.</summary>
    /// <param name="Run">The run.</param>
    /// <param name="Item">The item.</param>
    /// <param name="Node">Its node.</param>
    /// <param name="Failure">Why the attempt failed; <see langword="null"/>: it was committed.</param>
    /// <param name="IsDropped">True when it was refused, because the lease was lost or the run has ended: it has changed nothing.</param>
    public sealed record Stepped(RunId Run, long Item, string Node, string? Failure = null, bool IsDropped = false) : WorkerStep;

    /// <summary>An attempt was made, and the run has ended with it, well or badly.</summary>
    /// <param name="Run">The run, with its outputs or its failure.</param>
    public sealed record Completed(WorkflowRunSummary Run) : WorkerStep;
}
