using System.Collections.Immutable;
using System.Globalization;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Leases;

/// <content>What the passing of time does to a task.</content>
public static partial class LeaseDecider
{
    private static ImmutableArray<LeaseEvent> Overdue(TaskLease state, LeasePolicy policy, DateTimeOffset nowUtc)
    {
        if (state.Status == FlowTaskStatus.BackingOff)
        {
            return nowUtc >= state.ReadyUtc ? [new TaskReadied(nowUtc)] : [];
        }

        if (state is not { Status: FlowTaskStatus.Leased, Holder: { } holder })
        {
            return [];
        }

        if (IsBeforeRestore(state, policy))
        {
            return [LeaseLosses.Revoked(state, LeaseReasons.StoreRestored, nowUtc)];
        }

        if (policy.AttemptTimeout is { } timeout && IsOver(holder.GrantedUtc + timeout))
        {
            var failure = new LeaseFailure(LeaseReasons.DeadlineExceeded, false, string.Create(
                CultureInfo.InvariantCulture, $"The attempt took longer than {timeout.TotalSeconds} s ({LeaseTexts.LifeSigns(holder, policy, nowUtc)}); raise timeout_sec or make the task smaller."));
            return Fail(state, failure, policy, nowUtc, reported: false);
        }

        if (policy.BatchTimeout is { } perBatch && IsOver((holder.BatchUtc ?? holder.GrantedUtc) + perBatch))
        {
            var failure = new LeaseFailure(LeaseReasons.BatchDeadlineExceeded, false, string.Create(
                CultureInfo.InvariantCulture,
                $"The attempt made no batch for {perBatch.TotalSeconds} s, after {state.Batches.Count}; raise batch_deadline_sec or make the batches smaller."));
            return Fail(state, failure, policy, nowUtc, reported: false);
        }

        return nowUtc >= holder.ExpiresUtc ? [LeaseLosses.Lost(state, LeaseReasons.LeaseExpired, policy, nowUtc)] : [];

        bool IsOver(DateTimeOffset dueUtc) => nowUtc >= dueUtc && dueUtc <= holder.ExpiresUtc;
    }
}
