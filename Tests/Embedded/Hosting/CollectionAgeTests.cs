using Orleans.Configuration;
using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;

namespace OrleansFlow.Tests.Embedded.Hosting;

/// <summary>When idle activations end: by options, by attribute, and never.</summary>
public sealed class CollectionAgeTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _clock = new();
    private InProcessTestCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await TestClusters.StartAsync(
        clock: _clock,
        configure: static silo => silo.Configure<GrainCollectionOptions>(static options =>
        {
            options.CollectionAge = TimeSpan.FromMinutes(10);
            options.CollectionQuantum = TimeSpan.FromMinutes(1);
            options.ClassSpecificCollectionAge[typeof(ConfiguredGrain).FullName!] = TimeSpan.FromMinutes(20);
        }));

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact(Timeout = 30_000)]
    public Task Age_OfTheOptions_EndsAnIdleActivation() =>
        AssertEndsBetweenAsync(_cluster.Client.GetGrain<IPlainlyAgingGrain>("a"), minutesAlive: 9, minutesGone: 12);

    [Fact(Timeout = 30_000)]
    public Task Age_OfTheAttribute_WinsOverTheOptions() =>
        AssertEndsBetweenAsync(_cluster.Client.GetGrain<IShortLivedGrain>("a"), minutesAlive: 2, minutesGone: 5);

    [Fact(Timeout = 30_000)]
    public Task Age_OfTheClassInTheOptions_WinsOverTheGeneralOne() =>
        AssertEndsBetweenAsync(_cluster.Client.GetGrain<IConfiguredGrain>("a"), minutesAlive: 19, minutesGone: 22);

    [Fact(Timeout = 30_000)]
    public async Task DelayDeactivation_HoldsAnIdleActivation()
    {
        var grain = _cluster.Client.GetGrain<IPlainlyAgingGrain>("a");
        await grain.DelayAsync(TimeSpan.FromMinutes(30));

        await AssertEndsBetweenAsync(grain, minutesAlive: 29, minutesGone: 43);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(0)]
    [InlineData(-60_000)]
    public async Task DelayDeactivation_OfZeroOrLess_EndsTheDelay(int ms)
    {
        var grain = _cluster.Client.GetGrain<IPlainlyAgingGrain>("a");
        await grain.DelayAsync(TimeSpan.FromDays(30));
        await grain.DelayAsync(TimeSpan.FromMilliseconds(ms));

        await AssertEndsBetweenAsync(grain, minutesAlive: 9, minutesGone: 12);
    }

    [Fact(Timeout = 30_000)]
    public async Task DelayDeactivation_OfInfiniteTime_HoldsUntilTheGrainItselfEnds()
    {
        var delayed = _cluster.Client.GetGrain<IPlainlyAgingGrain>("a");
        await delayed.DelayAsync(Timeout.InfiniteTimeSpan);
        await AssertEndsBetweenAsync(_cluster.Client.GetGrain<IConfiguredGrain>("a"), minutesAlive: 19, minutesGone: 22);
        Assert.True(_cluster.TryGetGrainContext(delayed.GetGrainId(), out var context));

        context.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, "The test ends it."));

        await context.Deactivated;
    }

    [Fact]
    public void AgeLimit_AddsItsParts_AndIsAtLeastAMinute()
    {
        Assert.Equal(TimeSpan.FromMinutes(1), new CollectionAgeLimitAttribute { Minutes = 0.5 }.AgeLimit);
        Assert.Equal(new TimeSpan(1, 2, 30, 0), new CollectionAgeLimitAttribute { Days = 1, Hours = 2, Minutes = 30 }.AgeLimit);
        Assert.Equal(TimeSpan.FromMinutes(90), new CollectionAgeLimitAttribute("01:30:00").AgeLimit);
        Assert.Equal(TimeSpan.MaxValue, new CollectionAgeLimitAttribute { AlwaysActive = true }.AgeLimit);
    }

    [Fact(Timeout = 30_000)]
    public async Task KeepAlive_IsNeverCollected()
    {
        var kept = _cluster.Client.GetGrain<ILongLivedGrain>("a");
        await kept.ActivationAsync();

        // The other grain's end shows that the collector ran.
        await AssertEndsBetweenAsync(_cluster.Client.GetGrain<IConfiguredGrain>("a"), minutesAlive: 19, minutesGone: 22);

        Assert.True(_cluster.TryGetGrainContext(kept.GetGrainId(), out _));
    }

    private async Task AssertEndsBetweenAsync(IAgingGrain grain, int minutesAlive, int minutesGone)
    {
        await grain.ActivationAsync();
        Assert.True(_cluster.TryGetGrainContext(grain.GetGrainId(), out var context));
        for (var minute = 0; minute < minutesAlive; minute++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
        }

        // Whether it was to end is decided in its own turns, after what was queued before this.
        var decided = new TaskCompletionSource();
        context.Scheduler.QueueAction(decided.SetResult);
        await decided.Task;
        Assert.False(context.Deactivated.IsCompleted);
        for (var minute = minutesAlive; minute < minutesGone; minute++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
        }

        await context.Deactivated;
    }
}
