using OrleansFlow.Benchmarks.Macro.Baselines;
using OrleansFlow.Tasks;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>Standalone no-op tasks through one worker process over gRPC, each on disk before it is acknowledged, from submit to completed.</summary>
internal sealed class TasksDurable : Scenario
{
    private const int Count = 20_000;
    private const int PerCall = 1_000;
    private const int CallsAtOnce = 4;
    private const int Slots = 512;
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly BenchSilo _silo = new();
    private int _round;

    public override string Name => "tasks-durable";

    public override string Question => $"How many durable tasks a second, {Count} no-op tasks, one worker process?";

    public override string Unit => "tasks/s";

    public override string BaselineName => "raw fsyncs/s";

    public override string? Durability => "SQLite, WAL, synchronous=FULL";

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        await _silo.StartAsync(cancellationToken);
        await _silo.AddWorkerAsync(typeof(TasksDurable).Assembly.Location, NoOpWorker.Argument, Slots, cancellationToken);
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var round = _round++;
        var allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        var began = _clock.GetTimestamp();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Count / PerCall),
            new ParallelOptions { MaxDegreeOfParallelism = CallsAtOnce, CancellationToken = cancellationToken },
            async (call, token) =>
            {
                var tasks = Enumerable.Range(call * PerCall, PerCall)
                    .Select(index => (TaskId.Standalone($"b{round}-{index}"), new TaskSubmission { Role = NoOpWorker.Role }))
                    .ToList();
                var ids = await _silo.Client.SubmitTasksAsync(tasks, cancellationToken: token);
                await foreach (var ended in _silo.Client.WatchTasksAsync(ids, token))
                {
                    if (ended.Status != FlowTaskStatus.Completed)
                    {
                        throw new InvalidOperationException($"Task {ended.TaskId} ended as {ended.Status}: {ended.Failure?.Message}");
                    }
                }
            });
        var elapsed = _clock.GetElapsedTime(began);
        return new Sample(Count / elapsed.TotalSeconds, AllocatedBytesPerOperation: (double)(GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore) / Count);
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) => Task.FromResult(RawFsync.PerSecond(_silo.Folder, _clock));

    public override Task<double?> FsyncMsAsync(CancellationToken cancellationToken) =>
        Task.FromResult<double?>(1000 / RawFsync.PerSecond(_silo.Folder, _clock));

    public override async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        await base.DisposeAsync();
    }
}
