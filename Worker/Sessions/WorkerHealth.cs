using OrleansFlow.Tasks;

namespace OrleansFlow.Worker.Sessions;

/// <summary>How a worker is at one moment.</summary>
public sealed record WorkerHealth
{
    /// <summary>The worker.</summary>
    public required WorkerId WorkerId { get; init; }

    /// <summary>Whether it has a session with the gateway now.</summary>
    public required bool IsConnected { get; init; }

    /// <summary>Whether it takes no more tasks and leaves when those that run have ended.</summary>
    public bool IsDraining { get; init; }

    /// <summary>Time since the gateway last answered it, counted from when the answered heartbeat was sent; null while it never has.</summary>
    public TimeSpan? SinceLastHeartbeat { get; init; }

    /// <summary>Tasks that run.</summary>
    public int ActiveTasks { get; init; }

    /// <summary>Tasks that were taken and wait for a slot.</summary>
    public int WaitingTasks { get; init; }

    /// <summary>Tasks that it can run at once.</summary>
    public int Slots { get; init; }

    /// <summary>Part of the slots that is in use: 0 to 1.</summary>
    public double Saturation => Slots > 0 ? (double)ActiveTasks / Slots : 0;

    /// <summary>Whether it takes tasks: it has a session and is not about to leave.</summary>
    public bool IsReady => IsConnected && !IsDraining;
}
