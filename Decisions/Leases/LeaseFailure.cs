namespace OrleansFlow.Decisions.Leases;

/// <summary>Why an attempt failed.</summary>
/// <param name="Reason">Stable text, an error code or the handler's own; the policy's permanent reasons are compared with it.</param>
/// <param name="Permanent">True when a retry cannot help.</param>
/// <param name="Message">Names the thing, the bad value and the way out.</param>
public sealed record LeaseFailure(string Reason, bool Permanent, string Message);
