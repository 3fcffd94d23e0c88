namespace OrleansFlow.Benchmarks.Queries.Scaling;

/// <summary>
/// What a query costs on a cluster: a scan of <c>lineitem</c> at a scale factor on all workers, one shuffle of what it keeps to as many tasks, and a result. Pure
/// arithmetic over measured costs: each worker has one core for the engine and one for the network, and a network of its own.
/// </summary>
/// <param name="costs">What things cost.</param>
public sealed class ScalingModel(ScalingCosts costs)
{
    private const double RowsPerScale = 6_001_215;
    private const int MessageRowsMax = 65_536;
    private const int StageCount = 3;

    /// <summary>The figures of one cluster.</summary>
    /// <param name="workers">Workers, each with one task of a stage; at least 1.</param>
    /// <param name="scaleFactor">Of the TPC-H tables, above 0.</param>
    /// <param name="keptShare">Share of the rows that is shuffled, 0 to 1.</param>
    /// <param name="rowBytes">Bytes of a shuffled row.</param>
    public ScalingFigures Of(int workers, double scaleFactor, double keptShare = 0.5, int rowBytes = 32)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(workers, 1);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(scaleFactor);
        var rows = RowsPerScale * scaleFactor;
        var (kept, streams) = (rows * keptShare, (double)workers * workers);
        var rowsPerStream = kept / streams;
        var messagesPerStream = Math.Max(1, Math.Ceiling(rowsPerStream / MessageRowsMax));
        var gigabytesPerWorker = kept * rowBytes / workers / 1e9;

        // Each worker is told once where the writing tasks are, and the worker of the result where the reading ones are.
        var tasks = ((StageCount - 1) * (double)workers) + 1;
        var told = streams + workers;
        var makingMicros = (tasks * costs.TaskMicros) + (told * costs.ToldMicros);
        var placingMicros = tasks * costs.PlaceMicros;
        var callMicros = workers * costs.WorkerCallMicros;
        return new ScalingFigures
        {
            Workers = workers,
            ShuffleMessages = streams * messagesPerStream,
            MessageBytes = rowsPerStream * rowBytes / messagesPerStream,
            ScanSeconds = rows / workers * costs.ScanNsPerRow / 1e9,
            DealSeconds = kept / workers * costs.DealNsPerRow / 1e9,
            TransferSeconds = gigabytesPerWorker * (costs.SendSecondsPerGb + costs.ReceiveSecondsPerGb),
            StreamSeconds = ((workers * costs.StreamMicros) + (workers * messagesPerStream * costs.MessageMicros)) / 1e6,
            CoordinatorSeconds = (costs.PlanMs / 1e3) + ((makingMicros + placingMicros + callMicros) / 1e6),
            CoordinatorMicrosPerTask = (makingMicros + placingMicros) / tasks,
            PlanMegabytes = told * costs.ToldBytes / 1e6,
        };
    }
}

/// <summary>What <see cref="ScalingModel"/> says of one cluster. Seconds are processor seconds of one worker, or of the coordinator.</summary>
public sealed record ScalingFigures
{
    /// <summary>Workers.</summary>
    public required int Workers { get; init; }

    /// <summary>Messages of the shuffle, over all workers.</summary>
    public required double ShuffleMessages { get; init; }

    /// <summary>Bytes of one of them.</summary>
    public required double MessageBytes { get; init; }

    /// <summary>Reading and filtering.</summary>
    public required double ScanSeconds { get; init; }

    /// <summary>Dealing rows to partitions.</summary>
    public required double DealSeconds { get; init; }

    /// <summary>Sending and receiving bytes.</summary>
    public required double TransferSeconds { get; init; }

    /// <summary>Opening streams, and their messages.</summary>
    public required double StreamSeconds { get; init; }

    /// <summary>All work of the coordinator.</summary>
    public required double CoordinatorSeconds { get; init; }

    /// <summary>Placing, making and encoding, for each task.</summary>
    public required double CoordinatorMicrosPerTask { get; init; }

    /// <summary>What all workers are told of the places of tasks, in 10^6 bytes.</summary>
    public required double PlanMegabytes { get; init; }

    /// <summary>From the text to the last row, when nothing waits for anything else but the coordinator for nobody.</summary>
    public double TotalSeconds => CoordinatorSeconds + ScanSeconds + DealSeconds + TransferSeconds + StreamSeconds;

    /// <summary>The share of the time that workers spend on rows and bytes: what is left is the price of being many.</summary>
    public double Efficiency => (ScanSeconds + DealSeconds + TransferSeconds) / TotalSeconds;
}
