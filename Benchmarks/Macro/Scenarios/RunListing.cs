using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Benchmarks.Macro.Baselines;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>What it costs to list a run (accepted, running, completed) beside so many others: it must not grow with them.</summary>
/// <param name="listed">Runs in the listing before.</param>
internal sealed class RunListing(int listed) : Scenario
{
    private const int Count = 2_000;
    private const int AtOnce = 32;
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly BenchSilo _silo = new();
    private int _number;

    public override string Name => $"run-listing-{listed / 1_000}k";

    public override string Question => $"How many runs a second can be listed, each with its three states, beside {listed / 1_000} 000 others?";

    public override string Unit => "runs/s";

    public override string BaselineName => "raw fsyncs/s";

    public override string? Durability => "SQLite, WAL, synchronous=FULL";

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        await _silo.StartAsync(cancellationToken);
        await ListAsync(listed, 1_000, cancellationToken);
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var began = _clock.GetTimestamp();
        await ListAsync(Count, AtOnce, cancellationToken);
        return new Sample(Count / _clock.GetElapsedTime(began).TotalSeconds);
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) => Task.FromResult(RawFsync.PerSecond(_silo.Folder, _clock));

    public override async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        await base.DisposeAsync();
    }

    private async Task ListAsync(int count, int atOnce, CancellationToken cancellationToken)
    {
        var grains = _silo.Silo.Services.GetRequiredService<IGrainFactory>();
        await Parallel.ForEachAsync(
            Enumerable.Range(_number, count),
            new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken },
            async (number, token) =>
            {
                var run = new RunId(string.Create(CultureInfo.InvariantCulture, $"listed-{number}"));
                var submittedUtc = _clock.GetUtcNow();
                var catalog = grains.GetGrain<IRunCatalogGrain>(RunShards.KeyOf(run));
                RunStatus[] states = [RunStatus.Pending, RunStatus.Running, RunStatus.Completed];
                foreach (var (version, status) in states.Index())
                {
                    var view = new RunView
                    {
                        RunId = run, GraphName = "bench", Status = status, SubmittedUtc = submittedUtc, EndedUtc = status == RunStatus.Completed ? _clock.GetUtcNow() : null,
                    };
                    await catalog.RecordAsync(new RunEntry { Run = view, Version = version + 1 }, token);
                }
            });
        _number += count;
    }
}
