using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;

namespace OrleansFlow.Tests.Embedded.Hosting;

/// <summary>What the management grain tells and does.</summary>
public sealed class ManagementGrainTests : IAsyncLifetime
{
    private readonly string _counterClass = $"{typeof(CounterGrain).FullName},{typeof(CounterGrain).Assembly.GetName().Name}";
    private InProcessTestCluster _cluster = null!;

    private IManagementGrain Management => _cluster.Client.GetGrain<IManagementGrain>(0);

    public async ValueTask InitializeAsync() => _cluster = await TestClusters.StartAsync(silos: 2);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact(Timeout = 30_000)]
    public async Task GetHosts_NamesTheActiveSilos()
    {
        var hosts = await Management.GetHosts();

        Assert.Equal(_cluster.Silos.Select(silo => silo.SiloAddress).Order(), hosts.Keys.Order());
        Assert.All(hosts.Values, status => Assert.Equal(SiloStatus.Active, status));
        await _cluster.KillSiloAsync(_cluster.Silos[1]);
        Assert.Equal(_cluster.Silos[0].SiloAddress, Assert.Single(await Management.GetHosts(onlyActive: true)).Key);
    }

    [Fact(Timeout = 30_000)]
    public async Task Statistics_CountActivations()
    {
        for (var key = 0; key < 20; key++)
        {
            await _cluster.Client.GetGrain<ICounterGrain>($"{key}").IncrementAsync();
        }

        var simple = await Management.GetSimpleGrainStatistics();
        var first = await Management.GetSimpleGrainStatistics([_cluster.Silos[0].SiloAddress]);
        var detailed = await Management.GetDetailedGrainStatistics([_counterClass]);

        Assert.Equal(20, simple.Where(line => line.GrainType == _counterClass).Sum(line => line.ActivationCount));
        Assert.Equal(
            simple.Single(line => line.GrainType == _counterClass && line.SiloAddress.Equals(_cluster.Silos[0].SiloAddress)).ActivationCount,
            first.Single(line => line.GrainType == _counterClass).ActivationCount);
        Assert.Equal(20, detailed.Select(line => line.GrainId).Distinct().Count());
        Assert.Equal(20, await Management.GetGrainActivationCount((GrainReference)(object)_cluster.Client.GetGrain<ICounterGrain>("0")));
        Assert.Equal(20, (await Management.GetActiveGrains(GrainType.Create("counter"))).Count);
        Assert.Equal(21, await Management.GetTotalActivationCount());
    }

    [Fact(Timeout = 30_000)]
    public async Task GetActivationAddress_IsWhereTheGrainRuns()
    {
        var grain = _cluster.Client.GetGrain<ICounterGrain>("here");
        Assert.Null(await Management.GetActivationAddress(grain));

        var name = await grain.WhereAsync();

        var address = await Management.GetActivationAddress(grain);
        Assert.Equal(_cluster.Silos.Single(silo => silo.Name == name).SiloAddress, address);
    }

    [Fact(Timeout = 30_000)]
    public async Task ForceActivationCollection_EndsIdleGrainsOnly()
    {
        var grain = _cluster.Client.GetGrain<ICounterGrain>("idle");
        var first = await grain.ActivationAsync();

        await Management.ForceActivationCollection(TimeSpan.FromHours(1));
        Assert.Equal(first, await grain.ActivationAsync());

        await Management.ForceActivationCollection([.. _cluster.Silos.Select(silo => silo.SiloAddress)], TimeSpan.Zero);
        Assert.Null(await Management.GetActivationAddress(grain));
        Assert.NotEqual(first, await grain.ActivationAsync());
    }
}
