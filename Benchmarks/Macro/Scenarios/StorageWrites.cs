using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Storage;
using OrleansFlow.Benchmarks.Macro.Baselines;
using OrleansFlow.Storage;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>Durable grain-state writes by many writers at once: how much of the disk's fsync rate group commit multiplies.</summary>
internal sealed class StorageWrites : Scenario
{
    private const int Writers = 1_000;
    private const int WritesEach = 50;
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly ScratchFolder _folder = new();
    private IHost? _host;
    private IGrainStorage? _storage;
    private int _round;

    public override string Name => "storage-writes";

    public override string Question => $"How many grain states a second reach the disk, {Writers} writers?";

    public override string Unit => "writes/s";

    public override string BaselineName => "raw fsyncs/s";

    public override string? Durability => "SQLite, WAL, synchronous=FULL";

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering()
            .AddFlowSqliteStore(options => options.DatabasePath = Path.Combine(_folder.Path, "flow.db")));
        _host = builder.Build();
        await _host.StartAsync(cancellationToken);
        _storage = _host.Services.GetRequiredKeyedService<IGrainStorage>(SqliteStoreSiloBuilderExtensions.StorageName);
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var round = _round++;
        var latencies = new double[Writers * WritesEach];
        var began = _clock.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => WriteAsync(GrainId.Create("bench", $"{round}-{writer}"), latencies.AsMemory(writer * WritesEach, WritesEach))));
        return new Sample(latencies.Length / _clock.GetElapsedTime(began).TotalSeconds, latencies);
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) => Task.FromResult(RawFsync.PerSecond(_folder.Path, _clock));

    public override Task<double?> FsyncMsAsync(CancellationToken cancellationToken) =>
        Task.FromResult<double?>(1000 / RawFsync.PerSecond(_folder.Path, _clock));

    public override async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.StopAsync();
            _host.Dispose();
        }

        _folder.Dispose();

        await base.DisposeAsync();
    }

    private async Task WriteAsync(GrainId grain, Memory<double> latenciesMs)
    {
        var state = new GrainState<BenchState>(new BenchState());
        for (var index = 0; index < latenciesMs.Length; index++)
        {
            state.State = new BenchState { Sequence = index, Text = new string('x', 150) };
            var began = _clock.GetTimestamp();
            await _storage!.WriteStateAsync("state", grain, state);
            latenciesMs.Span[index] = _clock.GetElapsedTime(began).TotalMilliseconds;
        }
    }

    /// <summary>About 200 bytes of JSON.</summary>
    internal sealed class BenchState
    {
        public long Sequence { get; set; }

        public string Text { get; set; } = "";
    }
}
