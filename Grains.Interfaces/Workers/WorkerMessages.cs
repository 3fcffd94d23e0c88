using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workers;

/// <summary>What a worker says of itself when its session begins.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.WorkerRegistration")]
public sealed record WorkerRegistration
{
    /// <summary>Chosen by the gateway for each stream; never repeated.</summary>
    [Id(0)]
    public required string SessionId { get; init; }

    /// <summary>Roles it serves.</summary>
    [Id(1)]
    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>Tasks it runs at once. Range 1 to 10 000.</summary>
    [Id(2)]
    public required int Slots { get; init; }

    /// <summary>Version of its code.</summary>
    [Id(3)]
    public string Version { get; init; } = "";

    /// <summary>Operating-system process id; 0 when unknown.</summary>
    [Id(4)]
    public int ProcessId { get; init; }

    /// <summary>Machine name.</summary>
    [Id(5)]
    public string Host { get; init; } = "";

    /// <summary>Where data is fetched from it: locations apart by blanks, the one for Flight first; empty when it serves none.</summary>
    [Id(6)]
    public string DataAddress { get; init; } = "";

    /// <summary>Leases whose attempts it still runs.</summary>
    [Id(7)]
    public IReadOnlyList<LeaseToken> Held { get; init; } = [];

    /// <summary>Free labels by name, for nodes that ask for them.</summary>
    [Id(8)]
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Version of the code that serves each role; a role that is not in it has <see cref="Version"/>.</summary>
    [Id(9)]
    public IReadOnlyDictionary<string, string> RoleVersions { get; init; } = new Dictionary<string, string>();

    /// <summary>Tasks that it takes beyond its slots, so that the next one is there when a slot becomes free. Range 0 to 10 000.</summary>
    [Id(10)]
    public int Prefetch { get; init; }

    /// <summary>True: leases that its id holds and that <see cref="Held"/> does not name are offered to it again, with the same epoch.</summary>
    [Id(11)]
    public bool Adopts { get; init; }

    /// <summary>How long its leases shall stand after a heartbeat; null: as the silo says.</summary>
    [Id(12)]
    public TimeSpan? LeaseTtl { get; init; }

    /// <summary>How often it means to send a heartbeat; null: as the silo says.</summary>
    [Id(13)]
    public TimeSpan? HeartbeatInterval { get; init; }

    /// <summary>Input adapters of its own: name to schema, as JSON.</summary>
    [Id(14)]
    public IReadOnlyDictionary<string, string> Adapters { get; init; } = new Dictionary<string, string>();

    /// <summary>The workflows that it serves: JSON of each <see cref="CompiledWorkflow"/>.</summary>
    [Id(15)]
    public IReadOnlyList<Payload> Workflows { get; init; } = [];
}

/// <summary>The answer to a registration.</summary>
/// <param name="Lost">Of the held leases: those that no longer stand.</param>
/// <param name="HeartbeatInterval">How often the worker must send a heartbeat.</param>
/// <param name="LeaseDuration">How long a lease stands after the last heartbeat.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.RegistrationReceipt")]
public sealed record RegistrationReceipt(
    [property: Id(0)] IReadOnlyList<LeaseToken> Lost,
    [property: Id(1)] TimeSpan HeartbeatInterval,
    [property: Id(2)] TimeSpan LeaseDuration);

/// <summary>How far an attempt is.</summary>
/// <param name="Token">Its lease.</param>
/// <param name="Fraction">0 to 1.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.LeaseProgress")]
public readonly record struct LeaseProgress([property: Id(0)] LeaseToken Token, [property: Id(1)] double Fraction);

/// <summary>What a session sends to its worker. Exactly one member is set.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.WorkerCommand")]
public sealed record WorkerCommand
{
    /// <summary>Leases to run.</summary>
    [Id(0)]
    public IReadOnlyList<LeaseGrant>? Offers { get; init; }

