using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>A caller that calls one grain again and again while a million idle ones are collected: how long it waits at worst.</summary>
/// <remarks>
/// All of them become old enough at one moment, so that one pass has them all. The baseline is the same caller for as long with nothing to
/// collect: what the machine, the thread pool and other processes do to it.
/// </remarks>
internal sealed class GrainCollection : Scenario
{
    private const int Activations = 1_000_000;
    private static readonly TimeSpan Quantum = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CoarseTick = TimeSpan.FromMilliseconds(150);
    private readonly TimeProvider _clock = TimeProvider.System;
    private TimeSpan _lastTook;

    public override string Name => "grain-collection";

    public override string Question => "How long does a call wait at worst while a million idle activations are collected?";

    public override string Unit => "ms";

    public override bool HigherIsBetter => false;

    public override string BaselineName => "the same caller with nothing to collect, ms";

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var clock = new ShiftedClock();
        await using var host = await StartAsync(clock, cancellationToken);
        for (var key = 0; key < Activations; key++)
        {
            await host.Grains.GetGrain<IEndingGrain>(key).TouchAsync();
        }

        // What the making of a million activations left behind is not what is measured.
        GC.Collect();
        EndingGrain.EndCount = 0;
        var began = _clock.GetTimestamp();
        clock.Shift(TimeSpan.FromHours(1));

        // The runtime's coarse clock jumps as well; a call that is under way would be late.
        await Task.Delay(CoarseTick, _clock, cancellationToken);
        var delays = new CallDelays(_clock);
        await delays.CallWhileAsync(host.Grains.GetGrain<IPingGrain>(0), static () => Volatile.Read(ref EndingGrain.EndCount) < Activations);
        _lastTook = _clock.GetElapsedTime(began);
        return delays.ToSample();
    }

    public override async Task<double> MeasureBaselineAsync(CancellationToken cancellationToken)
    {
        await using var host = await StartAsync(_clock, cancellationToken);
        var delays = new CallDelays(_clock);
        var began = _clock.GetTimestamp();
        await delays.CallWhileAsync(host.Grains.GetGrain<IPingGrain>(0), () => _clock.GetElapsedTime(began) < _lastTook);
        return delays.ToSample().Value;
    }

    private static Task<GrainHost> StartAsync(TimeProvider clock, CancellationToken cancellationToken) => GrainHost.StartAsync(
        silo =>
        {
            silo.Services.Replace(ServiceDescriptor.Singleton(clock));
            silo.Configure<GrainCollectionOptions>(options => options.CollectionQuantum = Quantum);
        },
        cancellationToken);

    /// <summary>Real time, which can be made to jump.</summary>
    private sealed class ShiftedClock : TimeProvider
    {
        private long _shiftTicks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Shift(TimeSpan by) => Interlocked.Add(ref _shiftTicks, by.Ticks);

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddTicks(Volatile.Read(ref _shiftTicks));

        public override long GetTimestamp() => System.GetElapsedTime(0).Ticks + Volatile.Read(ref _shiftTicks);
    }
}
