using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Workflows.Runs;

/// <summary>What can be asked of a run.</summary>
public abstract record WorkflowCommand
{
    private WorkflowCommand()
    {
    }

    /// <summary>Leases the oldest pending item.</summary>
    public sealed record Take : WorkflowCommand;

    /// <summary>Commits a step.</summary>
    /// <param name="Item">The item.</param>
    /// <param name="Epoch">The lease it was done under.</param>
    /// <param name="Outcome">All that follows from it.</param>
    public sealed record Commit(long Item, long Epoch, StepOutcome Outcome) : WorkflowCommand;

    /// <summary>Reports a failed attempt. Nothing of what it did is kept.</summary>
    /// <param name="Item">The item.</param>
    /// <param name="Epoch">The lease it was done under.</param>
    /// <param name="Kind">Why, for the retry policy.</param>
    /// <param name="Message">Why, in words.</param>
    /// <param name="Chance">An even random number, 0 to below 1, for the jitter of the wait.</param>
    public sealed record Fail(long Item, long Epoch, FailureKinds Kind, string Message, double Chance = 0.5) : WorkflowCommand;

    /// <summary>The lease ended without an outcome: the item is pending again, and no attempt is spent.</summary>
    /// <param name="Item">The item.</param>
    /// <param name="Epoch">The lease that ended.</param>
    public sealed record Lose(long Item, long Epoch) : WorkflowCommand;

    /// <summary>Lets go on what is due.</summary>
    public sealed record Tick : WorkflowCommand;

    /// <summary>Hands a signal to the item that has waited for it longest, or keeps it for the next one.</summary>
    /// <param name="Name">The signal's name.</param>
    /// <param name="Payload">What it carries.</param>
    public sealed record Signal(string Name, Payload Payload) : WorkflowCommand;

    /// <summary>Hands out no more items.</summary>
    public sealed record Pause : WorkflowCommand;

    /// <summary>Hands out items again.</summary>
    public sealed record Unpause : WorkflowCommand;

    /// <summary>Ends the run; steps in flight are refused.</summary>
    public sealed record Cancel : WorkflowCommand;

    /// <summary>Replaces the oldest deltas by a snapshot that holds them.</summary>
    /// <param name="Version">The context's version that was folded.</param>
    /// <param name="Snapshot">The fold.</param>
    public sealed record Fold(long Version, Payload Snapshot) : WorkflowCommand;
}
