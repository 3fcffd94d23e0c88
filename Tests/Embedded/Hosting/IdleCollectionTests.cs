using Orleans.Configuration;
using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;

namespace OrleansFlow.Tests.Embedded.Hosting;

/// <summary>How many activations end, idle or with their silo: in bounded steps, all of them, and with calls served between.</summary>
public sealed class IdleCollectionTests : IAsyncLifetime
{
    private const int EndsUnderWayMax = 256;

    // Longer than any test lets pass that holds the gate shut, but for the one about this.
    private static readonly TimeSpan DeactivationTimeout = TimeSpan.FromHours(1);
    private readonly ManualTimeProvider _clock = new();
    private readonly CollectionWatch _watch = CollectionWatch.Start();
    private InProcessTestCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await TestClusters.StartAsync(
        clock: _clock,
        configure: static silo => silo.Configure<GrainCollectionOptions>(static options =>
        {
            options.CollectionAge = TimeSpan.FromMinutes(10);
            options.CollectionQuantum = TimeSpan.FromMinutes(1);
            options.DeactivationTimeout = DeactivationTimeout;
        }));

    public async ValueTask DisposeAsync()
    {
        _watch.Gate.TrySetResult();
        await _cluster.DisposeAsync();
    }

    [Fact(Timeout = 30_000)]
    public async Task Collection_OfManyIdleActivations_GoesInBoundedStepsAndMissesNone()
    {
        var keys = await ActivateAsync(1_000);
        _clock.Advance(TimeSpan.FromMinutes(10));
        await UntilAsync(() => _watch.BegunCount == EndsUnderWayMax);

        // Others are served while the ends wait, and as long as none is over no further one begins.
        await CallOtherAsync(200);
        Assert.Equal(EndsUnderWayMax, _watch.BegunCount);
        Assert.Empty(_watch.Ended);

        _watch.Gate.SetResult();
        await UntilAsync(() => _watch.Ended.Count == keys.Count);

        Assert.Equal(keys.Order(StringComparer.Ordinal), _watch.Ended.Order(StringComparer.Ordinal));
        Assert.InRange(_watch.UnderWayMax, 1, EndsUnderWayMax);
    }

    [Fact(Timeout = 30_000)]
    public async Task Collection_OfMoreThanOneStepLooksAt_MissesNone()
    {
        _watch.Gate.SetResult();
        var keys = await ActivateAsync(7_000);
        _clock.Advance(TimeSpan.FromMinutes(10));

        await UntilAsync(() => _watch.Ended.Count == keys.Count);
        Assert.InRange(_watch.UnderWayMax, 1, EndsUnderWayMax);
    }

    [Fact(Timeout = 30_000)]
    public async Task Call_ToAnActivationThatIsBeingCollected_IsAnsweredByANewOne()
    {
        var grain = Grain("a");
        var before = await grain.ActivationAsync();
        _clock.Advance(TimeSpan.FromMinutes(10));
        await UntilAsync(() => _watch.BegunCount == 1);

        var call = grain.ActivationAsync();
        Assert.False(call.IsCompleted);
        _watch.Gate.SetResult();

        Assert.NotEqual(before, await call);
    }

    [Fact(Timeout = 30_000)]
    public async Task Call_BeforeThePassReachesItsActivation_KeepsIt()
    {
        var keys = await ActivateAsync(1_000);
        _clock.Advance(TimeSpan.FromMinutes(10));
        await UntilAsync(() => _watch.BegunCount == EndsUnderWayMax);

        // All are called: those whose end has begun are answered by new ones, the others stay.
        var calls = keys.Select(key => _cluster.Client.GetGrain<ICollectedGrain>(key).ActivationAsync()).ToList();
        await TestClusters.UntilAsync(() => calls.Count(call => call.IsCompleted) == keys.Count - EndsUnderWayMax);
        _watch.Gate.SetResult();
        await Task.WhenAll(calls);

        Assert.Equal(EndsUnderWayMax, _watch.BegunCount);
    }

