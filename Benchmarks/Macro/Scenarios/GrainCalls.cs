using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansFlow.Benchmarks.Macro.Baselines;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>In-process grain calls, each awaited before the next, from one caller or from many on a grain each.</summary>
internal sealed class GrainCalls(int callerCount) : Scenario
{
    private const int Calls = 400_000;
    private readonly TimeProvider _clock = TimeProvider.System;
    private IHost? _host;
    private IGrainFactory? _grains;

    public override string Name => callerCount == 1 ? "grain-calls-serial" : $"grain-calls-{callerCount}";

    public override string Question => $"What does a grain call cost in one process, {callerCount} caller(s), one awaited at a time?";

    public override string Unit => "calls/s";

    public override string BaselineName => "bare channel round trips/s";

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo => silo.UseLocalhostClustering());
        _host = builder.Build();
        await _host.StartAsync(cancellationToken);
        _grains = _host.Services.GetRequiredService<IGrainFactory>();
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var grains = Enumerable.Range(0, callerCount).Select(key => _grains!.GetGrain<IPingGrain>(key)).ToArray();
        foreach (var grain in grains)
        {
            await grain.PingAsync(0);
        }

        var allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        var began = _clock.GetTimestamp();
        await Task.WhenAll(grains.Select(grain => CallAsync(grain, Calls / callerCount)));
        var elapsed = _clock.GetElapsedTime(began);
        return new Sample(Calls / elapsed.TotalSeconds, AllocatedBytesPerOperation: (double)(GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore) / Calls);
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) =>
        ChannelRoundTrip.PerSecondAsync(callerCount, Calls / callerCount, _clock);

    public override async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.StopAsync();
            _host.Dispose();
        }

        await base.DisposeAsync();
    }

    private static async Task CallAsync(IPingGrain grain, int count)
    {
        await Task.Yield();
        for (var index = 0; index < count; index++)
        {
            await grain.PingAsync(index);
        }
    }
}
