namespace OrleansFlow.Grains.Workers;

/// <summary>Why a worker's end ends its leases. Stable texts that are shown to people.</summary>
internal static class LeaseEnd
{
    public const string ConnectionLost = "connection_lost";
    public const string Restarted = "worker_restarted";
    public const string Drain = "drain";
    public const string Expired = "lease_expired";
    public const string NoSlot = "no_free_slot";
}
