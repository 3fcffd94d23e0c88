using System.Collections.Immutable;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Migrations;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Workflows.Runs;

/// <summary>What can be asked of a run.</summary>
public abstract record WorkflowCommand
{
    private WorkflowCommand()
    {
    }

    /// <summary>Begins a run, with its first item: there is no moment at which one exists without the other.</summary>
    public sealed record Start : WorkflowCommand
    {
        /// <summary>The run's id.</summary>
        public required string RunId { get; init; }

        /// <summary>The start node's input.</summary>
        public Payload Input { get; init; }

        /// <summary>The context to begin with; <c>default</c> for an empty one.</summary>
        public Payload Context { get; init; }

        /// <summary>How failed steps are repeated where neither node nor worker says; <see langword="null"/> for <see cref="StepRetryPolicy.Default"/>.</summary>
        public StepRetryPolicy? DefaultRetry { get; init; }

        /// <summary>By which a repeated start is recognised.</summary>
        public string? IdempotencyKey { get; init; }

        /// <summary>The run that is told of the end.</summary>
        public string? ParentRun { get; init; }

        /// <summary>The parent's order by which it is started; 0 for none.</summary>
        public long ParentOrder { get; init; }

        /// <summary>When the run has to have ended; else it fails with <c>deadline_exceeded</c>. <see langword="null"/>: never.</summary>
        public DateTimeOffset? DeadlineUtc { get; init; }

        /// <summary>When the first step may begin; <see langword="null"/>: at once.</summary>
        public DateTimeOffset? NotBeforeUtc { get; init; }

        /// <summary>What the run can be found by; see <see cref="RunAttributes"/> for the limits.</summary>
        public ImmutableArray<KeyValuePair<string, string?>> Attributes { get; init; } = [];
    }

    /// <summary>Leases an item.</summary>
    /// <param name="Item">Which one; 0 for the oldest that is pending.</param>
    /// <param name="Worker">Who gets it.</param>
    /// <param name="Session">That worker's session.</param>
    /// <param name="EpochFloor">The lease's epoch is above this, and above all that the item had.</param>
    public sealed record Take(long Item = 0, string? Worker = null, string? Session = null, long EpochFloor = 0) : WorkflowCommand;

    /// <summary>Commits a step, or answers an update.</summary>
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
    public sealed record Fail(long Item, long Epoch, FailureKinds Kind, string Message, double Chance = 0.5) : WorkflowCommand
    {
        /// <summary>True where another attempt cannot help: there is none, whatever the policy says.</summary>
        public bool Permanent { get; init; }

        /// <summary>The kind of failure, where it had one.</summary>
        public FlowErrorCode? Code { get; init; }

        /// <summary>How the worker repeats steps whose node does not say; <see langword="null"/>: as the run does.</summary>
        public StepRetryPolicy? WorkerRetry { get; init; }
    }

    /// <summary>The lease ended without an outcome: the item is pending again, and no attempt is spent.</summary>
    /// <param name="Item">The item.</param>
    /// <param name="Epoch">The lease that ended.</param>
    public sealed record Lose(long Item, long Epoch) : WorkflowCommand
    {
        /// <summary>Why its worker was lost; <see langword="null"/>: it was not, and handed the item back or was told to.</summary>
        public string? Takeover { get; init; }

        /// <summary>
        /// How often the item may lose its worker before it fails for good with <see cref="FlowErrorCode.TooManyTakeovers"/>: a step that kills its workers
        /// ends there. <see langword="null"/>: no bound.
        /// </summary>
        public int? MaxTakeovers { get; init; }
    }

    /// <summary>Lets go on what is due, and ends a run whose deadline has passed.</summary>
    public sealed record Tick : WorkflowCommand;

    /// <summary>Hands a signal to the oldest item that waits for it, or keeps it for the next one.</summary>
    /// <param name="Name">The signal's name.</param>
    /// <param name="Payload">What it carries.</param>
    /// <param name="Id">By which a repeated one is recognised, while the run remembers it; <see langword="null"/>: each one counts.</param>
    public sealed record Signal(string Name, Payload Payload, string? Id = null) : WorkflowCommand;

