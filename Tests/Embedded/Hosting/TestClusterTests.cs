using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;

namespace OrleansFlow.Tests.Embedded.Hosting;

/// <summary>Goal: the two kinds of test cluster start, stop, kill, restart and move as in Orleans.</summary>
public sealed class TestClusterTests
{
    private readonly string _key = Guid.NewGuid().ToString("N");

    [Fact(Timeout = 30_000)]
    public async Task TestCluster_IsComposedByItsConfiguratorTypes()
    {
        var builder = new TestClusterBuilder(2);
        builder.Properties["colour"] = "green";
        builder.ConfigureHostConfiguration(configuration => configuration.AddInMemoryCollection([new("shape", "round")]));
        builder.AddSiloBuilderConfigurator<SiloSetup>();
        builder.AddClientBuilderConfigurator<ClientSetup>();
        await using var cluster = builder.Build();

        await cluster.DeployAsync();

        Assert.Equal(["Primary", "Secondary_1"], cluster.Silos.Select(silo => silo.Name));
        Assert.Equal("quick", await cluster.GrainFactory.GetGrain<ILifeGrain>(_key).QuickAsync());
        var composed = cluster.GetSiloServiceProvider().GetRequiredService<Composed>();
        Assert.Equal(("green", "round", builder.Options.ClusterId, "Primary"), (composed.Colour, composed.Shape, composed.ClusterId, composed.SiloName));
        Assert.Equal("client", cluster.ServiceProvider.GetRequiredService<Composed>().SiloName);
        Assert.Same(builder.Options, cluster.Primary!.ClusterOptions);
        Assert.All(cluster.Silos, silo => Assert.True(cluster.ContainsSilo(silo.SiloAddress)));
    }

    [Fact]
    public void TestClusterBuilder_RefusesATypeThatComposesNothing()
    {
        var exception = Assert.Throws<ArgumentException>(() => new TestClusterBuilder().AddSiloBuilderConfigurator<Composed>());

        Assert.Contains(nameof(ISiloConfigurator), exception.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task TestCluster_StopsKillsAndRestartsItsSilos()
    {
        await using var cluster = new TestClusterBuilder(2).Build();
        await cluster.DeployAsync();
        var (primary, secondary) = (cluster.Primary!, cluster.SecondarySilos.Single());

        await cluster.KillSiloAsync(secondary);
        Assert.False(secondary.IsActive);
        Assert.Equal("quick", await cluster.Client.GetGrain<ILifeGrain>(_key).QuickAsync());
        var again = await cluster.RestartStoppedSecondarySiloAsync(secondary.Name);
        Assert.Equal((secondary.Name, secondary.InstanceNumber), (again.Name, again.InstanceNumber));
        Assert.NotEqual(secondary.SiloAddress, again.SiloAddress);
        Assert.Equal("Secondary_2", (await cluster.StartAdditionalSiloAsync()).Name);
        await cluster.StopSecondarySilosAsync();
        Assert.Equal([primary], cluster.GetActiveSilos());
        Assert.Equal(primary.Name, (await cluster.RestartSiloAsync(primary))!.Name);
        await cluster.StopPrimarySiloAsync();

        Assert.Empty(cluster.Silos);
        Assert.Throws<InvalidOperationException>(() => cluster.Client);
    }

    [Fact(Timeout = 30_000)]
    public async Task Migrate_MovesTheActivation_AndTheNextCallFindsItThere()
    {
        await using var cluster = await TestClusters.StartAsync(silos: 3);
        var grain = cluster.Client.GetGrain<ILifeGrain>(_key);
        var first = await grain.ActivationAsync();
        var home = await grain.WhereAsync();
        var target = cluster.Silos.First(silo => silo.Name != home);

        await cluster.MigrateAsync(grain, target.SiloAddress);

        Assert.Equal(target.Name, await grain.WhereAsync());
        Assert.NotEqual(first, await grain.ActivationAsync());
        Assert.Contains("deactivating Migrating", Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task Migrate_WithoutATarget_TakesAnotherSilo()
    {
        await using var cluster = await TestClusters.StartAsync(silos: 2);
        var grain = cluster.Client.GetGrain<ILifeGrain>(_key);
        var home = await grain.WhereAsync();

        await cluster.MigrateAsync(grain);

        Assert.NotEqual(home, await grain.WhereAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Migrate_ToAnAddressWithoutASilo_IsRefused()
    {
        await using var cluster = await TestClusters.StartAsync(silos: 1);

        await Assert.ThrowsAsync<ArgumentException>(() => cluster.MigrateAsync(cluster.Client.GetGrain<ILifeGrain>(_key), SiloAddress.Zero));
    }

    [Fact(Timeout = 30_000)]
    public async Task InProcessCluster_WhoseSiloCannotStart_SaysWhyAndCanBeDisposed()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) => silo.AddStartupTask((_, _) => throw new InvalidOperationException("not today")));
        await using var cluster = builder.Build();

        var exception = await Assert.ThrowsAnyAsync<Exception>(() => cluster.DeployAsync());

        Assert.Contains("not today", exception.ToString(), StringComparison.Ordinal);
        Assert.Empty(cluster.Silos);
    }

    [Fact]
    public void PortAllocator_GivesEveryClusterPortsOfItsOwn()
    {
        using var allocator = new TestClusterPortAllocator();
        var (silo, gateway) = allocator.AllocateConsecutivePortPairs(3);
        var (nextSilo, nextGateway) = allocator.AllocateConsecutivePortPairs();

        Assert.True(Math.Abs(silo - nextSilo) >= 3 && Math.Abs(gateway - nextGateway) >= 3);
        Assert.Throws<ArgumentOutOfRangeException>(() => allocator.AllocateConsecutivePortPairs(0));
    }

    internal sealed record Composed(string? Colour, string? Shape, string? ClusterId, string? SiloName)
    {
        public Composed()
            : this(null, null, null, null)
        {
        }
    }

    private sealed class SiloSetup : IHostConfigurator, ISiloConfigurator
    {
        public void Configure(IHostBuilder hostBuilder) => hostBuilder.ConfigureServices(services => services.AddSingleton(new Composed(
            hostBuilder.GetConfigurationValue("colour"), hostBuilder.GetConfigurationValue("shape"),
            hostBuilder.GetTestClusterOptions().ClusterId, hostBuilder.GetConfigurationValue("SiloName"))));

        public void Configure(ISiloBuilder siloBuilder) => siloBuilder.AddMemoryGrainStorageAsDefault();
    }

    private sealed class ClientSetup : IClientBuilderConfigurator
    {
        public void Configure(IConfiguration configuration, IClientBuilder clientBuilder) =>
            clientBuilder.Services.AddSingleton(new Composed(configuration["colour"], configuration["shape"], null, "client"));
    }
}
