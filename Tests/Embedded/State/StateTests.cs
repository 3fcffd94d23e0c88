using Orleans.Storage;
using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;

namespace OrleansFlow.Tests.Embedded.State;

public sealed class StateTests : IAsyncLifetime
{
    private InProcessTestCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await TestClusters.StartAsync(silos: 2);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact(Timeout = 30_000)]
    public async Task State_IsReadBeforeActivation()
    {
        var grain = _cluster.Client.GetGrain<IStateGrain>("a");
        Assert.Equal((false, null, 0), await grain.StatusAsync());

        Assert.Equal(5, await grain.AddAsync(5));
        await _cluster.DeactivateAsync(grain);

        Assert.Equal(5, await grain.GetAsync());
        var (exists, etag, seen) = await grain.StatusAsync();
        Assert.True(exists);
        Assert.NotNull(etag);
        Assert.Equal(5, seen);
    }

    [Fact(Timeout = 30_000)]
    public async Task ClearState_RemovesIt()
    {
        var grain = _cluster.Client.GetGrain<IStateGrain>("b");
        await grain.AddAsync(5);

        await grain.ClearAsync();

        Assert.Equal(0, await grain.GetAsync());
        Assert.False((await grain.StatusAsync()).Exists);
        await _cluster.DeactivateAsync(grain);
        Assert.Equal(0, await grain.GetAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task StaleWrite_FailsAndEndsTheActivation()
    {
        var grain = _cluster.Client.GetGrain<IStateGrain>("c");
        await grain.AddAsync(1);
        var first = await grain.ActivationAsync();
        await grain.StealAsync();

        var exception = await Assert.ThrowsAsync<InconsistentStateException>(() => grain.AddAsync(1));

        Assert.NotEqual(exception.StoredEtag, exception.CurrentEtag);
        Assert.NotEqual(first, await grain.ActivationAsync());
        Assert.Equal(102, await grain.AddAsync(1));
    }

    [Fact(Timeout = 30_000)]
    public async Task Constructor_GetsKeyedAndPlainServices()
    {
        Assert.Equal("False,True,True,True", await _cluster.Client.GetGrain<IStateGrain>("d").InjectedAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task GrainOfState_KeepsItsState()
    {
        var grain = _cluster.Client.GetGrain<IClassicGrain>("a");
        await grain.AddAsync(3);
        await grain.ForgetAndReadAsync();
        Assert.Equal(3, await grain.GetAsync());

        await _cluster.DeactivateAsync(grain);

        Assert.Equal(4, await grain.AddAsync(1));
    }

    [Fact(Timeout = 30_000)]
    public async Task MemoryStorage_KeepsPlainClasses()
    {
        var grain = _cluster.Client.GetGrain<IPlainStateGrain>("a");
        Assert.Equal(1003, await grain.AddAsync(3));

        await _cluster.DeactivateAsync(grain);

        Assert.Equal(3, await grain.GetAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Arguments_AreCopied()
    {
        var grain = _cluster.Client.GetGrain<IIsolationGrain>("a");
        var mine = new Tally { Count = 1, Notes = ["mine"] };
        await grain.KeepAsync(mine);

        mine.Notes.Add("changed afterwards");

        Assert.Equal(["mine"], (await grain.GetAsync()).Notes);
        Assert.False(await grain.IsSameAsync(mine));
    }

    [Fact(Timeout = 30_000)]
    public async Task Results_AreCopied()
    {
        var grain = _cluster.Client.GetGrain<IIsolationGrain>("b");
        var got = await grain.GetAsync();

        got.Notes.Add("changed by the caller");

        Assert.Empty((await grain.GetAsync()).Notes);
    }

    [Fact(Timeout = 30_000)]
    public async Task ImmutableArguments_AreHandedOver()
    {
        var grain = _cluster.Client.GetGrain<IIsolationGrain>("c");
        var shared = new Tally();

        await grain.KeepSharedAsync(shared);

        Assert.True(await grain.IsSameAsync(shared));
    }
}