    /// <summary>Asks for an update: an item that a worker checks and answers, with changes of the context.</summary>
    /// <param name="Id">By which it is recognised, and its result found.</param>
    /// <param name="Name">The update's name.</param>
    /// <param name="Payload">What it carries.</param>
    public sealed record Update(string Id, string Name, Payload Payload) : WorkflowCommand;

    /// <summary>Hands out no more items.</summary>
    /// <param name="Reason">Why; shown until the run goes on.</param>
    public sealed record Pause(string? Reason = null) : WorkflowCommand;

    /// <summary>Hands out items again.</summary>
    public sealed record Unpause : WorkflowCommand;

    /// <summary>Ends the run as cancelled; steps in flight are refused.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Cancel(string? Reason = null) : WorkflowCommand;

    /// <summary>Ends the run as failed, for good: it cannot be reopened.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Terminate(string? Reason = null) : WorkflowCommand;

    /// <summary>Lets a failed run go on: what failed is pending again, with all its attempts before it.</summary>
    /// <param name="DeadlineUtc">The run's deadline from now on; <see langword="null"/>: as it was, or none if that has passed.</param>
    public sealed record Reopen(DateTimeOffset? DeadlineUtc = null) : WorkflowCommand;

    /// <summary>Takes the run back to where it was before an item was committed.</summary>
    /// <param name="Item">The item, which is to be done again.</param>
    /// <param name="Before">The run as it was then: <see cref="WorkflowReset.Before"/>.</param>
    public sealed record Reset(long Item, WorkflowRunState Before) : WorkflowCommand;

    /// <summary>Replaces the oldest deltas by a snapshot that holds them.</summary>
    /// <param name="Version">The context's version that was folded.</param>
    /// <param name="Snapshot">The fold.</param>
    public sealed record Fold(long Version, Payload Snapshot) : WorkflowCommand;

    /// <summary>Reports the end of a child run; to be repeated until it is answered.</summary>
    /// <param name="Child">The child's run id.</param>
    /// <param name="Status">How it ended.</param>
    /// <param name="Output">Its output.</param>
    /// <param name="Failure">Why it failed.</param>
    /// <param name="Order">The order that it answers; one of an earlier order of the same child is out of date. 0: not known.</param>
    public sealed record ChildEnded(string Child, WorkflowRunStatus Status, Payload Output = default, string? Failure = null, long Order = 0) : WorkflowCommand;

    /// <summary>
    /// The run's parent orders it again, by its id: because a step of the parent is done once more, or names the same child again. A run that goes on is attached
    /// to, one that completed gives its output again, one that failed or was cancelled begins again.
    /// </summary>
    /// <param name="Parent">The parent's run id.</param>
    /// <param name="Order">The parent's order; one that was taken before changes nothing.</param>
    /// <param name="Input">The start node's input.</param>
    /// <param name="Context">The context to begin with.</param>
    public sealed record Attach(string Parent, long Order, Payload Input, Payload Context = default) : WorkflowCommand;

    /// <summary>An order of <see cref="WorkflowRunState.Owed"/> was carried out.</summary>
    /// <param name="Order">Its number.</param>
    public sealed record Delivered(long Order) : WorkflowCommand;

    /// <summary>Moves the run to a newer version of its workflow. Steps in flight are refused, and their items pending again.</summary>
    /// <param name="Plan">How; made for the run as it is.</param>
    public sealed record Migrate(MigrationPlan Plan) : WorkflowCommand;

    /// <summary>Sets search attributes.</summary>
    /// <param name="Attributes">Which; <see langword="null"/> as a value removes one.</param>
    public sealed record Describe(ImmutableArray<KeyValuePair<string, string?>> Attributes) : WorkflowCommand;
}
