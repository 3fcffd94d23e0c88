using Microsoft.Extensions.Hosting;
using Orleans.Hosting;

namespace Orleans.TestingHost;

/// <summary>Builds a cluster of silos that live in this process, for tests.</summary>
public sealed class InProcessTestClusterBuilder
{
    /// <summary>A cluster of two silos.</summary>
    public InProcessTestClusterBuilder()
        : this(2)
    {
    }

    /// <summary>A cluster of so many silos.</summary>
    /// <param name="initialSilosCount">The number, at least 1.</param>
    public InProcessTestClusterBuilder(short initialSilosCount) => Options = new InProcessTestClusterOptions
    {
        InitialSilosCount = initialSilosCount,
        ClusterId = CreateClusterId(),
        ServiceId = Guid.NewGuid().ToString("N"),
        InitializeClientOnDeploy = true,
    };

    /// <summary>What the cluster is made of.</summary>
    public InProcessTestClusterOptions Options { get; }

    /// <summary>Gives silos the ports of their addresses.</summary>
    public ITestClusterPortAllocator PortAllocator { get; } = new TestClusterPortAllocator();

    /// <summary>A new cluster id.</summary>
    /// <returns>The id.</returns>
    public static string CreateClusterId() => $"testcluster-{Guid.NewGuid():N}";

    /// <summary>Composes the hosts of silos and client.</summary>
    /// <param name="configureDelegate">Composes a host.</param>
    /// <returns>This builder.</returns>
    public InProcessTestClusterBuilder ConfigureHost(Action<IHostApplicationBuilder> configureDelegate)
    {
        Options.SiloHostConfigurationDelegates.Add((_, host) => configureDelegate(host));
        Options.ClientHostConfigurationDelegates.Add(configureDelegate);
        return this;
    }

    /// <summary>Composes silos.</summary>
    /// <param name="configureSiloDelegate">Composes a silo.</param>
    /// <returns>This builder.</returns>
    public InProcessTestClusterBuilder ConfigureSilo(Action<InProcessTestSiloSpecificOptions, ISiloBuilder> configureSiloDelegate) =>
        ConfigureSiloHost((options, host) => host.UseOrleans(silo => configureSiloDelegate(options, silo)));

    /// <summary>Composes the hosts of silos.</summary>
    /// <param name="configureSiloHostDelegate">Composes a host.</param>
    /// <returns>This builder.</returns>
    public InProcessTestClusterBuilder ConfigureSiloHost(
        Action<InProcessTestSiloSpecificOptions, IHostApplicationBuilder> configureSiloHostDelegate)
    {
        Options.SiloHostConfigurationDelegates.Add(configureSiloHostDelegate);
        return this;
    }

    /// <summary>Composes the client.</summary>
    /// <param name="configureClientDelegate">Composes the client.</param>
    /// <returns>This builder.</returns>
    public InProcessTestClusterBuilder ConfigureClient(Action<IClientBuilder> configureClientDelegate) =>
        ConfigureClientHost(host => configureClientDelegate(new Embedded.ClientBuilder(host.Services, host.Configuration)));

    /// <summary>Composes the host of the client.</summary>
    /// <param name="configureHostDelegate">Composes the host.</param>
    /// <returns>This builder.</returns>
    public InProcessTestClusterBuilder ConfigureClientHost(Action<IHostApplicationBuilder> configureHostDelegate)
    {
        Options.ClientHostConfigurationDelegates.Add(configureHostDelegate);
        return this;
    }

    /// <summary>Builds the cluster; deploy it next.</summary>
    /// <returns>The cluster.</returns>
    public InProcessTestCluster Build() => new(Options, PortAllocator);
}
