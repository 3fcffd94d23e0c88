using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Tasks;

/// <summary>One standalone task in its partition's memory, from its submission until it has ended and moved to a row of ended tasks.</summary>
/// <param name="id">Its id.</param>
/// <param name="submission">As submitted.</param>
internal sealed class LiveTask(TaskId id, TaskSubmission submission)
{
    public TaskId Id => id;

    public TaskSubmission Submission => submission;

    /// <summary>The newest state, durable or not; decisions are taken on it.</summary>
    public TaskLease Lease { get; set; } = TaskLease.Pending;

    /// <summary>The newest durable state; all that others may see. Null before the first commit.</summary>
    public TaskLease? Durable { get; set; }

    /// <summary>Whether it is, or is about to be, leased or backing off.</summary>
    public bool IsInHand => CountsAsInHand(Lease) || (Durable is { } durable && CountsAsInHand(durable));

    /// <summary>Whether the next commit writes it.</summary>
    public bool IsStaged { get; set; }

    /// <summary>Epoch of a lease that was read from storage and not confirmed by its holder since; 0 for none.</summary>
    public long RestoredEpoch { get; set; }

    /// <summary>Log row with its submission; 0 before the first commit.</summary>
    public long FullRow { get; set; }

    /// <summary>Log row with its newest state.</summary>
    public long Row { get; set; }

    /// <summary>Who waits for its end; null for nobody.</summary>
    public List<EndWatch>? Watches { get; set; }

    /// <summary>Neighbours in the list of leased tasks.</summary>
    public LiveTask? PreviousLeased { get; set; }

    /// <summary>Neighbours in the list of leased tasks.</summary>
    public LiveTask? NextLeased { get; set; }

    private static bool CountsAsInHand(TaskLease lease) => lease.Status is FlowTaskStatus.Leased or FlowTaskStatus.BackingOff;
}
