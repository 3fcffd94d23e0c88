using OrleansFlow.Client.Workflows;
using OrleansFlow.Workflows.Contexts;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>Very many runs that sleep: what they hold while they do, and how late they wake.</summary>
internal sealed class WorkflowSleepers(int count) : Scenario
{
    private const int AtOnce = 2_000;
    private const int Slots = 2_000;

    /// <summary>So many wake in each second.</summary>
    private const int WakesPerSecond = 5_000;

    /// <summary>So many fall asleep in each second at the least: from the first start until the first wake all of them have the time to.</summary>
    private const int StartsPerSecond = 2_500;

    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly BenchSilo _silo = new();
    private int _round;

    public override string Name => "workflow-sleepers";

    public override string Question => $"How late do {count} sleeping runs wake (p99), {WakesPerSecond} in each second, and how many bytes does each hold in the silo meanwhile? --size N";

    public override string Unit => "ms";

    public override bool HigherIsBetter => false;

    public override string BaselineName => "the goal, ms";

    public override string? Durability => "SQLite, WAL, synchronous=FULL";

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        await _silo.StartAsync(cancellationToken);
        await _silo.AddWorkerAsync(typeof(WorkflowSleepers).Assembly.Location, BenchWorkflows.Argument, Slots, cancellationToken);
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        // The runner's warm-up round is a small one: the path, not the number, is what it is for.
        var number = _round++;
        return await MeasureAsync(number, number == 0 ? count / 20 : count, cancellationToken);
    }

    private async Task<Sample> MeasureAsync(int round, int count, CancellationToken cancellationToken)
    {
        var spread = TimeSpan.FromSeconds((double)count / WakesPerSecond);
        var asleep = TimeSpan.FromSeconds((double)count / StartsPerSecond) + TimeSpan.FromSeconds(6);
        var before = Held();
        var firstUtc = _clock.GetUtcNow() + asleep;
        var runs = new IWorkflowHandle<long>[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (index, token) =>
        {
            var dueUtc = firstUtc + (spread * index / count);
            runs[index] = await _silo.Client.Workflows.StartAsync(
                BenchWorkflows.Sleeper, NoContext.Empty, dueUtc.UtcTicks, new WorkflowStartOptions { RunId = new($"sleeper-{round}-{index}") }, token);
        });
        if (_clock.GetUtcNow() > firstUtc)
        {
            throw new InvalidOperationException($"Starting {count} sleepers took longer than {asleep}; nothing can be said of their memory.");
        }

        await Task.Delay((firstUtc - _clock.GetUtcNow()) * 0.8, _clock, cancellationToken);
        var held = (double)(Held() - before) / count;
        await Task.Delay(firstUtc - _clock.GetUtcNow(), _clock, cancellationToken);
        var (cpu, workersCpu, allocated) = (Environment.CpuUsage.TotalTime, _silo.WorkersCpu, GC.GetTotalAllocatedBytes());
        await Task.Delay(firstUtc + spread + TimeSpan.FromSeconds(1) - _clock.GetUtcNow(), _clock, cancellationToken);

        // Without what asking for the results costs, which reads the runs once more.
        (cpu, workersCpu, allocated) = (Environment.CpuUsage.TotalTime - cpu, _silo.WorkersCpu - workersCpu, GC.GetTotalAllocatedBytes() - allocated);
        var latenesses = new double[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 256, CancellationToken = cancellationToken }, async (index, token) =>
            latenesses[index] = TimeSpan.FromTicks(await runs[index].ResultAsync(token)).TotalMilliseconds);
        double[] sorted = [.. latenesses.Order()];
        return new Sample(
            sorted[(int)(sorted.Length * 0.99)],
            latenesses,
            AllocatedBytesPerOperation: (double)allocated / count,
            HeldBytesPerOperation: held,
            CpuMicrosPerOperation: cpu.TotalMicroseconds / count,
            PeerCpuMicrosPerOperation: workersCpu.TotalMicroseconds / count);
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) => Task.FromResult(1_000.0);

    public override async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        await base.DisposeAsync();
    }

    private static long Held()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
