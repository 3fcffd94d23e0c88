using System.Diagnostics;
using OrleansFlow.Benchmarks.Macro.Baselines;
using OrleansFlow.Workflows.Contexts;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>What a step costs in runs of very different lengths; the step counts in its context, so the context's deltas are folded on the way.</summary>
internal sealed class WorkflowLong : Scenario
{
    private const int Slots = 64;
    private const int Long = 100_000;
    private const int Medium = 1_000;
    private const int Short = 10;

    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly BenchSilo _silo = new();

    public override string Name => "workflow-long";

    public override string Question => $"What does a step cost, in microseconds from start to result, in a run of {Long} steps? Beside runs of {Medium} and {Short}";

    public override string Unit => "us/step";

    public override bool HigherIsBetter => false;

    public override string BaselineName => $"a step of a run of {Medium} steps, us";

    public override IReadOnlyList<FurtherBaseline> FurtherBaselines => [new($"a step of runs of {Short} steps, us", token => MicrosAsync(Short, 100, token))];

    public override string? Durability => "SQLite, WAL, synchronous=FULL";

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        await _silo.StartAsync(cancellationToken);
        await _silo.AddWorkerAsync(typeof(WorkflowLong).Assembly.Location, BenchWorkflows.Argument, Slots, cancellationToken);
        await MicrosAsync(Medium, 20, cancellationToken);
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        using var process = Process.GetCurrentProcess();
        var (cpuBefore, peerBefore) = (process.TotalProcessorTime, _silo.WorkersCpu);
        var micros = await MicrosAsync(Long, 1, cancellationToken);
        process.Refresh();
        return new Sample(
            micros,
            CpuMicrosPerOperation: (process.TotalProcessorTime - cpuBefore).TotalMicroseconds / Long,
            PeerCpuMicrosPerOperation: (_silo.WorkersCpu - peerBefore).TotalMicroseconds / Long);
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) => MicrosAsync(Medium, 5, cancellationToken);

    public override Task<double?> FsyncMsAsync(CancellationToken cancellationToken) => Task.FromResult<double?>(1000 / RawFsync.PerSecond(_silo.Folder, _clock));

    public override async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        await base.DisposeAsync();
    }

    private async Task<double> MicrosAsync(int steps, int runs, CancellationToken cancellationToken)
    {
        var began = _clock.GetTimestamp();
        for (var index = 0; index < runs; index++)
        {
            var run = await _silo.Client.Workflows.StartAsync(BenchWorkflows.Loop, GrowCounter.Empty, steps, cancellationToken: cancellationToken);
            var counted = await run.ResultAsync(cancellationToken);
            if (counted != steps)
            {
                throw new InvalidOperationException($"Run {run.Id} counted {counted} steps instead of {steps}.");
            }
        }

        return _clock.GetElapsedTime(began).TotalMicroseconds / runs / steps;
    }
}
