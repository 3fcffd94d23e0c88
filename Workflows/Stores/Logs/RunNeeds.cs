namespace OrleansFlow.Workflows.Stores.Logs;

/// <summary>What somebody must do for a run, as its line says it. Stored: numbers keep their meaning.</summary>
[Flags]
internal enum RunNeeds
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Hand out its pending items.</summary>
    Work = 1,

    /// <summary>Take leases back when their workers are gone.</summary>
    Leases = 2,

    /// <summary>Deliver what it has for other runs.</summary>
    Orders = 4,
}
