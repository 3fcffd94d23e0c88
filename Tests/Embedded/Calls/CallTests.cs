using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;

namespace OrleansFlow.Tests.Embedded.Calls;

public sealed class CallTests : IAsyncLifetime
{
    private InProcessTestCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await TestClusters.StartAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact(Timeout = 30_000)]
    public async Task Call_OfNewGrain_ActivatesItOnce()
    {
        var grain = _cluster.Client.GetGrain<ICounterGrain>("a");

        Assert.Equal(1, await grain.IncrementAsync());
        Assert.Equal(2, await _cluster.Client.GetGrain<ICounterGrain>("a").IncrementAsync());
        Assert.Equal(1, await _cluster.Client.GetGrain<ICounterGrain>("b").IncrementAsync());
        Assert.Equal(2, await grain.GetAsync());
        await grain.PingAsync();
    }

    [Fact(Timeout = 30_000)]
    public async Task Call_OfGenericMethod_KeepsTheType()
    {
        var grain = _cluster.Client.GetGrain<ICounterGrain>("a");

        Assert.Equal(42, await grain.EchoAsync(42));
        Assert.Equal("x", await grain.EchoAsync("x"));
    }

    [Fact(Timeout = 30_000)]
    public async Task Call_ThatFails_ThrowsTheGrainsExceptionWithItsStack()
    {
        var grain = _cluster.Client.GetGrain<ICounterGrain>("a");

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => grain.ThrowAsync("as asked"));

        Assert.Equal("as asked", exception.Message);
        Assert.Contains(nameof(CounterGrain), exception.StackTrace, StringComparison.Ordinal);
        Assert.Equal(1, await grain.IncrementAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Calls_FromManyCallers_AreNotLost()
    {
        var grain = _cluster.Client.GetGrain<ICounterGrain>("many");

        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(async () =>
        {
            for (var call = 0; call < 100; call++)
            {
                await grain.IncrementAsync();
            }
        })));

        Assert.Equal(10_000, await grain.GetAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task OneWayCall_IsExecutedWithoutAnswer()
    {
        var grain = _cluster.Client.GetGrain<ICounterGrain>("one-way");

        await grain.ForgetAsync(2);
        Forget(grain, 3);

        Assert.Equal(5, await grain.GetAsync());
    }

    private static void Forget(ICounterGrain grain, int amount) => grain.Forget(amount);

    [Fact(Timeout = 30_000)]
    public async Task Keys_AreReadBack()
    {
        var guid = Guid.Parse("0f8fad5b-d9cb-469f-a165-70867728950e");

        Assert.Equal(guid, await _cluster.Client.GetGrain<IKeyedByGuid>(guid).KeyAsync());
        Assert.Equal(-5, await _cluster.Client.GetGrain<IKeyedByInteger>(-5).KeyAsync());
        Assert.Equal((7, "x"), await _cluster.Client.GetGrain<IKeyedByCompound>(7, "x").KeyAsync());
    }

    [Fact(Timeout = 30_000)]
    public void GrainIds_HaveOrleansText()
    {
        var client = _cluster.Client;

        Assert.Equal("counter/a", client.GetGrain<ICounterGrain>("a").GetGrainId().ToString());
        Assert.Equal("custom-type/FF", client.GetGrain<IKeyedByInteger>(255).GetGrainId().ToString());
        Assert.Equal(
            "keyedbyguid/0f8fad5bd9cb469fa16570867728950e",
            client.GetGrain<IKeyedByGuid>(Guid.Parse("0f8fad5b-d9cb-469f-a165-70867728950e")).GetGrainId().ToString());
        Assert.Equal("keyedbycompound/7+x", client.GetGrain<IKeyedByCompound>(7, "x").GetGrainId().ToString());
        Assert.Equal(GrainId.Create("counter", "a"), GrainId.Parse("counter/a"));
        Assert.False(GrainId.TryParse("counter", out _));
    }

    [Fact(Timeout = 30_000)]
    public async Task Reference_CanBeMadeFromAnId()
    {
        await _cluster.Client.GetGrain<ICounterGrain>("id").IncrementAsync();

        var grain = _cluster.Client.GetGrain<ICounterGrain>(GrainId.Create("counter", "id"));

        Assert.Equal(2, await grain.IncrementAsync());
        Assert.Equal(3, await _cluster.Client.GetGrain(GrainId.Create("counter", "id")).AsReference<ICounterGrain>().IncrementAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task DeactivateOnIdle_GivesTheNextCallANewActivation()
    {
        var grain = _cluster.Client.GetGrain<ICounterGrain>("gone");
        var first = await grain.ActivationAsync();

        await grain.DeactivateAsync();

        Assert.NotEqual(first, await grain.ActivationAsync());
    }
}
