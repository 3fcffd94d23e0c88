using System.Collections.Immutable;
using System.Globalization;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Leases;

/// <summary>The lease protocol of one task: pure functions over <see cref="TaskLease"/>.</summary>
/// <remarks>
/// Normal case: ready, granted (epoch + 1), renewed while batches are accepted one by one, completed. Failures:
/// 1. The holder falls silent: the lease expires, the task is ready again, the next grant has a higher epoch.
/// 2. The control plane knows better than the clock (connection lost, drain): it revokes, with the same result and no retry spent.
/// 3. The attempt fails or takes too long: a retry is spent and the task backs off, or it fails for good.
///    The same when the store was restored from a backup: every epoch of before is below those that are given since.
/// 4. A holder comes back after 1, 2 or 3: whatever it sends presents an epoch that is not current and is refused and counted. This is why
///    revocation may be early and why cancellation needs no answer of the worker.
/// Fencing by epoch: Gray and Cheriton, "Leases", SOSP 1989; Chubby's sequencers, Burrows, OSDI 2006, section 2.4.
/// </remarks>
public static partial class LeaseDecider
{
    private static readonly ImmutableSortedDictionary<string, double> NoMetrics = ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal);

    /// <summary>Decides one command. Changes nothing.</summary>
    public static LeaseDecision Decide(TaskLease state, LeaseCommand command, LeasePolicy policy, DateTimeOffset nowUtc)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(policy);
        return command switch
        {
            MakeReady => state.Status == FlowTaskStatus.Pending ? One(new TaskReadied(nowUtc)) : LeaseDecision.Nothing,
            GrantLease grant => Grant(state, grant, policy, nowUtc),
            // Another worker that presents the epoch, however it came by it, holds nothing.
            RenewLease renew => IfCurrent(state, renew.Epoch, policy, nowUtc, () => state.Holder!.Worker == renew.Worker
                ? One(new LeaseRenewed(nowUtc, renew.Epoch, renew.Worker, renew.SessionId, nowUtc + policy.Duration, renew.Progress))
                : new LeaseDecision([new EffectRefused(nowUtc, renew.Epoch)], LeaseReasons.LeaseLost)),
            AcceptBatch accept => IfCurrent(state, accept.Epoch, policy, nowUtc, () => Accept(state, accept, policy, nowUtc)),
            SaveCheckpoint save => IfCurrent(state, save.Epoch, policy, nowUtc, () => Save(state, save, nowUtc)),
            CompleteAttempt complete => Complete(state, complete, policy, nowUtc),
            FailAttempt fail => IsRepeated(state, fail.Epoch, completed: false)
                ? LeaseDecision.Nothing
                : IfCurrent(state, fail.Epoch, policy, nowUtc, () => new LeaseDecision(Fail(state, fail.Failure, policy, nowUtc, reported: true))),
            LoseInputs lose => Lose(state, lose, policy, nowUtc),
            RemakeTask remake => Remake(state, remake, nowUtc),
            StopAttempt stop => IfCurrent(state, stop.Epoch, policy, nowUtc, () => One(LeaseLosses.Revoked(state, LeaseReasons.Stopped, nowUtc))),
            RevokeLease { Reason: LeaseReasons.ConnectionLost } when policy.KeepsLostLease => LeaseDecision.Nothing,
            RevokeLease revoke => state.Status == FlowTaskStatus.Leased && revoke.Epoch == state.Epoch
                ? One(LeaseLosses.Lost(state, revoke.Reason, policy, nowUtc))
                : LeaseDecision.Nothing,
            WithholdTask withhold => Withhold(state, withhold, nowUtc),
            PassTime => new LeaseDecision(Overdue(state, policy, nowUtc)),
            RestoreLease when IsBeforeRestore(state, policy) => One(LeaseLosses.Revoked(state, LeaseReasons.StoreRestored, nowUtc)),
            RestoreLease => state is { Status: FlowTaskStatus.Leased, Holder: { } holder }
                ? One(new LeaseRenewed(nowUtc, state.Epoch, holder.Worker, holder.SessionId, nowUtc + policy.Duration, null) { IsRestored = true })
                : RestoreWait(state, policy, nowUtc),
            CancelTask cancel => Cancel(state, cancel, nowUtc),
            EndTask end => state.Status != FlowTaskStatus.Ready ? new LeaseDecision([], LeaseReasons.NotReady)
                : end.Failure is { } failure ? One(new TaskFailed(nowUtc, failure, Reported: false, state.Epoch, state.LastWorker))
                : One(new TaskCompleted(nowUtc, end.ResultJson, NoMetrics)),
            _ => throw new ArgumentException($"Unknown lease command '{command?.GetType().Name}'.", nameof(command)),
        };
    }

    /// <summary>The state after an event.</summary>
    public static TaskLease Apply(TaskLease state, LeaseEvent change)
    {
        ArgumentNullException.ThrowIfNull(state);
        return change switch
        {
            TaskReadied ready => state with { Status = FlowTaskStatus.Ready, ReadyUtc = ready.AtUtc },
            LeaseGranted granted => state with
            {
                Status = FlowTaskStatus.Leased,
                Attempt = state.Attempt + 1,
                Epoch = granted.Epoch,
                Holder = new LeaseHolder(granted.Worker, granted.SessionId, granted.AtUtc, granted.ExpiresUtc) { RenewedUtc = granted.AtUtc },
                LastWorker = granted.Worker,
                ReadyUtc = null,
                Progress = 0,
            },
            // May be applied to an older or newer state than it was decided on, because it is not durable.
            LeaseRenewed renewed => state.Status == FlowTaskStatus.Leased && state.Epoch == renewed.Epoch && state.Holder is { } holder
                ? state with
                {
                    Holder = holder with
                    {
                        Worker = renewed.Worker,
                        SessionId = renewed.SessionId,
                        ExpiresUtc = renewed.ExpiresUtc,
                        // Granted after it is renewed: by a silo whose clock runs ahead of this one's.
                        GrantedUtc = holder.GrantedUtc < renewed.AtUtc ? holder.GrantedUtc : renewed.AtUtc,
                        RenewedUtc = renewed.AtUtc,
                        LongestGap = holder.LongestGapUntil(renewed.AtUtc),
                        BatchUtc = renewed.IsRestored ? renewed.AtUtc : holder.BatchUtc,
                    },
                    Progress = renewed.Progress ?? state.Progress,
                }
                : state,
            BatchAccepted accepted => state with
            {
                Batches = state.Batches.Add(accepted.Batch), Holder = state.Holder is { } holder ? holder with { BatchUtc = accepted.AtUtc } : null,
            },
            BatchRemade remade => Apply(state, remade),
            TaskRemade remade => Apply(state, remade),
            CheckpointSaved saved => state with { Checkpoint = saved.Checkpoint },
            TaskCompleted completed => state with
            {
                Status = FlowTaskStatus.Completed, Holder = null, Checkpoint = null, ResultJson = completed.ResultJson, Progress = 1, ReportedEpoch = state.Epoch,
                Remake = state.Remake is { } remake ? remake with { Standing = null } : null,
            },
            TaskBackedOff backedOff => state with
            {
                Status = FlowTaskStatus.BackingOff,
                Holder = null,
                Failure = backedOff.Failure,
                ReadyUtc = backedOff.UntilUtc,
                RetriesSpent = state.RetriesSpent + 1,
                Progress = 0,
                ReportedEpoch = backedOff.Reported ? state.Epoch : state.ReportedEpoch,
            },
            TaskFailed failed => state with
            {
                Status = FlowTaskStatus.Failed,
                Holder = null,
                Failure = failed.Failure,
                ReadyUtc = null,
                ReportedEpoch = failed.Reported ? state.Epoch : state.ReportedEpoch,
            },
            LeaseRevoked revoked => state with
            {
                Status = FlowTaskStatus.Ready,
                Holder = null,
                ReadyUtc = revoked.AtUtc,
                Progress = 0,
                ReportedEpoch = revoked.IsReported ? state.Epoch : state.ReportedEpoch,
                Takeovers = state.Takeovers + (LeaseLosses.IsTakeover(revoked.Reason) ? 1 : 0),
            },
            TaskWithheld => state with { Status = FlowTaskStatus.Pending, Holder = null, ReadyUtc = null, Progress = 0 },
            TaskCancelled => state with { Status = FlowTaskStatus.Cancelled, ReadyUtc = null },
            EffectRefused => state with { RefusedEffects = state.RefusedEffects + 1 },
            _ => throw new ArgumentException($"Unknown lease event '{change?.GetType().Name}'.", nameof(change)),
        };
    }

    /// <summary>The state after several events, in order.</summary>
    public static TaskLease Apply(TaskLease state, ImmutableArray<LeaseEvent> changes)
    {
        foreach (var change in changes)
        {
            state = Apply(state, change);
        }

        return state;
    }

    private static LeaseDecision Grant(TaskLease state, GrantLease grant, LeasePolicy policy, DateTimeOffset nowUtc)
    {
        // A lapsed lease or an ended back-off is noticed here too, so that a grant never waits for a tick.
        var overdue = Overdue(state, policy, nowUtc);
        var current = Apply(state, overdue);
        return current.Status != FlowTaskStatus.Ready
            ? new LeaseDecision(overdue, LeaseReasons.NotReady)
            : new LeaseDecision(overdue.Add(new LeaseGranted(nowUtc, Math.Max(current.Epoch, policy.EpochFloor) + 1, grant.Worker, grant.SessionId, nowUtc + policy.Duration)));
    }

    /// <summary>
    /// A back-off that would still last longer than it was to last in all was stored by a silo whose clock ran ahead of this one's: how much of
    /// it is left nobody knows, so it ends.
    /// </summary>
    private static LeaseDecision RestoreWait(TaskLease state, LeasePolicy policy, DateTimeOffset nowUtc) =>
        state is { Status: FlowTaskStatus.BackingOff, ReadyUtc: { } readyUtc } && readyUtc - nowUtc > policy.BackoffBefore(state.RetriesSpent - 1)
            ? One(new TaskReadied(nowUtc))
            : LeaseDecision.Nothing;

    private static LeaseDecision Accept(TaskLease state, AcceptBatch accept, LeasePolicy policy, DateTimeOffset nowUtc)
    {
        if (accept.Index < state.StandingCount && accept.Index >= 0)
        {
            // The first accepted batch of a number stands.
            return LeaseDecision.Nothing;
        }

        if (accept.Index != state.StandingCount)
        {
            return new LeaseDecision([], LeaseReasons.BadInput);
        }

        if (state.Remake?.Standing is not null)
        {
            return AcceptAgain(state, accept, policy, nowUtc);
        }

        var accepted = new BatchAccepted(nowUtc, accept.Index, accept.Batch with
        {
            Epoch = accept.Epoch, Metrics = accept.Metrics is { IsEmpty: false } metrics ? metrics : null,
        }, accept.Metrics ?? NoMetrics);
        return accept.Checkpoint is { } checkpoint
            ? new LeaseDecision([accepted, Saved(accept, checkpoint, nowUtc)])
            : One(accepted);
    }

    /// <summary>A checkpoint that counts on batches which do not stand would make the next attempt leave them out.</summary>
    private static LeaseDecision Save(TaskLease state, SaveCheckpoint save, DateTimeOffset nowUtc) =>
        save.Checkpoint.OutputCount >= 0 && save.Checkpoint.OutputCount <= state.StandingCount
            ? One(new CheckpointSaved(nowUtc, save.Checkpoint with { Epoch = save.Epoch, SavedUtc = nowUtc }))
            : new LeaseDecision([], LeaseReasons.BadInput);

    private static LeaseDecision Complete(TaskLease state, CompleteAttempt complete, LeasePolicy policy, DateTimeOffset nowUtc)
    {
        if (IsRepeated(state, complete.Epoch, completed: true))
        {
            return LeaseDecision.Nothing;
        }

        return IfCurrent(state, complete.Epoch, policy, nowUtc, () =>
        {
            if (complete.BatchCount == state.Batches.Count && complete.BatchCount == state.StandingCount)
            {
                // What a task reported when it completed stands, however often its files are made again.
                return One(state.Remake is { Standing: not null }
                    ? new TaskCompleted(nowUtc, state.ResultJson, NoMetrics)
                    : new TaskCompleted(nowUtc, complete.ResultJson, complete.Metrics ?? NoMetrics));
            }

            // The refused attempt has ended: counted as a failed one, or it would hold the lease for as long as its worker lives.
            var failure = new LeaseFailure(LeaseReasons.BatchCountMismatch, false, string.Create(
                CultureInfo.InvariantCulture,
                $"The attempt completed with {complete.BatchCount} batches, {state.Batches.Count} were accepted{(state.StandingCount < state.Batches.Count ? $" and {state.StandingCount} of them made again" : "")}; a repeated attempt must emit the same batches."));
            return new LeaseDecision(Fail(state, failure, policy, nowUtc, reported: false), LeaseReasons.BadInput);
        });
    }

    private static ImmutableArray<LeaseEvent> Fail(TaskLease state, LeaseFailure failure, LeasePolicy policy, DateTimeOffset nowUtc, bool reported)
    {
        var permanent = failure.Permanent || policy.PermanentOn.Contains(failure.Reason, StringComparer.Ordinal);
        if (permanent || state.RetriesSpent >= policy.MaxRetries)
        {
            return [new TaskFailed(nowUtc, failure with { Permanent = permanent }, reported, state.Epoch, state.LastWorker)];
        }

        var wait = policy.BackoffBefore(state.RetriesSpent);
        var backedOff = new TaskBackedOff(nowUtc, failure, nowUtc + wait, reported, state.Epoch, state.LastWorker);
        return wait <= TimeSpan.Zero ? [backedOff, new TaskReadied(nowUtc)] : [backedOff];
    }

    private static LeaseDecision IfCurrent(TaskLease state, long epoch, LeasePolicy policy, DateTimeOffset nowUtc, Func<LeaseDecision> decide)
    {
        var overdue = state.Status == FlowTaskStatus.Leased ? Overdue(state, policy, nowUtc) : [];
        return overdue.IsEmpty && state.IsCurrent(epoch, nowUtc)
            ? decide()
            : new LeaseDecision(overdue.Add(new EffectRefused(nowUtc, epoch)), LeaseReasons.LeaseLost);
    }

    private static LeaseDecision Cancel(TaskLease state, CancelTask cancel, DateTimeOffset nowUtc) => state.Status switch
    {
        FlowTaskStatus.Cancelled => LeaseDecision.Nothing,
        FlowTaskStatus.Completed or FlowTaskStatus.Failed => new LeaseDecision([], LeaseReasons.AlreadyEnded),
        _ => One(new TaskCancelled(nowUtc, cancel.Reason)),
    };

    private static LeaseDecision Withhold(TaskLease state, WithholdTask withhold, DateTimeOffset nowUtc) => state.Status switch
    {
        FlowTaskStatus.Leased => new LeaseDecision([LeaseLosses.Revoked(state, withhold.Reason, nowUtc), new TaskWithheld(nowUtc, withhold.Reason)]),
        FlowTaskStatus.Ready or FlowTaskStatus.BackingOff => One(new TaskWithheld(nowUtc, withhold.Reason)),
        _ => LeaseDecision.Nothing,
    };

    private static bool IsBeforeRestore(TaskLease state, LeasePolicy policy) => state.Status == FlowTaskStatus.Leased && state.Epoch <= policy.EpochFloor;

    private static bool IsRepeated(TaskLease state, long epoch, bool completed) =>
        epoch > 0 && epoch == state.ReportedEpoch && completed == (state.Status == FlowTaskStatus.Completed);

    private static LeaseDecision One(LeaseEvent change) => new([change]);
}
