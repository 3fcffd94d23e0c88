using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;

namespace Orleans.TestingHost;

/// <summary>Builds a <see cref="TestCluster"/>, whose hosts are composed by configurator types.</summary>
public class TestClusterBuilder
{
    private readonly List<Action<IConfigurationBuilder>> _configuration = [];
    private readonly List<Action> _builders = [];

    /// <summary>A cluster of two silos.</summary>
    public TestClusterBuilder()
        : this(2)
    {
    }

    /// <summary>A cluster of so many silos.</summary>
    /// <param name="initialSilosCount">The number, at least 1.</param>
    public TestClusterBuilder(short initialSilosCount) => Options = new TestClusterOptions
    {
        InitialSilosCount = initialSilosCount,
        ClusterId = CreateClusterId(),
        ServiceId = Guid.NewGuid().ToString("N"),
        UseTestClusterMembership = true,
    };

    /// <summary>Gives silos the ports of their addresses.</summary>
    public ITestClusterPortAllocator PortAllocator { get; set; } = new TestClusterPortAllocator();

    /// <summary>Values that the hosts find in their configuration.</summary>
    public Dictionary<string, string?> Properties { get; } = [];

    /// <summary>What the cluster is made of.</summary>
    public TestClusterOptions Options { get; }

    /// <summary>A new cluster id.</summary>
    /// <returns>The id.</returns>
    public static string CreateClusterId() => $"testcluster-{Guid.NewGuid():N}";

    /// <summary>Runs an action when the cluster is built.</summary>
    /// <param name="configureDelegate">The action.</param>
    /// <returns>This builder.</returns>
    public TestClusterBuilder ConfigureBuilder(Action configureDelegate)
    {
        ArgumentNullException.ThrowIfNull(configureDelegate);
        _builders.Add(configureDelegate);
        return this;
    }

    /// <summary>Adds to the configuration of every host.</summary>
    /// <param name="configureDelegate">Adds to it.</param>
    /// <returns>This builder.</returns>
    public TestClusterBuilder ConfigureHostConfiguration(Action<IConfigurationBuilder> configureDelegate)
    {
        ArgumentNullException.ThrowIfNull(configureDelegate);
        _configuration.Add(configureDelegate);
        return this;
    }

    /// <summary>Composes the silos by a type.</summary>
    /// <typeparam name="T">An <see cref="ISiloConfigurator"/>, an <see cref="IHostConfigurator"/>, or both.</typeparam>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">The type is neither.</exception>
    public TestClusterBuilder AddSiloBuilderConfigurator<T>()
        where T : new()
    {
        Options.SiloBuilderConfiguratorTypes.Add(NameOf<T>(typeof(ISiloConfigurator)));
        return this;
    }

    /// <summary>Composes the client by a type.</summary>
    /// <typeparam name="T">An <see cref="IClientBuilderConfigurator"/>, an <see cref="IHostConfigurator"/>, or both.</typeparam>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">The type is neither.</exception>
    public TestClusterBuilder AddClientBuilderConfigurator<T>()
        where T : new()
    {
        Options.ClientBuilderConfiguratorTypes.Add(NameOf<T>(typeof(IClientBuilderConfigurator)));
        return this;
    }

    /// <summary>Builds the cluster; deploy it next.</summary>
    /// <returns>The cluster.</returns>
    public TestCluster Build()
    {
        foreach (var configure in _builders)
        {
            configure();
        }

        (Options.BaseSiloPort, Options.BaseGatewayPort) = PortAllocator.AllocateConsecutivePortPairs(Math.Max((int)Options.InitialSilosCount, 1));
        var configuration = new ConfigurationBuilder();
        configuration.Add(new MemoryConfigurationSource { InitialData = Options.ToDictionary() });
        configuration.Add(new MemoryConfigurationSource { InitialData = Properties });
        foreach (var configure in _configuration)
        {
            configure(configuration);
        }

        return new TestCluster(Options, [.. configuration.Sources], PortAllocator);
    }

    private static string NameOf<T>(Type kind) => typeof(T).IsAssignableTo(kind) || typeof(T).IsAssignableTo(typeof(IHostConfigurator))
        ? typeof(T).AssemblyQualifiedName!
        : throw new ArgumentException($"'{typeof(T)}' composes nothing: make it an {kind.Name} or an {nameof(IHostConfigurator)}.");
}
