using System.Globalization;

namespace OrleansFlow.Decisions.Leases;

/// <summary>How a lease ends without an outcome.</summary>
internal static class LeaseLosses
{
    /// <summary>Ready for the next worker, unless the task has lost too many of them.</summary>
    public static LeaseEvent Lost(TaskLease state, string reason, LeasePolicy policy, DateTimeOffset nowUtc) =>
        policy.MaxTakeovers is { } most && state.Takeovers >= most && IsTakeover(reason)
            ? LostTooOften(state, reason, most, policy, nowUtc)
            : Revoked(state, reason, nowUtc, reason == LeaseReasons.LeaseExpired ? LeaseTexts.Expiry(state, policy, nowUtc) : null);

    /// <summary>Taken from its worker: no retry and no takeover is counted.</summary>
    public static LeaseRevoked Revoked(TaskLease state, string reason, DateTimeOffset nowUtc, string? detail = null) =>
        new(nowUtc, state.Epoch, state.LastWorker, reason) { Detail = detail };

    /// <summary>Whether a lease that ended for this reason is one that its worker lost, and not one that was taken from it.</summary>
    public static bool IsTakeover(string reason) => reason is LeaseReasons.LeaseExpired or LeaseReasons.ConnectionLost or LeaseReasons.WorkerRestarted;

    private static TaskFailed LostTooOften(TaskLease state, string reason, int most, LeasePolicy policy, DateTimeOffset nowUtc)
    {
        var signs = reason == LeaseReasons.LeaseExpired ? LeaseTexts.LifeSignsOf(state, policy, nowUtc) : "";
        var failure = new LeaseFailure(LeaseReasons.TooManyTakeovers, true, string.Create(
            CultureInfo.InvariantCulture,
            $"Its worker was lost {state.Takeovers + 1} times (the last was '{state.LastWorker}': {reason}{signs}); max_takeovers allows {most}. See why the workers end, or raise it."));
        return new TaskFailed(nowUtc, failure, Reported: false, state.Epoch, state.LastWorker);
    }
}
