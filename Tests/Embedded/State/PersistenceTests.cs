using Orleans.Runtime.Hosting;
using Orleans.Storage;
using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;

namespace OrleansFlow.Tests.Embedded.State;

/// <summary>Where states are kept, under which names, and what becomes of a grain whose storage fails.</summary>
public sealed class PersistenceTests : IAsyncLifetime
{
    private readonly FailingStorage _failing = new();
    private InProcessTestCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await TestClusters.StartAsync(
        configure: silo => silo.Services.AddGrainStorage("failing", (_, _) => _failing));

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact(Timeout = 30_000)]
    public async Task NamedStates_OfOneGrain_AreKeptApart()
    {
        var grain = _cluster.Client.GetGrain<ITwoStatesGrain>("a");
        Assert.Equal((0, 0, false, false), await grain.GetAsync());

        await grain.SetAsync(1, 2);
        await _cluster.DeactivateAsync(grain);
        Assert.Equal((1, 2, true, true), await grain.GetAsync());
        await grain.ClearFirstAsync();
        Assert.Equal((0, 2, false, true), await grain.GetAsync());
        await _cluster.DeactivateAsync(grain);

        Assert.Equal((0, 2, false, true), await grain.GetAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task StateWithoutAName_HasThatOfItsParameter_AndTheDefaultStorage()
    {
        var grain = _cluster.Client.GetGrain<ITwoStatesGrain>("b");
        await grain.SetAsync(3, 4);

        Assert.Equal("3,4,0", await grain.StateNamesAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Etag_IsNullUntilAWrite_AndChangesWithEach()
    {
        var grain = _cluster.Client.GetGrain<ITwoStatesGrain>("c");
        Assert.All(await grain.EtagsAsync(), Assert.Null);

        await grain.SetAsync(1, 1);
        var first = await grain.EtagsAsync();
        await grain.SetAsync(2, 2);
        var second = await grain.EtagsAsync();
        await grain.ClearFirstAsync();

        Assert.All(first, Assert.NotNull);
        Assert.NotEqual(first[0], second[0]);
        Assert.Null((await grain.EtagsAsync())[0]);
    }

    [Fact(Timeout = 30_000)]
    public async Task ClearState_OfNothing_DoesNoHarm_AndAWriteFollows()
    {
        var grain = _cluster.Client.GetGrain<ITwoStatesGrain>("d");
        await grain.ClearFirstAsync();
        await grain.SetAsync(1, 1);
        await grain.ClearFirstAsync();
        await grain.SetAsync(5, 1);
        await _cluster.DeactivateAsync(grain);

        Assert.Equal((5, 1, true, true), await grain.GetAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task CancelledAccess_DoesNothing()
    {
        var grain = _cluster.Client.GetGrain<ITwoStatesGrain>("e");
        await grain.SetAsync(1, 1);

        Assert.False(await grain.WriteCancelledAsync());
        Assert.Equal((1, 1, true, true), await grain.GetAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task GrainOfState_KeepsItUnderTheNameState_InTheStorageOfItsAttribute()
    {
        var grain = _cluster.Client.GetGrain<IProvidedGrain>("a");
        Assert.False(await grain.IsStoredAsync("flow"));

        await grain.AddAsync(1);

        Assert.True(await grain.IsStoredAsync("flow"));
        Assert.False(await grain.IsStoredAsync("Default"));
        Assert.True(await grain.ClearAsync());
        Assert.False(await grain.IsStoredAsync("flow"));
    }

    [Fact(Timeout = 30_000)]
    public async Task StatesOfAnyType_StartEmpty_AndAreKept()
    {
        var grain = _cluster.Client.GetGrain<IUnusualStatesGrain>("a");
        Assert.Equal("0 null null 0", await grain.GetAsync());

        await grain.SetAsync();
        await _cluster.DeactivateAsync(grain);

        Assert.Equal("7 seven label 1", await grain.GetAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task StateOfTheFactory_IsReadBeforeActivation()
    {
        var grain = _cluster.Client.GetGrain<IFactoryStateGrain>("a");
        await grain.AddAsync(2);
        await _cluster.DeactivateAsync(grain);

        Assert.Equal(5, await grain.AddAsync(3));
    }

    [Fact(Timeout = 30_000)]
    public async Task StaleState_EndsTheActivationThatHoldsIt_AndNotItsCallers()
    {
        var stale = _cluster.Client.GetGrain<IStateGrain>("stale");
        var caller = _cluster.Client.GetGrain<IForwardingGrain>("a");
        await stale.AddAsync(1);
        var (ofCaller, ofStale) = (await caller.ActivationAsync(), await stale.ActivationAsync());
        await stale.StealAsync();

        await Assert.ThrowsAsync<InconsistentStateException>(() => caller.AddToAsync(stale));

        Assert.Equal(ofCaller, await caller.ActivationAsync());
        Assert.NotEqual(ofStale, await stale.ActivationAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task StorageThatCannotRead_FailsTheActivation_AndTheNextCallTriesAgain()
    {
        var grain = _cluster.Client.GetGrain<IFailingStateGrain>("a");
        _failing.FailsAt = "read";

        var exception = await Assert.ThrowsAsync<IOException>(() => grain.WriteAsync());
        Assert.Equal("cannot read", exception.Message);
        _failing.FailsAt = null;

        await grain.WriteAsync();
    }

    [Fact(Timeout = 30_000)]
    public async Task StorageThatCannotWrite_FailsTheCall_AndTheActivationStays()
    {
        var grain = _cluster.Client.GetGrain<IFailingStateGrain>("b");
        var first = await grain.WriteAsync();
        _failing.FailsAt = "write";

        await Assert.ThrowsAsync<IOException>(() => grain.WriteAsync());
        _failing.FailsAt = null;

        Assert.Equal(first, await grain.WriteAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task StorageThatTakesPartInTheLifecycle_StartsAndStopsWithTheSilo()
    {
        await _cluster.Client.GetGrain<IFailingStateGrain>("c").WriteAsync();
        await _cluster.StopSilosAsync();

        Assert.Equal(["start", "read", "write", "stop"], _failing.Calls);
    }

    [Fact(Timeout = 30_000)]
    public async Task MissingStorage_IsNamed_ByBothKindsOfGrains()
    {
        await using var cluster = new InProcessTestClusterBuilder(1).Build();
        await cluster.DeployAsync(TestContext.Current.CancellationToken);

        var unnamed = await Assert.ThrowsAsync<BadProviderConfigException>(() => cluster.Client.GetGrain<IPlainStateGrain>("a").GetAsync());
        var named = await Assert.ThrowsAsync<BadProviderConfigException>(() => cluster.Client.GetGrain<IProvidedGrain>("a").AddAsync(1));
        var ofClassic = await Assert.ThrowsAsync<BadProviderConfigException>(() => cluster.Client.GetGrain<IClassicGrain>("a").GetAsync());

        Assert.StartsWith("No default storage provider found", unnamed.Message, StringComparison.Ordinal);
        Assert.Contains(typeof(PlainStateGrain).FullName!, unnamed.Message, StringComparison.Ordinal);
        Assert.StartsWith("No storage provider named \"flow\" found", named.Message, StringComparison.Ordinal);
        Assert.StartsWith("No default storage provider found", ofClassic.Message, StringComparison.Ordinal);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(1, true)]
    [InlineData(0, false)]
    public async Task MemoryStorage_TakesItsOptions_AndChecksThem(int grains, bool starts)
    {
        async Task StartAsync()
        {
            await using var cluster = await TestClusters.StartAsync(configure: silo => silo
                .AddMemoryGrainStorage("other", options => options.NumStorageGrains = grains));
        }

        if (starts)
        {
            await StartAsync();
        }
        else
        {
            Assert.Contains("'other'", (await Assert.ThrowsAnyAsync<Exception>(StartAsync)).ToString(), StringComparison.Ordinal);
        }
    }
}
