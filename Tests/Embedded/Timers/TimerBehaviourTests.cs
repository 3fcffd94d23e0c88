using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;

namespace OrleansFlow.Tests.Embedded.Timers;

/// <summary>What callbacks may do to their own timer, and what the end of the activation does to them.</summary>
public sealed class TimerBehaviourTests : IAsyncLifetime
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _clock = new();
    private readonly string _key = Guid.NewGuid().ToString("N");
    private InProcessTestCluster _cluster = null!;

    private ITimedGrain Grain => _cluster.Client.GetGrain<ITimedGrain>(_key);

    public async ValueTask InitializeAsync() => _cluster = await TestClusters.StartAsync(clock: _clock);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact(Timeout = 30_000)]
    public async Task Timer_DisposedInItsCallback_CancelsItsToken_AndTicksNoMore()
    {
        await Grain.StartAsync("disposes itself");
        _clock.Advance(Second);
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 1);

        _clock.Advance(10 * Second);
        await IdleAsync();

        Assert.Equal(["disposed and cancelled"], Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task Timer_ChangedInItsCallback_TicksAsChanged()
    {
        await Grain.StartAsync("changes itself");
        _clock.Advance(Second);
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 1);
        await IdleAsync();

        _clock.Advance(5 * Second - TimeSpan.FromMilliseconds(1));
        await IdleAsync();
        Assert.Equal(1, Notes.Count(_key));
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        await TestClusters.UntilAsync(() => Notes.Count(_key) == 2);
    }

    [Fact(Timeout = 30_000)]
    public async Task Timer_WhoseChangedTimeComesWhileItsCallbackRuns_TicksWhenThatHasEnded()
    {
        await Grain.StartAsync("changes itself and goes on");
        _clock.Advance(Second);
        await TestClusters.UntilAsync(() => Gates.EnteredCount(_key) == 1);

        _clock.Advance(2 * Second);
        Assert.Equal(1, Notes.Count(_key));
        Gates.Open(_key);

        await _clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(1), () => Notes.Count(_key) >= 2);
    }

    [Fact(Timeout = 30_000)]
    public async Task Timer_ChangedWhileItsTickWaitsForATurn_TicksThenAndAsChanged()
    {
        await Grain.StartAsync("ticks once");
        var held = Grain.HoldAndChangeAsync(_key);
        await TestClusters.UntilAsync(() => Gates.EnteredCount(_key) == 1);
        _clock.Advance(Second);
        Gates.Open(_key);
        await held;
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 1);
        await IdleAsync();

        _clock.Advance(5 * Second - TimeSpan.FromMilliseconds(1));
        await IdleAsync();
        Assert.Equal(1, Notes.Count(_key));
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        await TestClusters.UntilAsync(() => Notes.Count(_key) == 2);
    }

    [Fact(Timeout = 30_000)]
    public async Task Timer_WhoseCallbackThrowsWithoutATask_TicksAgain()
    {
        await Grain.StartAsync("throws at once");

        await _clock.AdvanceUntilAsync(Second, () => Notes.Count(_key) >= 3);
    }

    [Fact(Timeout = 30_000)]
    public async Task Deactivation_CancelsTheTokenOfARunningCallback_AndWaitsForIt()
    {
        await Grain.StartAsync("waits for the end");
        _clock.Advance(Second);
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 1);
        Assert.True(_cluster.TryGetGrainContext(Grain.GetGrainId(), out var context));

        context.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, "The test ends it."));
        await context.Deactivated;
        _clock.Advance(10 * Second);

        Assert.Equal(["waiting", "cancelled", "ended ApplicationRequested"], Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task Timer_OfAnEndedActivation_DoesNotWakeTheGrain()
    {
        await Grain.StartAsync("throws at once");
        await _cluster.DeactivateAsync(Grain);

        _clock.Advance(10 * Second);

        Assert.False(_cluster.TryGetGrainContext(Grain.GetGrainId(), out _));
        Assert.Equal(["ended ApplicationRequested"], Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task Callback_WhoseStateIsStale_EndsTheActivation()
    {
        await Grain.StartAsync("finds its state stale");

        _clock.Advance(Second);

        await TestClusters.UntilAsync(() => Notes.Count(_key) == 2);
        Assert.Equal(["tick", "ended ApplicationError"], Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task RegisterTimer_TheObsoleteForm_Interleaves()
    {
        await Grain.StartAsync("old");
        var held = Grain.HoldAsync(_key);
        await TestClusters.UntilAsync(() => Gates.EnteredCount(_key) == 1);

        _clock.Advance(Second);
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 1);

        Gates.Open(_key);
        await held;
        Assert.Equal(["state"], Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task Timer_DisposedTwiceAndChangedAfterwards_StaysSilent()
    {
        await Grain.StartAsync("throws at once");

        await Grain.ChangeDisposedAsync();
        _clock.Advance(10 * Second);
        await IdleAsync();

        Assert.Empty(Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task Times_BeyondThoseOfThePlatformsTimers_AreRefused() => Assert.Equal(
        "dueTime,dueTime,period,period,dueTime,dueTime,period,period", await Grain.BadTimesAsync());

    [Fact]
    public void CreationOptions_HaveTheDefaultsOfOrleans_AndCompareByValue()
    {
        var options = new GrainTimerCreationOptions(Second, 2 * Second);

        Assert.Equal((Second, 2 * Second, false, false), (options.DueTime, options.Period, options.Interleave, options.KeepAlive));
        Assert.Equal(options, new GrainTimerCreationOptions { DueTime = Second, Period = 2 * Second });
        Assert.True(options != options with { Interleave = true });
        Assert.True(options != options with { KeepAlive = true });
    }

    // A request is answered after everything that was queued before it.
    private Task IdleAsync()
    {
        Gates.Open(_key + "/open");
        return Grain.HoldAsync(_key + "/open");
    }
}
