using OrleansFlow.Benchmarks.Macro.Baselines;
using OrleansFlow.Silo.Hosting;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>A scenario whose tasks are on disk before they are acknowledged, in a store of choice, held against what the disk can do.</summary>
/// <param name="store">One of <see cref="StorageWrites.Stores"/>.</param>
internal abstract class StoredTasks(string store) : Scenario
{
    private BarePostgres? _postgres;

    public override string BaselineName => "raw fsyncs/s";

    public override string? Durability => _postgres?.Durability ?? "SQLite, WAL, synchronous=FULL";

    protected TimeProvider Clock { get; } = TimeProvider.System;

    protected BenchSilo Silo { get; } = new();

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) => Task.FromResult(RawFsync.PerSecond(Silo.Folder, Clock));

    public override Task<double?> FsyncMsAsync(CancellationToken cancellationToken) => Task.FromResult<double?>(1000 / RawFsync.PerSecond(Silo.Folder, Clock));

    public override async ValueTask DisposeAsync()
    {
        await Silo.DisposeAsync();
        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    /// <summary>Starts the silo on its store.</summary>
    protected async Task StartSiloAsync(Action<FlowSiloOptions> configure, CancellationToken cancellationToken)
    {
        _postgres = store == "postgres" ? await BarePostgres.StartAsync(cancellationToken) : null;
        await Silo.StartAsync(
            options =>
            {
                options.PostgresConnectionString = _postgres?.ConnectionString;
                configure(options);
            },
            cancellationToken);
    }
}
