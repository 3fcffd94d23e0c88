using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Storage;
using OrleansFlow.Benchmarks.Macro.Baselines;
using OrleansFlow.Storage;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>Durable grain-state writes by so many writers at once, each awaiting its own: how near group commit comes to bare statements.</summary>
/// <param name="writers">How many, each awaiting its own write.</param>
/// <param name="store">One of <see cref="Stores"/>.</param>
/// <param name="isHeldAgainstFsync">Whether the baseline is the disk alone: how many writes share one fsync.</param>
internal sealed class StorageWrites(int writers, string store, bool isHeldAgainstFsync = false) : Scenario
{
    /// <summary>What <c>--store</c> takes; the first is the default.</summary>
    public static readonly string[] Stores = ["sqlite", "postgres"];

    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly int _writesEach = writers switch { 1 => 1_500, < 100 => 250, _ => 50 };
    private IBareStore? _bare;
    private IHost? _host;
    private IGrainStorage? _storage;
    private int _round;

    public override string Name => isHeldAgainstFsync ? "storage-writes" : string.Create(CultureInfo.InvariantCulture, $"storage-writes-{writers}");

    public override string Question => $"How many grain states a second are durable, {writers} writer(s)? --store {string.Join('|', Stores)}";

    public override string Unit => "writes/s";

    public override string BaselineName => isHeldAgainstFsync
        ? "raw fsyncs/s"
        : writers == 1
        ? $"bare {store} transactions/s, one prepared insert each"
        : string.Create(CultureInfo.InvariantCulture, $"bare {store} prepared inserts/s, {writers} a transaction");

    public override string? Durability => _bare?.Durability;

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        _bare = store == "postgres" ? await BarePostgres.StartAsync(cancellationToken) : new BareSqlite();
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo => _bare.AddTo(silo.UseLocalhostClustering()));
        _host = builder.Build();
        await _host.StartAsync(cancellationToken);
        _storage = _host.Services.GetRequiredKeyedService<IGrainStorage>(SqliteStoreSiloBuilderExtensions.StorageName);
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var round = _round++;
        var latencies = new double[writers * _writesEach];
        var began = _clock.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => WriteAsync(GrainId.Create("bench", $"{round}-{writer}"), latencies.AsMemory(writer * _writesEach, _writesEach))));
        return new Sample(latencies.Length / _clock.GetElapsedTime(began).TotalSeconds, latencies);
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) =>
        Task.Run(
            () => isHeldAgainstFsync
                ? RawFsync.PerSecond(_bare!.Folder, _clock)
                : _bare!.InsertsPerSecond(writers, writers == 1 ? 1_500 : _writesEach, _clock),
            cancellationToken);

    public override Task<double?> FsyncMsAsync(CancellationToken cancellationToken) =>
        Task.FromResult<double?>(1000 / RawFsync.PerSecond(_bare!.Folder, _clock));

    public override async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.StopAsync();
            _host.Dispose();
        }

        if (_bare is not null)
        {
            await _bare.DisposeAsync();
        }

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
