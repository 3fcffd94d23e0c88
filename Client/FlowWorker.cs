using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Client;

/// <summary>One worker as the control plane sees it.</summary>
public sealed record FlowWorker
{
    /// <summary>The worker.</summary>
    public required WorkerId WorkerId { get; init; }

    /// <summary>Roles it serves.</summary>
    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>Tasks it runs at once.</summary>
    public required int Slots { get; init; }

    /// <summary>Tasks it runs now.</summary>
    public required int UsedSlots { get; init; }

    /// <summary>Whether it can be counted on.</summary>
    public required WorkerLiveness Liveness { get; init; }

    /// <summary>Version of its code.</summary>
    public string Version { get; init; } = "";

    /// <summary>Operating-system process id; 0 when unknown.</summary>
    public int ProcessId { get; init; }

    /// <summary>Machine name.</summary>
    public string Host { get; init; } = "";

    /// <summary>When it was last heard of.</summary>
    public DateTimeOffset LastSeenUtc { get; init; }

    /// <summary>Tasks whose leases it holds.</summary>
    public IReadOnlyList<TaskId> LeasedTasks { get; init; } = [];

    /// <summary>Its labels, by name.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Versions of roles, where they are not <see cref="Version"/>.</summary>
    public IReadOnlyDictionary<string, string> RoleVersions { get; init; } = new Dictionary<string, string>();

    /// <summary>Part of the slots that is in use: 0 to 1, and more while prefetched tasks wait.</summary>
    public double Saturation { get; init; }

    /// <summary>Its leases as their owners see them; only of a worker that was asked for by its id.</summary>
    public IReadOnlyList<FlowWorkerLease> Leases { get; init; } = [];

    /// <summary>Tasks it takes beyond its slots.</summary>
    public int Prefetch { get; init; }
}
