using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;

namespace OrleansFlow.Tests.Embedded.Calls;

public sealed class TurnTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _clock = new();
    private readonly string _key = Guid.NewGuid().ToString("N");
    private InProcessTestCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await TestClusters.StartAsync(
        clock: _clock,
        configureClient: client => client.Services.Configure<ClientMessagingOptions>(options => options.CancelRequestOnTimeout = true));

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact(Timeout = 30_000)]
    public async Task Await_InsideGrain_ResumesOnTheActivation()
    {
        Assert.Equal("True,True,True,True,True,True,True", await Grain<TurnGrain>().SchedulersAsync());
    }

    [Theory(Timeout = 30_000)]
    [InlineData(typeof(TurnGrain))]
    [InlineData(typeof(ReentrantTurnGrain))]
    public async Task Turns_OfOneGrain_NeverOverlap(Type grainClass)
    {
        var grain = Grain(grainClass);

        var seen = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => grain.InterleavingsAsync(50)));

        Assert.Equal(0, seen.Sum());
    }

    [Fact(Timeout = 30_000)]
    public async Task Request_OfNonReentrantGrain_WaitsForTheRunningOne()
    {
        var grain = Grain<TurnGrain>();
        var held = await HoldAsync(grain);

        var quick = grain.QuickAsync();
        Assert.Equal("interleaved", await grain.InterleaveAsync());
        Assert.False(quick.IsCompleted);

        Gates.Open(_key);
        await held;
        Assert.Equal("quick", await quick);
    }

    [Fact(Timeout = 30_000)]
    public async Task Request_OfReentrantGrain_Interleaves()
    {
        var grain = Grain<ReentrantTurnGrain>();
        var held = await HoldAsync(grain);

        Assert.Equal("quick", await grain.QuickAsync());

        Gates.Open(_key);
        await held;
    }

    [Fact(Timeout = 30_000)]
    public async Task MayInterleave_DecidesByRequest()
    {
        var grain = Grain<ChoosyTurnGrain>();
        var held = await HoldAsync(grain);

        var read = grain.QuickReadOnlyAsync();
        Assert.Equal("quick", await grain.QuickAsync());
        Assert.False(read.IsCompleted);

        Gates.Open(_key);
        await held;
        Assert.Equal("read", await read);
    }

    [Fact(Timeout = 30_000)]
    public async Task ReadOnlyRequests_InterleaveWithEachOtherOnly()
    {
        var grain = Grain<TurnGrain>();
        var held = grain.HoldReadOnlyAsync(_key);
        await TestClusters.UntilAsync(() => Gates.EnteredCount(_key) == 1);

        var writer = grain.QuickAsync();
        Assert.Equal("read", await grain.QuickReadOnlyAsync());
        Assert.False(writer.IsCompleted);

        Gates.Open(_key);
        await held;
        Assert.Equal("quick", await writer);
    }

    [Fact(Timeout = 30_000)]
    public async Task CallChain_ThatIsAllowed_ReentersItsGrain()
    {
        Assert.Equal("quick", await Grain<TurnGrain>().CallBackAsync(allow: true));
    }

    [Fact(Timeout = 30_000)]
    public async Task CallChain_ThatIsNotAllowed_EndsByTimeout()
    {
        var call = Grain<TurnGrain>().CallBackAsync(allow: false);

        await TestClusters.UntilAsync(() => Notes.Count(_key) == 1);
        _clock.Advance(TimeSpan.FromSeconds(31));

        var exception = await Assert.ThrowsAsync<TimeoutException>(() => call);
        Assert.Contains("00:00:30", exception.Message, StringComparison.Ordinal);
        Assert.Equal("quick", await Grain<TurnGrain>().QuickAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task CallChain_ThatIsSuppressed_EndsByTimeout()
    {
        var call = Grain<TurnGrain>().CallBackSuppressedAsync();

        await TestClusters.UntilAsync(() => Notes.Count(_key) == 1);
        _clock.Advance(TimeSpan.FromSeconds(31));

        await Assert.ThrowsAsync<TimeoutException>(() => call);
    }

    [Fact(Timeout = 30_000)]
    public async Task Timeout_OfMethod_ReplacesTheConfiguredOne()
    {
        var grain = Grain<TurnGrain>();
        var call = grain.HoldBrieflyAsync(_key);
        await TestClusters.UntilAsync(() => Gates.EnteredCount(_key) == 1);

        _clock.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(call.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(0.5));

        await Assert.ThrowsAsync<TimeoutException>(() => call);
        Gates.Open(_key);
        Assert.Equal("quick", await grain.QuickAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Timeout_OfWaitingRequest_DropsIt()
    {
        var grain = Grain<TurnGrain>();
        var held = grain.HoldAsync(_key);
        await TestClusters.UntilAsync(() => Gates.EnteredCount(_key) == 1);

        var late = grain.HoldBrieflyAsync(_key + "-late");
        _clock.Advance(TimeSpan.FromSeconds(3));
        await Assert.ThrowsAsync<TimeoutException>(() => late);
        Gates.Open(_key);
        await held;

        Assert.Equal("quick", await grain.QuickAsync());
        Assert.Equal(0, Gates.EnteredCount(_key + "-late"));
    }

    [Fact(Timeout = 30_000)]
    public async Task Cancellation_OfRunningRequest_CancelsItsTokenInATurn()
    {
        var grain = Grain<TurnGrain>();
        using var cancellation = new CancellationTokenSource();
        var call = grain.HoldUntilCancelledAsync(_key, cancellation.Token);
        await TestClusters.UntilAsync(() => Gates.EnteredCount(_key) == 1);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.True(call.IsCanceled);
        Assert.Equal(1, await grain.CancelledCountAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Cancellation_OfWaitingRequest_TakesItOut()
    {
        var grain = Grain<TurnGrain>();
        var held = await HoldAsync(grain);
        using var cancellation = new CancellationTokenSource();
        var call = grain.HoldUntilCancelledAsync(_key + "-second", cancellation.Token);

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Gates.Open(_key);
        await held;

        Assert.Equal(0, await grain.CancelledCountAsync());
        Assert.Equal(0, Gates.EnteredCount(_key + "-second"));
    }

    [Fact(Timeout = 30_000)]
    public async Task Timeout_CancelsTheCallee()
    {
        var grain = Grain<TurnGrain>();
        var call = grain.HoldUntilCancelledAsync(_key, TestContext.Current.CancellationToken);
        await TestClusters.UntilAsync(() => Gates.EnteredCount(_key) == 1);

        _clock.Advance(TimeSpan.FromSeconds(31));

        await Assert.ThrowsAsync<TimeoutException>(() => call);
        Assert.Equal(1, await grain.CancelledCountAsync());
    }

    private ITurnGrain Grain<TGrain>() => Grain(typeof(TGrain));

    private ITurnGrain Grain(Type grainClass) => _cluster.Client.GetGrain<ITurnGrain>(_key, grainClass.FullName);

    private async Task<Task> HoldAsync(ITurnGrain grain)
    {
        var held = grain.HoldAsync(_key);
        await TestClusters.UntilAsync(() => Gates.EnteredCount(_key) == 1);
        return held;
    }
}
