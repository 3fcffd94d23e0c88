using System.Collections.Immutable;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Migrations;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Workflows.Runs;

/// <summary>What happened to a run. The events of a run, applied in order, give its state; what time or chance decided is in them.</summary>
public abstract record WorkflowRunEvent
{
    private WorkflowRunEvent()
    {
    }

    /// <summary>When it was decided.</summary>
    public DateTimeOffset AtUtc { get; init; }

    /// <summary>The run began, with its first item.</summary>
    public sealed record Started : WorkflowRunEvent
    {
        /// <summary>The run's id.</summary>
        public required string RunId { get; init; }

        /// <summary>Name of its workflow.</summary>
        public required string Workflow { get; init; }

        /// <summary>Version of its workflow.</summary>
        public required int Version { get; init; }

        /// <summary>Hash of its definition.</summary>
        public required string Hash { get; init; }

        /// <summary>The start node's input.</summary>
        public Payload Input { get; init; }

        /// <summary>The context to begin with.</summary>
        public Payload Context { get; init; }

        /// <summary>How failed steps are repeated where neither node nor worker says; <see langword="null"/> for the default.</summary>
        public StepRetryPolicy? DefaultRetry { get; init; }

        /// <summary>By which a repeated start is recognised.</summary>
        public string? IdempotencyKey { get; init; }

        /// <summary>The run that is told of the end.</summary>
        public string? ParentRun { get; init; }

        /// <summary>The parent's order by which it was started; 0 for none.</summary>
        public long ParentOrder { get; init; }

        /// <summary>When the run has to have ended.</summary>
        public DateTimeOffset? DeadlineUtc { get; init; }

        /// <summary>When the first step may begin; <see langword="null"/>: at once.</summary>
        public DateTimeOffset? NotBeforeUtc { get; init; }

        /// <summary>What the run can be found by.</summary>
        public ImmutableArray<KeyValuePair<string, string?>> Attributes { get; init; } = [];
    }

    /// <summary>An item was leased.</summary>
    /// <param name="Item">The item.</param>
    /// <param name="Epoch">The lease.</param>
    /// <param name="Worker">Who got it.</param>
    /// <param name="Session">That worker's session.</param>
    public sealed record Leased(long Item, long Epoch, string? Worker = null, string? Session = null) : WorkflowRunEvent;

    /// <summary>A step was committed, or an update answered.</summary>
    /// <param name="Item">The item.</param>
    /// <param name="Epoch">The lease it was done under.</param>
    /// <param name="Outcome">All that followed from it.</param>
    public sealed record Committed(long Item, long Epoch, StepOutcome Outcome) : WorkflowRunEvent;

    /// <summary>An attempt failed.</summary>
    /// <param name="Item">The item.</param>
    /// <param name="Epoch">The lease it was done under.</param>
    /// <param name="Kind">Why.</param>
    /// <param name="Message">Why, in words.</param>
    /// <param name="Code">The kind of failure, where it had one.</param>
    /// <param name="RetryUtc">When the next attempt comes; <see langword="null"/>: it was the last.</param>
    public sealed record Failed(long Item, long Epoch, FailureKinds Kind, string Message, FlowErrorCode? Code, DateTimeOffset? RetryUtc) : WorkflowRunEvent;

    /// <summary>A lease ended without an outcome.</summary>
    /// <param name="Item">The item.</param>
    /// <param name="Epoch">The lease.</param>
    /// <param name="IsTakeover">Whether its worker was lost with it.</param>
    public sealed record Lost(long Item, long Epoch, bool IsTakeover = false) : WorkflowRunEvent;

    /// <summary>What was due by <see cref="AtUtc"/> went on.</summary>
    public sealed record Ticked : WorkflowRunEvent;

    /// <summary>A signal came.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Payload">What it carries.</param>
    /// <param name="Id">By which a repeated one is recognised.</param>
    public sealed record Signalled(string Name, Payload Payload, string? Id) : WorkflowRunEvent;

    /// <summary>An update was asked for.</summary>
    /// <param name="Id">Its id.</param>
    /// <param name="Name">Its name.</param>
    /// <param name="Payload">What it carries.</param>
    public sealed record UpdateAsked(string Id, string Name, Payload Payload) : WorkflowRunEvent;

    /// <summary>The run was steered from outside.</summary>
    /// <param name="Kind">How.</param>
    /// <param name="Reason">Why.</param>
    /// <param name="DeadlineUtc">Of a reopened run: its new deadline.</param>
    public sealed record Steered(SteerKind Kind, string? Reason = null, DateTimeOffset? DeadlineUtc = null) : WorkflowRunEvent;

    /// <summary>Deltas were replaced by a snapshot.</summary>
    /// <param name="Version">The context's version that was folded.</param>
    /// <param name="Snapshot">The fold.</param>
    public sealed record Folded(long Version, Payload Snapshot) : WorkflowRunEvent;

    /// <summary>A child run ended.</summary>
    /// <param name="Child">Its run id.</param>
    /// <param name="Status">How.</param>
    /// <param name="Output">Its output.</param>
    /// <param name="Failure">Why it failed.</param>
    public sealed record ChildFinished(string Child, WorkflowRunStatus Status, Payload Output, string? Failure) : WorkflowRunEvent;

    /// <summary>Something owed to another run was done.</summary>
    /// <param name="Order">The order's number.</param>
    public sealed record OrderDelivered(long Order) : WorkflowRunEvent;

    /// <summary>The run went back to where it was before an item was committed.</summary>
    /// <param name="Item">The item.</param>
    /// <param name="Run">The run as it was then (<see cref="WorkflowRunJson.WriteSnapshot"/>).</param>
    public sealed record Restored(long Item, Payload Run) : WorkflowRunEvent;

    /// <summary>The run moved to a newer version of its workflow.</summary>
    /// <param name="Plan">How, with the definition.</param>
    public sealed record Migrated(MigrationPlan Plan) : WorkflowRunEvent;

    /// <summary>The parent ordered the run again. What had failed or was cancelled begins again.</summary>
    /// <param name="Order">The parent's order.</param>
    /// <param name="Input">The start node's input.</param>
    /// <param name="Context">The context to begin with.</param>
    public sealed record Attached(long Order, Payload Input, Payload Context) : WorkflowRunEvent;

    /// <summary>Search attributes were set.</summary>
    /// <param name="Attributes">Which; <see langword="null"/> as a value removed one.</param>
    public sealed record Described(ImmutableArray<KeyValuePair<string, string?>> Attributes) : WorkflowRunEvent;
}
