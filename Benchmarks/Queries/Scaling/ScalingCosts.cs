namespace OrleansFlow.Benchmarks.Queries.Scaling;

/// <summary>What things cost, as measured on one core of the machine of <c>docs/performance.md</c>; the scenario of each is named there.</summary>
public sealed record ScalingCosts
{
    /// <summary>Reading and filtering a row of a Parquet file by the engine, in nanoseconds. From TPC-H query 6: six million rows of four columns.</summary>
    public double ScanNsPerRow { get; init; } = 50;

    /// <summary>Dealing a row to its partition, the batches of the partitions included, in nanoseconds. <c>hash-partition-split</c>.</summary>
    public double DealNsPerRow { get; init; } = 9;

    /// <summary>Processor seconds of the sender for 10^9 bytes. <c>sql-exchange</c>.</summary>
    public double SendSecondsPerGb { get; init; } = 0.83;

    /// <summary>Processor seconds of the reader for 10^9 bytes, the engine's taking of the rows included. <c>sql-exchange</c>.</summary>
    public double ReceiveSecondsPerGb { get; init; } = 1.36;

    /// <summary>Opening and ending one stream, both sides together, in microseconds. <c>flight-small</c>.</summary>
    public double StreamMicros { get; init; } = 60;

    /// <summary>One more message of an open stream, both sides together, in microseconds. <c>ipc-encode</c> and <c>ipc-decode</c>, and a wake-up.</summary>
    public double MessageMicros { get; init; } = 15;

    /// <summary>Planning a query, in milliseconds, whatever the number of workers. <c>sql-coordinator</c>.</summary>
    public double PlanMs { get; init; } = 17;

    /// <summary>Placing a task, in microseconds. <c>sql-coordinator</c>.</summary>
    public double PlaceMicros { get; init; } = 0.77;

    /// <summary>Making and encoding a task, in microseconds. <c>sql-coordinator</c>.</summary>
    public double TaskMicros { get; init; } = 4.6;

    /// <summary>Telling a worker where one task is, in microseconds. <c>sql-coordinator</c>.</summary>
    public double ToldMicros { get; init; } = 0.0068;

    /// <summary>Bytes that tell a worker where one task is. <c>sql-coordinator</c>.</summary>
    public double ToldBytes { get; init; } = 33;

    /// <summary>One set-plans call and the watch of one worker, in microseconds. <c>grpc-unary</c>.</summary>
    public double WorkerCallMicros { get; init; } = 100;
}