    /// <summary>A lease that has ended.</summary>
    [Id(1)]
    public LeaseToken? Stopped { get; init; }

    /// <summary>Why it ended.</summary>
    [Id(2)]
    public string? Reason { get; init; }

    /// <summary>True: finish what runs and leave.</summary>
    [Id(3)]
    public bool Drain { get; init; }

    /// <summary>How long the handler of the lease that has ended may take to return; null: as the worker says.</summary>
    [Id(4)]
    public TimeSpan? Grace { get; init; }
}

/// <summary>What became of an assignment.</summary>
/// <param name="Taken">Leased and handed to the session.</param>
/// <param name="NotReady">Not ready; the queue forgets them or, when leased elsewhere, keeps them in flight.</param>
/// <param name="FreeSlots">Slots free now.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.AssignReceipt")]
public sealed record AssignReceipt(
    [property: Id(0)] IReadOnlyList<TaskId> Taken, [property: Id(1)] IReadOnlyList<TaskId> NotReady, [property: Id(2)] int FreeSlots);

/// <summary>Slots of a worker that are kept for leases which their owners grant without being asked by the queue.</summary>
/// <param name="Worker">The worker.</param>
/// <param name="SessionId">Its session.</param>
/// <param name="Number">What the worker knows the ticket by.</param>
/// <param name="Count">How many slots; 1 or more.</param>
/// <param name="Role">The role whose tasks they are for.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.SlotTicket")]
public sealed record SlotTicket(
    [property: Id(0)] WorkerId Worker, [property: Id(1)] string SessionId, [property: Id(2)] long Number, [property: Id(3)] int Count, [property: Id(4)] string Role);

/// <summary>What a worker keeps of its slots for a ticket.</summary>
/// <param name="SessionId">Its session; null when it has none, or no slot is free.</param>
/// <param name="Number">What it knows the ticket by.</param>
/// <param name="Count">How many slots it keeps.</param>
/// <param name="FreeSlots">Slots free now.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.SlotReceipt")]
public sealed record SlotReceipt(
    [property: Id(0)] string? SessionId, [property: Id(1)] long Number, [property: Id(2)] int Count, [property: Id(3)] int FreeSlots);

/// <summary>Whether a worker can be counted on. Numbers travel.</summary>
public enum WorkerLiveness
{
    /// <summary>No session.</summary>
    Offline = 0,

    /// <summary>A live session, and every role of it is known: a task of one of them may be submitted.</summary>
    Online = 1,

    /// <summary>Finishes what runs and takes no more.</summary>
    Draining = 2,

    /// <summary>The stream is lost and the reconnect grace runs, or it is back and the queues of its roles could not be told yet.</summary>
    Disconnected = 3,

    /// <summary>A session from which nothing was heard for a while: it gets no new tasks.</summary>
    Suspected = 4,
}

/// <summary>Where a worker stands.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.WorkerView")]
public sealed record WorkerView
{
    /// <summary>The worker.</summary>
    [Id(0)]
    public required WorkerId WorkerId { get; init; }

    /// <summary>As registered last.</summary>
    [Id(1)]
    public required WorkerRegistration Registration { get; init; }

    /// <summary>Whether it can be counted on.</summary>
    [Id(2)]
    public required WorkerLiveness Liveness { get; init; }

    /// <summary>When it was last heard of.</summary>
    [Id(3)]
    public required DateTimeOffset LastSeenUtc { get; init; }

    /// <summary>The leases it holds.</summary>
    [Id(4)]
    public IReadOnlyList<LeaseToken> Leases { get; init; } = [];
}

/// <summary>A lease that came in the place of one that has ended.</summary>
/// <param name="Ended">The one that has ended.</param>
/// <param name="Next">The new one.</param>
/// <param name="Role">Its role.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.LeaseSwap")]
public readonly record struct LeaseSwap([property: Id(0)] LeaseToken Ended, [property: Id(1)] LeaseToken Next, [property: Id(2)] string Role);