    [Fact(Timeout = 30_000)]
    public async Task Collection_WithEndsThatHang_GoesOnAfterTheirTimeLimit()
    {
        await ActivateAsync(600);
        _clock.Advance(TimeSpan.FromMinutes(10));
        await UntilAsync(() => _watch.BegunCount == EndsUnderWayMax);

        await _clock.AdvanceUntilAsync(DeactivationTimeout, () => _watch.BegunCount == 600);

        Assert.Empty(_watch.Ended);
    }

    [Fact(Timeout = 30_000)]
    public async Task Activation_MadeDuringAPass_IsCollectedByALaterOne()
    {
        await ActivateAsync(600);
        _clock.Advance(TimeSpan.FromMinutes(10));
        await UntilAsync(() => _watch.BegunCount == EndsUnderWayMax);
        await Grain("late").ActivationAsync();
        _watch.Gate.SetResult();

        await UntilAsync(() => _watch.Ended.Count == 601);
    }

    [Fact(Timeout = 30_000)]
    public async Task SiloStop_WithManyActivations_EndsThemInBoundedStepsAndMissesNone()
    {
        var keys = await ActivateAsync(1_000);
        var stop = _cluster.StopSiloAsync(_cluster.Silos[0]);
        await TestClusters.UntilAsync(() => _watch.BegunCount == EndsUnderWayMax);
        Assert.False(stop.IsCompleted);

        _watch.Gate.SetResult();
        await stop;

        Assert.Equal(keys.Order(StringComparer.Ordinal), _watch.Ended.Order(StringComparer.Ordinal));
        Assert.InRange(_watch.UnderWayMax, 1, EndsUnderWayMax);
    }

    [Fact(Timeout = 30_000)]
    public async Task SiloStop_WithEndsThatHang_BeginsTheOthersWithinTheTimeOfOne()
    {
        await ActivateAsync(600);
        var stop = _cluster.StopSiloAsync(_cluster.Silos[0]);
        await TestClusters.UntilAsync(() => _watch.BegunCount == EndsUnderWayMax);

        _clock.Advance(DeactivationTimeout / 16);
        await TestClusters.UntilAsync(() => _watch.BegunCount == 2 * EndsUnderWayMax);
        _clock.Advance(DeactivationTimeout / 16);
        await TestClusters.UntilAsync(() => _watch.BegunCount == 600);
        _watch.Gate.SetResult();
        await stop;

        Assert.Equal(600, _watch.Ended.Count);
    }

    [Fact(Timeout = 30_000)]
    public async Task SiloStop_WithEndsThatHangForEver_IsOverAfterTwiceTheirTimeLimit()
    {
        await ActivateAsync(600);
        var stop = _cluster.StopSiloAsync(_cluster.Silos[0]);
        await TestClusters.UntilAsync(() => _watch.BegunCount == EndsUnderWayMax);

        await _clock.AdvanceUntilAsync(DeactivationTimeout / 16, () => stop.IsCompleted);
        await stop;

        Assert.Empty(_watch.Ended);
    }

    // A quantum that comes while a pass is under way begins no other, so that it can take another one.
    private Task UntilAsync(Func<bool> condition) => _clock.AdvanceUntilAsync(TimeSpan.FromSeconds(30), condition);

    private ICollectedGrain Grain(string name) => _cluster.Client.GetGrain<ICollectedGrain>($"{_watch.Name}/{name}");

    private async Task<List<string>> ActivateAsync(int count)
    {
        var keys = Enumerable.Range(0, count).Select(number => $"{_watch.Name}/{number}").ToList();
        foreach (var key in keys)
        {
            await _cluster.Client.GetGrain<ICollectedGrain>(key).ActivationAsync();
        }

        return keys;
    }

    private async Task CallOtherAsync(int count)
    {
        var other = _cluster.Client.GetGrain<ILongLivedGrain>("other");
        for (var call = 0; call < count; call++)
        {
            await other.ActivationAsync();
        }
    }
}
