using OrleansFlow.Client.Workflows;
using OrleansFlow.Workflows.Contexts;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>Very many runs that sleep: what they hold while they do, and how late they wake.</summary>
internal sealed class WorkflowSleepers : Scenario
{
    private const int Count = 100_000;
    private const int AtOnce = 2_000;
    private const int Slots = 2_000;

    /// <summary>The sleepers wake over this time, so that lateness is theirs and not a queue's.</summary>
    private static readonly TimeSpan Spread = TimeSpan.FromSeconds(20);

    /// <summary>From the first start until the first wake: long enough for all of them to be asleep.</summary>
    private static readonly TimeSpan Asleep = TimeSpan.FromSeconds(40);

    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly BenchSilo _silo = new();
    private int _round;

    public override string Name => "workflow-sleepers";

    public override string Question => $"How late do {Count} sleeping runs wake (p99), and how many bytes does each hold in the silo meanwhile?";

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
        var count = _round == 0 ? Count / 20 : Count;
        var round = _round++;
        var (asleep, spread) = round == 0 ? (TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(2)) : (Asleep, Spread);
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
        await Task.Delay(firstUtc + spread + TimeSpan.FromSeconds(1) - _clock.GetUtcNow(), _clock, cancellationToken);
        var latenesses = new double[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 256, CancellationToken = cancellationToken }, async (index, token) =>
            latenesses[index] = TimeSpan.FromTicks(await runs[index].ResultAsync(token)).TotalMilliseconds);
        double[] sorted = [.. latenesses.Order()];
        return new Sample(sorted[(int)(sorted.Length * 0.99)], latenesses, HeldBytesPerOperation: held);
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
