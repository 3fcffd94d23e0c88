using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows;

/// <summary>A run as a store of runs needs it (<see cref="Stores.IWorkflowStore"/>): the other face of <see cref="IWorkflowRunGrain"/>, for workers without a session.</summary>
/// <remarks>
/// Key: the <see cref="RunId"/>. The leases are those of the run: one epoch, one expiry, whoever holds them. A call that changes something returns when the queues
/// and the index have heard of it, so that whoever looks next finds it there; one that does not answer is not waited for longer than a moment.
/// </remarks>
[Alias("OrleansFlow.IWorkflowStepGrain")]
public interface IWorkflowStepGrain : IGrainWithStringKey
{
    /// <summary>See <see cref="IWorkflowRunGrain.StartAsync"/>.</summary>
    [Alias("Begin")]
    Task<bool> BeginAsync(WorkflowStart start, CancellationToken cancellationToken);

    /// <summary>From a queue: leases an item, or a question, to a worker that asked for work. Durable before it returns.</summary>
    /// <param name="item">The item's number.</param>
    /// <param name="worker">Who gets it.</param>
    /// <param name="session">Which life of that worker.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The lease; null when the item is not to be had.</returns>
    [Alias("Take")]
    Task<WorkflowStepLease?> TakeAsync(long item, WorkerId worker, string session, CancellationToken cancellationToken);

    /// <summary>Makes a lease last for another duration from now.</summary>
    /// <returns>False when it does not stand.</returns>
    [Alias("Renew")]
    Task<bool> RenewAsync(long item, long epoch, CancellationToken cancellationToken);

    /// <summary>Presents what became of a step: all of it is durable before it returns, or nothing has changed.</summary>
    [Alias("Present")]
    Task<WorkflowStepReceipt> PresentAsync(WorkflowStepReport report, CancellationToken cancellationToken);

    /// <summary>Offers the fold of the run's oldest deltas.</summary>
    /// <param name="version">How many deltas the snapshot holds.</param>
    /// <param name="snapshot">The context as of that version.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>False when it is of no use any more.</returns>
    [Alias("Fold")]
    Task<bool> FoldAsync(long version, Payload snapshot, CancellationToken cancellationToken);

    /// <summary>Waits until queues and index have heard of all that is durable, or a moment has passed.</summary>
    [Alias("Settle")]
    Task SettleAsync(CancellationToken cancellationToken);
}

/// <summary>An item that a worker has, with all it needs to do it.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.WorkflowStepLease")]
public sealed record WorkflowStepLease
{
    /// <summary>The run.</summary>
    [Id(0)]
    public required RunId Run { get; init; }

    /// <summary>JSON of the <see cref="WorkItem"/>, as it was leased (<see cref="WorkflowRunJson.ReadItem"/>).</summary>
    [Id(1)]
    public required Payload Item { get; init; }

    /// <summary>The workflow's name.</summary>
    [Id(2)]
    public required string Workflow { get; init; }

    /// <summary>The version that the run is on.</summary>
    [Id(3)]
    public required int Version { get; init; }

    /// <summary>The context that the step is to see.</summary>
    [Id(4)]
    public required WorkflowContextView Context { get; init; }

    /// <summary>When the lease ends unless it is renewed.</summary>
    [Id(5)]
    public required DateTimeOffset ExpiresUtc { get; init; }

    /// <summary>How long the lease and each renewal last.</summary>
    [Id(6)]
    public required TimeSpan Duration { get; init; }
}

/// <summary>How a step ended.</summary>
public enum WorkflowStepEnd
{
    /// <summary>It is done.</summary>
    Committed = 1,

    /// <summary>The attempt failed.</summary>
    Failed = 2,

    /// <summary>It was given back; nothing of it counts, and no attempt is spent.</summary>
    Released = 3,
}

/// <summary>What became of a step.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.WorkflowStepReport")]
public sealed record WorkflowStepReport
{
    /// <summary>The item.</summary>
    [Id(0)]
    public required long Item { get; init; }

    /// <summary>The lease it was done under.</summary>
    [Id(1)]
    public required long Epoch { get; init; }

    /// <summary>How it ended.</summary>
    [Id(2)]
    public required WorkflowStepEnd End { get; init; }

    /// <summary>Of one that is done: JSON of the <see cref="StepOutcome"/>.</summary>
    [Id(3)]
    public Payload Outcome { get; init; }

    /// <summary>Of one that failed: the kind, for the retry policy.</summary>
    [Id(4)]
    public Retries.FailureKinds Failure { get; init; }

    /// <summary>Why it failed; null unless it did.</summary>
    [Id(5)]
    public string? Message { get; init; }

    /// <summary>True where another attempt cannot help.</summary>
    [Id(6)]
    public bool IsPermanent { get; init; }

    /// <summary>The kind of failure that the run gets when it ends with it; null: by <see cref="Failure"/>.</summary>
    [Id(7)]
    public Errors.FlowErrorCode? Code { get; init; }

    /// <summary>JSON of the worker's <see cref="Retries.StepRetryPolicy"/>; <c>default</c>: the run's.</summary>
    [Id(8)]
    public Payload WorkerRetry { get; init; }

    /// <summary>An even random number, 0 to below 1, for the jitter of the wait.</summary>
    [Id(9)]
    public double Chance { get; init; } = 0.5;
}

/// <summary>What a run says to a step that was presented.</summary>
/// <param name="Refused">Why nothing has changed; null: it is durable.</param>
/// <param name="Code">The kind of the refusal.</param>
/// <param name="Ended">The run, when it has ended with this step.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.WorkflowStepReceipt")]
public sealed record WorkflowStepReceipt(
    [property: Id(0)] string? Refused = null, [property: Id(1)] Errors.FlowErrorCode? Code = null, [property: Id(2)] WorkflowRunView? Ended = null);
