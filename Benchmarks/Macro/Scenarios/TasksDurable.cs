using System.Diagnostics;
using OrleansFlow.Tasks;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>Standalone no-op tasks through one worker, each on disk before it is acknowledged, from submit to completed.</summary>
/// <param name="store">One of <see cref="StorageWrites.Stores"/>.</param>
/// <param name="worker">One of <see cref="Workers"/>: a process of its own over gRPC, or the silo's own.</param>
internal sealed class TasksDurable(string store, string worker) : StoredTasks(store)
{
    /// <summary>What <c>--worker</c> takes; the first is the default.</summary>
    public static readonly string[] Workers = ["process", "inline"];

    private const int Count = 20_000;
    private const int PerCall = 1_000;
    private const int CallsAtOnce = 6;
    private const int Slots = 2_000;

    /// <summary>Rounds before the first that counts, beside the runner's own: the compiler rewrites the path for hundreds of thousands of tasks.</summary>
    private const int WarmUps = 25;

    private int _round;

    public override string Name => "tasks-durable";

    public override string Question => $"How many durable tasks a second, {Count} no-op tasks, one worker? --store {string.Join('|', StorageWrites.Stores)} --worker {string.Join('|', Workers)}";

    public override string Unit => "tasks/s";

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        await StartSiloAsync(
            options =>
            {
                options.WorkerSlots = worker == "inline" ? Slots : 0;
                options.ConfigureWorker = builder => builder.AddHandler<NoOpWorker.Handler>(NoOpWorker.Role);
            },
            cancellationToken);
        if (worker == "process")
        {
            await Silo.AddWorkerAsync(typeof(TasksDurable).Assembly.Location, NoOpWorker.Argument, Slots, cancellationToken);
        }

        for (var round = 0; round < WarmUps; round++)
        {
            await MeasureAsync(cancellationToken);
        }
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var round = _round++;
        using var process = Process.GetCurrentProcess();
        var (cpuBefore, peerBefore) = (process.TotalProcessorTime, Silo.WorkersCpu);
        var allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        var began = Clock.GetTimestamp();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Count / PerCall),
            new ParallelOptions { MaxDegreeOfParallelism = CallsAtOnce, CancellationToken = cancellationToken },
            async (call, token) =>
            {
                var tasks = Enumerable.Range(call * PerCall, PerCall)
                    .Select(index => (TaskId.Standalone($"b{round}-{index}"), new TaskSubmission { Role = NoOpWorker.Role }))
                    .ToList();
                var ids = await Silo.Client.SubmitTasksAsync(tasks, cancellationToken: token);
                await foreach (var ended in Silo.Client.WatchTasksAsync(ids, token))
                {
                    if (ended.Status != FlowTaskStatus.Completed)
                    {
                        throw new InvalidOperationException($"Task {ended.TaskId} ended as {ended.Status}: {ended.Failure?.Message}");
                    }
                }
            });
        var elapsed = Clock.GetElapsedTime(began);
        process.Refresh();
        return new Sample(
            Count / elapsed.TotalSeconds,
            AllocatedBytesPerOperation: (double)(GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore) / Count,
            CpuMicrosPerOperation: (process.TotalProcessorTime - cpuBefore).TotalMicroseconds / Count,
            PeerCpuMicrosPerOperation: worker == "process" ? (Silo.WorkersCpu - peerBefore).TotalMicroseconds / Count : null);
    }
}
