using System.Globalization;

namespace OrleansFlow.Decisions.Leases;

/// <summary>What people are told when a task ran out of time: how long its worker was silent, how long a lease is, and the way out.</summary>
internal static class LeaseTexts
{
    /// <summary>The longest silence and the lease.</summary>
    public static string LifeSigns(LeaseHolder holder, LeasePolicy policy, DateTimeOffset nowUtc) => string.Create(
        CultureInfo.InvariantCulture,
        $"longest gap between its worker's signs of life {holder.LongestGapUntil(nowUtc).TotalSeconds:0.#} s, lease {policy.Duration.TotalSeconds:0.#} s");

    /// <summary>The same after other words; nothing for a task that nobody holds.</summary>
    public static string LifeSignsOf(TaskLease state, LeasePolicy policy, DateTimeOffset nowUtc) =>
        state.Holder is { } holder ? $"; {LifeSigns(holder, policy, nowUtc)}" : "";

    /// <summary>Why a lease expired, and what to do; null for a task that nobody holds.</summary>
    public static string? Expiry(TaskLease state, LeasePolicy policy, DateTimeOffset nowUtc) => state.Holder is not { } holder ? null
        : $"Worker '{holder.Worker}' was not heard of in time ({LifeSigns(holder, policy, nowUtc)}). See whether it died, is stopped or cannot reach the gateway; where it is only slow, raise OrleansFlow:Leases:Duration.";
}
