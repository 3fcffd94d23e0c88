namespace OrleansFlow.Tasks;

/// <summary>Where one task stands. Numbers are stored and travel: they never change meaning.</summary>
public enum FlowTaskStatus
{
    /// <summary>Its node may not start yet.</summary>
    Pending = 0,

    /// <summary>Waits for a worker with its role.</summary>
    Ready = 1,

    /// <summary>A worker holds its lease.</summary>
    Leased = 2,

    /// <summary>Failed in a way that a retry can help; ready again at a known time.</summary>
    BackingOff = 3,

    /// <summary>Final: its outcome is recorded.</summary>
    Completed = 4,

    /// <summary>Final: failed for good.</summary>
    Failed = 5,

    /// <summary>Final: cancelled; no later effect appears.</summary>
    Cancelled = 6,
}
