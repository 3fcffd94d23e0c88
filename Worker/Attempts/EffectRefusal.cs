namespace OrleansFlow.Worker.Attempts;

/// <summary>What an owner's reason for refusing an effect means to the attempt that made it.</summary>
internal static class EffectRefusal
{
    /// <summary>The lease has ended, whatever the effect was like: the attempt stops and says no more.</summary>
    public static bool EndsLease(string reason) => reason is "" or "lease_lost" or "cancelled" or "already_ended" or "not_found" or "deadline_exceeded";

    /// <summary>The owner could not store it now: the same effect is sent again with the next heartbeat.</summary>
    public static bool Passes(string reason) => reason is "store_unavailable" or "store_full";
}
