using System.Collections.Concurrent;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>First calls to grains that are not in memory, and what the idle activations hold afterwards.</summary>
/// <param name="withState">Whether each grain has a persistent state, read from memory storage.</param>
internal sealed class GrainActivation(bool withState) : Scenario
{
    private const int Activations = 1_000_000;
    private readonly TimeProvider _clock = TimeProvider.System;

    public override string Name => withState ? "grain-activation-state" : "grain-activation";

    public override string Question => $"What does the first call to a grain {(withState ? "with a persistent state " : "")}cost, and what does it hold when idle?";

    public override string Unit => "activations/s";

    public override string BaselineName => "objects made, stored by key and found again/s";

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        await using var host = await GrainHost.StartAsync(silo => silo.AddMemoryGrainStorageAsDefault(), cancellationToken);
        await CallAsync(host.Grains, -1);
        var heldBefore = GC.GetTotalMemory(forceFullCollection: true);
        var allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        var began = _clock.GetTimestamp();
        for (var key = 0; key < Activations; key++)
        {
            await CallAsync(host.Grains, key);
        }

        var elapsed = _clock.GetElapsedTime(began);
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore;
        return new Sample(
            Activations / elapsed.TotalSeconds,
            AllocatedBytesPerOperation: (double)allocated / Activations,
            HeldBytesPerOperation: (double)(GC.GetTotalMemory(forceFullCollection: true) - heldBefore) / Activations);
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken)
    {
        var stored = new ConcurrentDictionary<string, object>();
        var began = _clock.GetTimestamp();
        for (var key = 0; key < Activations; key++)
        {
            var text = key.ToString("X", System.Globalization.CultureInfo.InvariantCulture);
            stored[text] = new object();
            _ = stored[text];
        }

        return Task.FromResult(Activations / _clock.GetElapsedTime(began).TotalSeconds);
    }

    private ValueTask<int> CallAsync(IGrainFactory grains, long key) =>
        withState ? grains.GetGrain<IHoldGrain>(key).GetAsync() : grains.GetGrain<IPingGrain>(key).PingAsync(0);
}
