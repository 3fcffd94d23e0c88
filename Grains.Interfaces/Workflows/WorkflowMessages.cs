using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows;

/// <summary>What is asked of a run as a whole.</summary>
public enum WorkflowSteer
{
    /// <summary>Hand out no more items; steps in flight may commit.</summary>
    Pause = 1,

    /// <summary>Hand out items again; a failed run goes on from what failed, with all its attempts.</summary>
    Resume = 2,

    /// <summary>End the run; steps in flight are told to stop and refused.</summary>
    Cancel = 3,

    /// <summary>End the run as failed, with the code <c>cancelled</c>; unlike a run that failed by itself it cannot be resumed.</summary>
    Terminate = 4,

    /// <summary>Go back to before an item was committed, and do it once more.</summary>
    Reset = 5,
}

/// <summary>Asks something of a run as a whole.</summary>
/// <param name="Kind">What.</param>
/// <param name="Reason">Kept in the history; null for none.</param>
/// <param name="Item">For <see cref="WorkflowSteer.Reset"/>: the item.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.WorkflowSteering")]
public sealed record WorkflowSteering([property: Id(0)] WorkflowSteer Kind, [property: Id(1)] string? Reason = null, [property: Id(2)] long Item = 0);

/// <summary>A run that another one started has ended.</summary>
/// <param name="Child">The run.</param>
/// <param name="Status">How.</param>
/// <param name="Output">Its output; <c>default</c> unless it completed.</param>
/// <param name="Failure">Why it failed; null unless it did.</param>
/// <param name="Order">The parent's order that it answers; 0 for none.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.WorkflowChildEnd")]
public sealed record WorkflowChildEnd(
    [property: Id(0)] RunId Child, [property: Id(1)] WorkflowRunStatus Status, [property: Id(2)] Payload Output, [property: Id(3)] string? Failure, [property: Id(4)] long Order = 0);

/// <summary>The context of a run, as it is stored.</summary>
/// <param name="Snapshot">The context at <paramref name="SnapshotVersion"/>; <c>default</c> for an empty one.</param>
/// <param name="SnapshotVersion">How many deltas the snapshot holds.</param>
/// <param name="Deltas">The deltas after it, in the order of their commits.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.WorkflowContextView")]
public sealed record WorkflowContextView(
    [property: Id(0)] Payload Snapshot, [property: Id(1)] long SnapshotVersion, [property: Id(2)] IReadOnlyList<Payload> Deltas);

/// <summary>Commits of a run's history.</summary>
/// <param name="First">Number of the first one.</param>
/// <param name="Commits">The JSON array of events of each.</param>
/// <param name="HasMore">Whether there are later ones.</param>
/// <param name="From">The run, with its definition, before the first commit that is kept of one that has continued as new often, on the page that begins with it; otherwise <c>default</c>.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.WorkflowHistoryPage")]
public sealed record WorkflowHistoryPage(
    [property: Id(0)] long First, [property: Id(1)] IReadOnlyList<Payload> Commits, [property: Id(2)] bool HasMore, [property: Id(3)] Payload From = default);

/// <summary>An attempt that failed.</summary>
/// <param name="Item">The item.</param>
/// <param name="Node">Its node.</param>
/// <param name="Attempt">Which attempt, from 1.</param>
/// <param name="Message">Why.</param>
/// <param name="TimeUtc">When.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.WorkflowErrorView")]
public sealed record WorkflowErrorView(
    [property: Id(0)] long Item, [property: Id(1)] string Node, [property: Id(2)] int Attempt, [property: Id(3)] string Message, [property: Id(4)] DateTimeOffset TimeUtc);
