using System.Diagnostics;
using System.Runtime;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>Processor time of a silo and a worker process that have nothing to do, after they had.</summary>
internal sealed class Idle : Scenario
{
    private const int Slots = 64;
    private const int RunsBefore = 20;
    private const double Goal = 1;

    private const int LooksMax = 12;
    private const int CompiledMethodsMax = 10;

    private static readonly TimeSpan Round = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly BenchSilo _silo = new();

    public override string Name => "idle";

    public override string Question => "How much of a processor do a silo and a worker take that have nothing to do?";

    public override string Unit => "% of one processor";

    public override bool HigherIsBetter => false;

    public override string BaselineName => "the goal, %";

    public override string? Durability => "SQLite, WAL, synchronous=FULL";

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        await _silo.StartAsync(cancellationToken);
        await _silo.AddWorkerAsync(typeof(Idle).Assembly.Location, NoOpWorker.Argument, Slots, cancellationToken);
        for (var run = 0; run < RunsBefore; run++)
        {
            await _silo.RunAsync(RunLatency.Document(RunLatency.Node("a"), RunLatency.Node("b", "a")), cancellationToken);
        }

        // The compiler goes on for a while with what was called often; a cluster that is idle has long been up.
        for (var look = 0; look < LooksMax; look++)
        {
            var compiled = JitInfo.GetCompiledMethodCount();
            await Task.Delay(LookInterval, _clock, cancellationToken);
            if (JitInfo.GetCompiledMethodCount() - compiled < CompiledMethodsMax)
            {
                break;
            }
        }
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime + _silo.WorkersCpu;
        var began = _clock.GetTimestamp();
        await Task.Delay(Round, _clock, cancellationToken);
        process.Refresh();
        return new Sample(100 * (process.TotalProcessorTime + _silo.WorkersCpu - before) / _clock.GetElapsedTime(began));
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) => Task.FromResult(Goal);

    public override async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        await base.DisposeAsync();
    }
}
