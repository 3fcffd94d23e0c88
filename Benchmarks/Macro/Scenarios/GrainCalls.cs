using OrleansFlow.Benchmarks.Macro.Baselines;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>In-process grain calls, each awaited before the next.</summary>
/// <param name="name">On the command line.</param>
/// <param name="question">For the list.</param>
/// <param name="callerCount">Callers, on a grain each.</param>
/// <param name="call">Makes so many calls.</param>
internal sealed class GrainCalls(string name, string question, int callerCount, Func<IGrainFactory, int, int, Task> call) : Scenario
{
    private const int Calls = 2_000_000;

    // The compiler rewrites the hot path by what it has seen of it; until then a call costs twice as much.
    private const int WarmUpRounds = 4;
    private readonly TimeProvider _clock = TimeProvider.System;
    private GrainHost? _host;

    public override string Name => name;

    public override string Question => question;

    public override string Unit => "calls/s";

    public override string BaselineName => "bare pooled mailbox round trips/s";

    public static GrainCalls Serial() => new(
        "grain-calls-serial", "What does a grain call cost in one process?", 1, CallAsync);

    public static GrainCalls Parallel(int callerCount) => new(
        $"grain-calls-{callerCount}", $"How many grain calls do {callerCount} callers on {callerCount} grains reach?", callerCount, CallAsync);

    public static GrainCalls WithToken() => new(
        "grain-calls-token", "What does a cancellation token add to a grain call?", 1, CallWithTokenAsync);

    public static GrainCalls Pair() => new(
        "grain-calls-pair", "What does a call from grain to grain cost?", 1, PairAsync);

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        _host = await GrainHost.StartAsync(null, cancellationToken);
        for (var round = 0; round < WarmUpRounds; round++)
        {
            await MeasureAsync(cancellationToken);
            await MeasureBaselineAsync(cancellationToken);
        }
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        for (var key = 0; key < callerCount; key++)
        {
            await call(_host!.Grains, key, 1);
        }

        var allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        var began = _clock.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, callerCount).Select(key => call(_host!.Grains, key, Calls / callerCount)));
        var elapsed = _clock.GetElapsedTime(began);
        return new Sample(Calls / elapsed.TotalSeconds, AllocatedBytesPerOperation: (double)(GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore) / Calls);
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) =>
        PooledMailbox.PerSecondAsync(callerCount, Calls / callerCount, _clock);

    public override async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    private static async Task CallAsync(IGrainFactory grains, int key, int count)
    {
        await Task.Yield();
        var grain = grains.GetGrain<IPingGrain>(key);
        for (var index = 0; index < count; index++)
        {
            await grain.PingAsync(index);
        }
    }

    private static async Task CallWithTokenAsync(IGrainFactory grains, int key, int count)
    {
        await Task.Yield();
        using var cancellation = new CancellationTokenSource();
        var grain = grains.GetGrain<IPingGrain>(key);
        for (var index = 0; index < count; index++)
        {
            await grain.PingWithTokenAsync(index, cancellation.Token);
        }
    }

    private static Task PairAsync(IGrainFactory grains, int key, int count) =>
        grains.GetGrain<IPingGrain>(key).PingOtherAsync(grains.GetGrain<IPingGrain>(key + 1_000), count);
}
