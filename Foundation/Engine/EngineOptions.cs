using OrleansFlow.Engine.Functions;

namespace OrleansFlow.Engine;

/// <summary>What an <see cref="EngineInstance"/> may use. Read once, when it opens.</summary>
public sealed record EngineOptions
{
    /// <summary>Smallest accepted <see cref="MemoryLimitBytes"/>: below it DuckDB cannot hold its own buffers.</summary>
    public const long MemoryLimitBytesMin = 8L << 20;

    /// <summary>Largest accepted <see cref="ThreadCount"/>.</summary>
    public const int ThreadCountMax = 1024;

    /// <summary>Database file, created when it is missing. Null (default): the database lives in memory.</summary>
    public string? DatabasePath { get; init; }

    /// <summary>
    /// Memory the engine may use, in bytes; more makes it spill to <see cref="TempFolder"/> or fail with
    /// <see cref="EngineErrorKind.OutOfMemory"/>. At least <see cref="MemoryLimitBytesMin"/>. Null (default): 80 % of the machine.
    /// </summary>
    public long? MemoryLimitBytes { get; init; }

    /// <summary>
    /// Threads that execute, the caller's session thread included: 1 to <see cref="ThreadCountMax"/>. Null (default): one per core.
    /// One is best for many small statements.
    /// </summary>
    public int? ThreadCount { get; init; }

    /// <summary>Folder for data that does not fit in memory, created when needed. Null (default): nothing is spilled.</summary>
    public string? TempFolder { get; init; }

    /// <summary>Largest size of <see cref="TempFolder"/>, in bytes, above 0. Null (default): 90 % of the free space of its disk.</summary>
    public long? TempFolderBytesMax { get; init; }

    /// <summary>
    /// Keep the order of rows of files and registered batches where SQL does not ask for one. True (default) makes results without
    /// ORDER BY repeatable; false uses less memory and lets large scans run in parallel up to the result.
    /// </summary>
    public bool PreserveInsertionOrder { get; init; } = true;

    /// <summary>Functions in C# that every statement may call. Default none.</summary>
    public IReadOnlyList<EngineFunction> Functions { get; init; } = [];

    /// <summary>Table functions by endings of files (<c>.arrow</c>): <c>FROM 'file.arrow'</c> calls them with the path. Default none.</summary>
    public IReadOnlyDictionary<string, string> FileReaders { get; init; } = new Dictionary<string, string>();

    /// <summary>The settings DuckDB is opened with, after checking every value.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    internal IReadOnlyList<KeyValuePair<string, string>> ToSettings()
    {
        if (DatabasePath is not null && (string.IsNullOrWhiteSpace(DatabasePath) || DatabasePath.Contains('\0', StringComparison.Ordinal)))
        {
            throw new ArgumentException($"{nameof(DatabasePath)} is blank or holds a NUL; leave it null for a database in memory.");
        }

        if (MemoryLimitBytes < MemoryLimitBytesMin)
        {
            throw new ArgumentException($"{nameof(MemoryLimitBytes)} is {MemoryLimitBytes}; the least is {MemoryLimitBytesMin}.");
        }

        if (ThreadCount is < 1 or > ThreadCountMax)
        {
            throw new ArgumentException($"{nameof(ThreadCount)} is {ThreadCount}; it must be 1 to {ThreadCountMax}.");
        }

        if (TempFolder is not null && string.IsNullOrWhiteSpace(TempFolder))
        {
            throw new ArgumentException($"{nameof(TempFolder)} is blank; leave it null to spill nothing.");
        }

        if (TempFolderBytesMax is <= 0)
        {
            throw new ArgumentException($"{nameof(TempFolderBytesMax)} is {TempFolderBytesMax}; it must be above 0.");
        }

        var settings = new List<KeyValuePair<string, string>>
        {
            // No statement may reach for the network: every extension that is used is built in.
            new("autoinstall_known_extensions", "false"),
            new("autoload_known_extensions", "false"),

            // DuckDB's default is a folder below the working directory, which would surprise every caller.
            new("temp_directory", TempFolder is null ? "" : Path.GetFullPath(TempFolder)),
            new("preserve_insertion_order", PreserveInsertionOrder ? "true" : "false"),
        };
        if (MemoryLimitBytes is { } memory)
        {
            settings.Add(new("memory_limit", FormattableString.Invariant($"{memory}B")));
        }

        if (ThreadCount is { } threads)
        {
            settings.Add(new("threads", FormattableString.Invariant($"{threads}")));
        }

        if (TempFolderBytesMax is { } bytes && TempFolder is not null)
        {
            settings.Add(new("max_temp_directory_size", FormattableString.Invariant($"{bytes}B")));
        }

        return settings;
    }
}
