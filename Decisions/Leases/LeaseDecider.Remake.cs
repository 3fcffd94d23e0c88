using System.Globalization;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Leases;

/// <content>A task whose accepted batches are lost makes them again.</content>
/// <remarks>
/// Nothing that was recorded changes: a batch that is made again keeps its number, its rows, its place in the run's order and its metrics, and a
/// task that had completed keeps its result (lease rule 3). Only the file is another one. This asks of a handler what a retry asks of it as well:
/// that it makes the same batches again. One that does not is refused, so that no reader mixes two answers.
/// </remarks>
public static partial class LeaseDecider
{
    /// <summary>Whether a task can be asked to make a batch again that stands.</summary>
    /// <param name="state">The task.</param>
    /// <param name="index">Number of the batch.</param>
    /// <param name="timesMax">How often a task may begin so.</param>
    public static bool CanRemake(TaskLease state, int index, int timesMax)
    {
        ArgumentNullException.ThrowIfNull(state);
        return IsUnderWay(state, index)
            || (state.Status is not (FlowTaskStatus.Failed or FlowTaskStatus.Cancelled) && (state.Remake?.Times ?? 0) < timesMax);
    }

    private static bool IsUnderWay(TaskLease state, int index) => state.IsBeingRemade && index >= state.StandingCount;

    private static LeaseDecision Remake(TaskLease state, RemakeTask remake, DateTimeOffset nowUtc) =>
        IsUnderWay(state, remake.Index) ? LeaseDecision.Nothing
        : !CanRemake(state, remake.Index, remake.TimesMax) ? new LeaseDecision([], LeaseReasons.ArtifactLost)
        : state.Status == FlowTaskStatus.Leased ? new LeaseDecision([LeaseLosses.Revoked(state, LeaseReasons.ArtifactLost, nowUtc), new TaskRemade(nowUtc)])
        : One(new TaskRemade(nowUtc));

    private static LeaseDecision Lose(TaskLease state, LoseInputs lose, LeasePolicy policy, DateTimeOffset nowUtc) =>
        IsRepeated(state, lose.Epoch, completed: false)
            ? LeaseDecision.Nothing
            : IfCurrent(state, lose.Epoch, policy, nowUtc, () => One(LeaseLosses.Revoked(state, LeaseReasons.ArtifactLost, nowUtc, lose.Failure.Message) with { IsReported = true }));

    private static LeaseDecision AcceptAgain(TaskLease state, AcceptBatch accept, LeasePolicy policy, DateTimeOffset nowUtc)
    {
        var before = accept.Index < state.Batches.Count ? state.Batches[accept.Index] : null;
        if (before is null || before.Rows != accept.Batch.Rows)
        {
            var was = before is null ? "there was no such batch" : string.Create(CultureInfo.InvariantCulture, $"it had {before.Rows}");
            var failure = new LeaseFailure(LeaseReasons.BatchMismatch, false, string.Create(
                CultureInfo.InvariantCulture,
                $"Batch {accept.Index} was lost and made again with {accept.Batch.Rows} rows, but {was}; a repeated attempt must emit the same batches. 'flow rerun RUN/NODE' makes the node and all that follows from it anew."));
            return new LeaseDecision(Fail(state, failure, policy, nowUtc, reported: false), LeaseReasons.BadInput);
        }

        var remade = new BatchRemade(nowUtc, accept.Index, before with { Epoch = accept.Epoch, Path = accept.Batch.Path, Bytes = accept.Batch.Bytes });
        return accept.Checkpoint is { } checkpoint ? new LeaseDecision([remade, Saved(accept, checkpoint, nowUtc)]) : One(remade);
    }

    private static CheckpointSaved Saved(AcceptBatch accept, LeaseCheckpoint checkpoint, DateTimeOffset nowUtc) =>
        new(nowUtc, checkpoint with { OutputCount = accept.Index + 1, Epoch = accept.Epoch, SavedUtc = nowUtc });

    private static TaskLease Apply(TaskLease state, TaskRemade _) => state with
    {
        Status = FlowTaskStatus.Pending,

        // Of a task whose outcome was taken from another run nobody had a lease: that epoch is passed over, so that it counts as one that ran.
        Epoch = Math.Max(1, state.Epoch),
        Holder = null,
        ReadyUtc = null,
        RetriesSpent = 0,
        Takeovers = 0,
        Failure = null,
        Progress = 0,
        Checkpoint = null,
        Remake = new LeaseRemake((state.Remake?.Times ?? 0) + 1, 0, state.Status == FlowTaskStatus.Completed || state.Remake is { Standing: not null, HadCompleted: true }),
    };

    private static TaskLease Apply(TaskLease state, BatchRemade remade)
    {
        var isLast = remade.Index + 1 == state.Batches.Count;
        return state with
        {
            Batches = state.Batches.SetItem(remade.Index, remade.Batch),
            Holder = state.Holder is { } holder ? holder with { BatchUtc = remade.AtUtc } : null,

            // A task that had not completed goes on from here as ever.
            Remake = state.Remake! with { Standing = isLast && !state.Remake.HadCompleted ? null : remade.Index + 1 },
        };
    }
}
