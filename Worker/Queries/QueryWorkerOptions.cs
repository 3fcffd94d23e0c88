namespace OrleansFlow.Worker.Queries;

/// <summary>What tasks of distributed queries may use on a worker. Section: <c>OrleansFlow:Worker:Queries</c>. Read once, when the worker is made.</summary>
public sealed class QueryWorkerOptions
{
    /// <summary>Configuration section these options bind to.</summary>
    public const string SectionName = "OrleansFlow:Worker:Queries";

    /// <summary>Whether the worker takes tasks of queries.</summary>
    /// <value>Default true.</value>
    public bool Enabled { get; set; } = true;

    /// <summary>Name of the worker in messages and in what it tells of itself. A worker of a cluster has its own.</summary>
    /// <value>Default null: the machine's name.</value>
    public string? WorkerId { get; set; }

    /// <summary>Where others reach the worker, as <c>grpc+tcp://HOST:PORT</c>, so that it reads its own tasks in memory. A worker of a cluster knows it.</summary>
    /// <value>Default null: the addresses that the host listens on.</value>
    public string? Location { get; set; }

    /// <summary>PEM file of the authorities that the certificates of other workers must come from, where rows travel over TLS (<c>grpc+tls</c>).</summary>
    /// <value>Default null: those that the system trusts.</value>
    public string? TlsAuthorityPath { get; set; }

    /// <summary>How long a reader waits for the plan of the task that it reads.</summary>
    /// <value>Default 10 s. Range 0 to 10 min.</value>
    public TimeSpan PlanWait { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of rows that one output of a task holds for its readers before the task waits for them. An empty partition always takes one message more.</summary>
    /// <value>Default 64 MiB. Range 1 to 16 GiB.</value>
    public long OutputBudgetBytes { get; set; } = 64L << 20;

    /// <summary>Bytes of memory for the materialised outputs of all tasks together; what is beyond it lies on disk.</summary>
    /// <value>Default 256 MiB. Range 0 to 1 TiB.</value>
    public long MaterializedMemoryBytes { get; set; } = 256L << 20;

    /// <summary>Rows that a message to a reader has at the most when it is put together from smaller batches.</summary>
    /// <value>Default 65,536. Range 1 to 16,777,216.</value>
    public int MessageRows { get; set; } = 65_536;

    /// <summary>Bytes from which on a message is not made longer.</summary>
    /// <value>Default 4 MiB. Range 1 to 1 GiB.</value>
    public long MessageBytes { get; set; } = 4L << 20;

    /// <summary>Batches that are fetched ahead from each task whose rows are read.</summary>
    /// <value>Default 4. Range 1 to 1,024.</value>
    public int ReadAheadBatches { get; set; } = 4;

    /// <summary>Tasks on the worker at a time, the ended ones that are still read included; more are refused.</summary>
    /// <value>Default 4,096. Range 1 to 1,000,000.</value>
    public int TasksMax { get; set; } = 4_096;

    /// <summary>How long a query is kept that nobody reads, watches or asks for; then it is cancelled, as its coordinator is gone.</summary>
    /// <value>Default 15 min. Range 1 s to 7 days.</value>
    public TimeSpan OrphanLimit { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How often a watcher of a query hears of the tasks that go on.</summary>
    /// <value>Default 1 s. Range 10 ms to 1 h.</value>
    public TimeSpan ReportInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Memory of the engine, in bytes; beyond it, it spills below <see cref="SpillFolder"/>.</summary>
    /// <value>Default null: 80 % of the machine. At least 8 MiB.</value>
    public long? EngineMemoryBytes { get; set; }

    /// <summary>Bytes that the engine may have on disk at a time; a query that needs more fails with <c>limit_exceeded</c>. Rows that are kept for readers do not count.</summary>
    /// <value>Default null: 90 % of what is free on the disk. Range 0 (the engine never spills) to 1 PiB.</value>
    public long? EngineSpillBytesMax { get; set; }

    /// <summary>Threads of the engine.</summary>
    /// <value>Default null: one per core. Range 1 to 1,024.</value>
    public int? EngineThreads { get; set; }

    /// <summary>Folder for rows and intermediate results that do not fit in memory. Each worker makes a folder of its own in it, and removes it.</summary>
    /// <value>Default null: one below the system's temporary folder.</value>
    public string? SpillFolder { get; set; }

    /// <summary>Options of queries that the session builder reads; all others are given to the engine.</summary>
    /// <value>Default none.</value>
    public IList<string> ConfigOptions { get; } = [];

    /// <summary>PostgreSQL databases that tasks may read, by the names that the silo's options give them (<c>OrleansFlow:Sql:Databases</c>, with <c>OnWorkers</c>).</summary>
    /// <value>Default none.</value>
    public IDictionary<string, WorkerDatabaseOptions> Databases { get; } = new Dictionary<string, WorkerDatabaseOptions>(StringComparer.OrdinalIgnoreCase);
}
