namespace OrleansFlow.Benchmarks.Macro;

/// <summary>One thing that <c>flow bench</c> measures, with the baseline it is held against.</summary>
/// <remarks>
/// Both are measured in the same process and run, after one warm-up round each, turn by turn, so that a machine that slows down slows
/// both. The figure that counts is the ratio of the medians.
/// </remarks>
internal abstract class Scenario : IAsyncDisposable
{
    private static readonly Dictionary<string, double> NoParts = [];

    /// <summary>Name on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>Which question it answers, for <c>--list</c>.</summary>
    public abstract string Question { get; }

    /// <summary>Unit of the value and of the baseline.</summary>
    public abstract string Unit { get; }

    /// <summary>Whether a higher value is better.</summary>
    public virtual bool HigherIsBetter => true;

    /// <summary>What the value is held against.</summary>
    public abstract string BaselineName { get; }

    /// <summary>What a write must survive before it is acknowledged; null where nothing is stored.</summary>
    public virtual string? Durability => null;

    /// <summary>Starts what is measured; not timed.</summary>
    public virtual Task SetUpAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>One round of the thing itself.</summary>
    public abstract Task<Sample> MeasureAsync(CancellationToken cancellationToken);

    /// <summary>One round of the baseline, in <see cref="Unit"/>.</summary>
    public abstract Task<double> MeasureBaselineAsync(CancellationToken cancellationToken);

    /// <summary>What the value is held against besides, each measured in every round.</summary>
    public virtual IReadOnlyList<FurtherBaseline> FurtherBaselines => [];

    /// <summary>What the last round consists of, by name, in <see cref="Unit"/>: each gets a line of its own before the scenario's. Empty for most.</summary>
    public virtual IReadOnlyDictionary<string, double> Parts => NoParts;

    /// <summary>The same parts of the last round of the baseline.</summary>
    public virtual IReadOnlyDictionary<string, double> BaselineParts => NoParts;

    /// <summary>What else the last round showed, by a name with its unit, such as <c>mb_written</c>: the line has the medians. Empty for most.</summary>
    public virtual IReadOnlyDictionary<string, double> Facts => NoParts;

    /// <summary>Milliseconds of one fsync on the disk in use, measured after the rounds; null where nothing is stored.</summary>
    public virtual Task<double?> FsyncMsAsync(CancellationToken cancellationToken) => Task.FromResult<double?>(null);

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>One more thing that a value is held against.</summary>
/// <param name="Name">What it is, with its unit.</param>
/// <param name="MeasureAsync">One round of it.</param>
internal sealed record FurtherBaseline(string Name, Func<CancellationToken, Task<double>> MeasureAsync);

/// <summary>What one round gave.</summary>
/// <param name="Value">In the scenario's unit.</param>
/// <param name="LatenciesMs">Of single operations, where they were taken; any order.</param>
/// <param name="AllocatedBytesPerOperation">In this process; null where it says nothing.</param>
/// <param name="HeldBytesPerOperation">What stays in this process's heap after a full collection; null where it says nothing.</param>
/// <param name="MaxMsOutsideGc">Largest delay, less what the garbage collector held this process still meanwhile; null where no delay is measured.</param>
/// <param name="CpuSecondsPerGb">Processor time of this process for a gigabyte (10^9 bytes); null where no bytes are counted.</param>
/// <param name="PeerCpuSecondsPerGb">The same of the process at the other end.</param>
/// <param name="CpuMicrosPerOperation">Processor time of this process for one operation, in microseconds; null where it says nothing.</param>
/// <param name="PeerCpuMicrosPerOperation">The same of the processes at the other end.</param>
internal sealed record Sample(
    double Value,
    double[]? LatenciesMs = null,
    double? AllocatedBytesPerOperation = null,
    double? HeldBytesPerOperation = null,
    double? MaxMsOutsideGc = null,
    double? CpuSecondsPerGb = null,
    double? PeerCpuSecondsPerGb = null,
    double? CpuMicrosPerOperation = null,
    double? PeerCpuMicrosPerOperation = null);
