using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Events;

/// <summary>A change of a worker's liveness, after it took effect.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.WorkerFact")]
public sealed record WorkerFact
{
    /// <summary>The form of this record. A reader of an older one skips members that it does not know.</summary>
    public const int Version = 1;

    /// <summary>Form that it was written in; <see cref="Version"/> of the writer.</summary>
    [Id(0)]
    public int Form { get; init; } = Version;

    /// <summary>The worker.</summary>
    [Id(1)]
    public required WorkerId WorkerId { get; init; }

    /// <summary>Grows with each fact of the worker, with gaps, over restarts too.</summary>
    [Id(2)]
    public required long Sequence { get; init; }

    /// <summary>When it was.</summary>
    [Id(3)]
    public required DateTimeOffset AtUtc { get; init; }

    /// <summary>Whether the worker can be counted on since.</summary>
    [Id(4)]
    public required WorkerLiveness Liveness { get; init; }

    /// <summary>The session that it is about.</summary>
    [Id(5)]
    public required string SessionId { get; init; }

    /// <summary>Why a session ended: <c>connection_lost</c>, <c>lease_expired</c>, <c>drain</c>; null otherwise.</summary>
    [Id(6)]
    public string? Reason { get; init; }

    /// <summary>Leases that it held then.</summary>
    [Id(7)]
    public int LeaseCount { get; init; }
}
