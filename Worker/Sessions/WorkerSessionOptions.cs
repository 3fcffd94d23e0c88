namespace OrleansFlow.Worker.Sessions;

/// <summary>What one worker session needs to know. Immutable; the hosting options are checked before they become one.</summary>
public sealed record WorkerSessionOptions
{
    /// <summary>Id of the worker.</summary>
    public required Tasks.WorkerId WorkerId { get; init; }

    /// <summary>Tasks it runs at once. At least 1.</summary>
    public required int Slots { get; init; }

    /// <summary>Version of the worker's code, for listings.</summary>
    public string Version { get; init; } = "";

    /// <summary>Tasks that it takes beyond its slots, so that the next one is there when a slot becomes free. Default 0.</summary>
    public int Prefetch { get; init; }

    /// <summary>Free labels by name, for nodes that ask for them.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>How long its leases shall stand after a heartbeat; null: as long as the gateway says.</summary>
    public TimeSpan? LeaseTtl { get; init; }

    /// <summary>Time between heartbeats that it asks for; null: as the gateway says.</summary>
    public TimeSpan? HeartbeatInterval { get; init; }

    /// <summary>Versions of roles; one that is named neither here nor at its handler has <see cref="Version"/>.</summary>
    public IReadOnlyDictionary<string, string> RoleVersions { get; init; } = new Dictionary<string, string>();

    /// <summary>Process that runs it; 0 when it does not matter.</summary>
    public int ProcessId { get; init; }

    /// <summary>Machine, for listings.</summary>
    public string Host { get; init; } = "";

    /// <summary>Where data is fetched from it: locations apart by blanks, the one for Flight first; empty when it serves none.</summary>
    public string DataAddress { get; init; } = "";

    /// <summary>What serves the worker's data; its address then takes the place of <see cref="DataAddress"/>.</summary>
    internal Data.IWorkerDataEndpoint? DataEndpoint { get; init; }

    /// <summary>Its streaming jobs, which end with the session; null: it takes none.</summary>
    internal Jobs.JobHost? Jobs { get; init; }

    /// <summary>Folder below which attempts get their own.</summary>
    public required string TempFolder { get; init; }

    /// <summary>How long running attempts may go on once the session was told to stop. Default 20 s.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a stopped handler may take to return before its slot is freed without it. Default 10 s.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long streaming jobs may take to move once the session was told to stop. Default 30 s.</summary>
    public TimeSpan JobDrainGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Folder of the durable outbox, of this worker id alone; null for none. Losing it costs work and nothing else.
    /// </summary>
    public string? OutboxFolder { get; init; }

    /// <summary>Whether processing time, allocated bytes and working set are added to the metrics of each batch. Default true.</summary>
    public bool MeasuresBatches { get; init; } = true;

    /// <summary>Whether it goes on with leases that its id held before the process started again. Default true.</summary>
    public bool AdoptsLeases { get; init; } = true;

    /// <summary>How long the gateway may be away before the session fails; null for ever.</summary>
    public TimeSpan? ConnectTimeout { get; init; }

    /// <summary>How long the gateway may take to answer a registration before the worker connects again. Default 15 s.</summary>
    public TimeSpan RegistrationTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Wait before the first try to reconnect; doubles up to <see cref="ReconnectDelayMax"/>. Default 50 ms.</summary>
    public TimeSpan ReconnectDelayMin { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Longest wait between two tries to reconnect. Default 5 s.</summary>
    public TimeSpan ReconnectDelayMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Output batches of one attempt that may await their receipts before it waits. Default 8. At least 1.</summary>
    public int ReportWindow { get; init; } = 8;

    /// <summary>Input batches that one reader opens ahead of its handler. Default 16. At least 1.</summary>
    public int PrefetchBatches { get; init; } = 16;

    /// <summary>Bytes that one reader opens ahead of its handler. Default 64 MiB. At least 1.</summary>
    public long PrefetchBytes { get; init; } = 64L * 1024 * 1024;
}
