using Orleans.Configuration;
using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;

namespace OrleansFlow.Tests.Embedded.Timers;

public sealed class TimerTests : IAsyncLifetime
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _clock = new();
    private readonly string _key = Guid.NewGuid().ToString("N");
    private InProcessTestCluster _cluster = null!;

    private ITimerGrain Grain => _cluster.Client.GetGrain<ITimerGrain>(_key);

    public async ValueTask InitializeAsync() => _cluster = await TestClusters.StartAsync(
        clock: _clock,
        configure: silo => silo.Configure<GrainCollectionOptions>(options =>
        {
            options.CollectionAge = TimeSpan.FromMinutes(5);
            options.CollectionQuantum = TimeSpan.FromMinutes(1);
        }));

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact(Timeout = 30_000)]
    public async Task Timer_TicksFirstAfterDueTimeThenEachPeriod()
    {
        await Grain.StartAsync(Second, 2 * Second, interleave: false, keepAlive: false);

        _clock.Advance(Second - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, Notes.Count(_key));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 1);
        await Grain.HoldAsync(Opened());
        _clock.Advance(2 * Second);
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 2);

        Assert.Equal(["tick", "tick"], Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task Timer_WithoutPeriod_TicksOnce()
    {
        await Grain.StartAsync(Second, Timeout.InfiniteTimeSpan, interleave: false, keepAlive: false);

        _clock.Advance(Second);
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 1);
        await Grain.HoldAsync(Opened());
        _clock.Advance(TimeSpan.FromMinutes(1));
        await Grain.HoldAsync(Opened());

        Assert.Equal(1, Notes.Count(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task Timer_NotInterleaving_WaitsForTheRunningRequest()
    {
        await Grain.StartAsync(Second, Second, interleave: false, keepAlive: false);
        var held = Grain.HoldAsync(_key);
        await TestClusters.UntilAsync(() => Gates.EnteredCount(_key) == 1);

        _clock.Advance(Second);
        Assert.Equal(0, Notes.Count(_key));
        Gates.Open(_key);
        await held;

        await TestClusters.UntilAsync(() => Notes.Count(_key) == 1);
    }

    [Fact(Timeout = 30_000)]
    public async Task Timer_Interleaving_TicksBesideTheRunningRequest()
    {
        await Grain.StartAsync(Second, Second, interleave: true, keepAlive: false);
        var held = Grain.HoldAsync(_key);
        await TestClusters.UntilAsync(() => Gates.EnteredCount(_key) == 1);

        _clock.Advance(Second);
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 1);

        Gates.Open(_key);
        await held;
    }

    [Fact(Timeout = 30_000)]
    public async Task Period_CountsFromTheEndOfTheCallback()
    {
        await Grain.StartHoldingAsync(Second, _key);
        _clock.Advance(Second);
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 1);

        _clock.Advance(10 * Second);
        Gates.Open(_key);
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 2);
        await Grain.HoldAsync(Opened());
        _clock.Advance(Second - TimeSpan.FromMilliseconds(1));
        await Grain.HoldAsync(Opened());
        Assert.Equal(2, Notes.Count(_key));
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        await TestClusters.UntilAsync(() => Notes.Count(_key) == 4);
        Assert.Equal(["begin", "end", "begin", "end"], Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task Timer_ThatFails_TicksAgain()
    {
        await Grain.StartFailingAsync(Second);

        await _clock.AdvanceUntilAsync(Second, () => Notes.Count(_key) >= 3);
    }

    [Fact(Timeout = 30_000)]
    public async Task Timer_Disposed_TicksNoMore()
    {
        await Grain.StartAsync(Second, Second, interleave: false, keepAlive: false);
        await Grain.StopAsync();

        _clock.Advance(10 * Second);
        await Grain.HoldAsync(Opened());

        Assert.Equal(0, Notes.Count(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task Timer_Changed_TicksAsChanged()
    {
        await Grain.StartAsync(Timeout.InfiniteTimeSpan, Second, interleave: false, keepAlive: false);
        _clock.Advance(10 * Second);
        await Grain.ChangeAsync(3 * Second, Timeout.InfiniteTimeSpan);
        Assert.Equal(0, Notes.Count(_key));

        _clock.Advance(3 * Second);

        await TestClusters.UntilAsync(() => Notes.Count(_key) == 1);
    }

    [Fact(Timeout = 30_000)]
    public async Task IdleGrain_IsCollectedAfterItsAge()
    {
        await Grain.StopAsync();

        _clock.Advance(TimeSpan.FromMinutes(4));
        await Grain.StopAsync();
        _clock.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(0, Notes.Count(_key + "/deactivated"));
        await _clock.AdvanceUntilAsync(TimeSpan.FromMinutes(1), () => Notes.Count(_key + "/deactivated") > 0);

        Assert.Equal([nameof(DeactivationReasonCode.ActivationIdle)], Notes.Of(_key + "/deactivated"));
    }

    [Theory(Timeout = 30_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Timer_KeepsItsGrainOnlyWhenAsked(bool keepAlive)
    {
        await Grain.StartAsync(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), interleave: false, keepAlive);
        var armedCount = _clock.ArmedTimerCount;

        for (var minute = 1; minute <= 20; minute++)
        {
            var before = Notes.Count(_key);
            _clock.Advance(TimeSpan.FromMinutes(1));

            // The timer is armed again only after its callback; a minute that passes before that is lost.
            await TestClusters.UntilAsync(() =>
                (Notes.Count(_key) > before && _clock.ArmedTimerCount >= armedCount) || Notes.Count(_key + "/deactivated") > 0);
        }

        Assert.Equal(keepAlive ? 0 : 1, Notes.Count(_key + "/deactivated"));
    }

    private string Opened()
    {
        Gates.Open(_key + "/open");
        return _key + "/open";
    }
}
