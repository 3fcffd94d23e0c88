using System.Globalization;

namespace Orleans.TestingHost;

/// <summary>What a <see cref="TestCluster"/> is made of. Travels to the hosts of silos and client as configuration.</summary>
public class TestClusterOptions
{
    /// <summary>The cluster.</summary>
    public string ClusterId { get; set; } = null!;

    /// <summary>The service.</summary>
    public string ServiceId { get; set; } = null!;

    /// <summary>The port in the address of the first silo; the others count from it. Not opened.</summary>
    public int BaseSiloPort { get; set; }

    /// <summary>The port in the address of the first silo's gateway; the others count from it. Not opened.</summary>
    public int BaseGatewayPort { get; set; }

    /// <summary>No effect here: silos of one process need no membership table.</summary>
    public bool UseTestClusterMembership { get; set; }

    /// <summary>No effect here: placement looks at no statistics.</summary>
    public bool UseRealEnvironmentStatistics { get; set; }

    /// <summary>Whether deploying also makes the client.</summary>
    /// <value>Default true.</value>
    public bool InitializeClientOnDeploy { get; set; } = true;

    /// <summary>How many silos deploying starts.</summary>
    /// <value>Default 2.</value>
    public short InitialSilosCount { get; set; }

    /// <summary>No effect here: silos live in the test's process.</summary>
    public string? ApplicationBaseDirectory { get; set; }

    /// <summary>No effect here: add a logger to the hosts instead.</summary>
    public bool ConfigureFileLogging { get; set; } = true;

    /// <summary>No effect here: all silos know the same grain classes.</summary>
    public bool AssumeHomogenousSilosForTesting { get; set; }

    /// <summary>No effect here: the client reaches every silo.</summary>
    public bool GatewayPerSilo { get; set; } = true;

    /// <summary>Names of the types that compose silos, each an <see cref="ISiloConfigurator"/> or <see cref="IHostConfigurator"/>.</summary>
    public List<string?> SiloBuilderConfiguratorTypes { get; } = [];

    /// <summary>Names of the types that compose the client, each an <see cref="IClientBuilderConfigurator"/> or <see cref="IHostConfigurator"/>.</summary>
    public List<string?> ClientBuilderConfiguratorTypes { get; } = [];

    /// <summary>The options as configuration, from which <see cref="TestClusterExtensions"/> reads them again.</summary>
    /// <returns>Keys and values.</returns>
    public Dictionary<string, string?> ToDictionary()
    {
        var values = new Dictionary<string, string?>
        {
            [nameof(ClusterId)] = ClusterId,
            [nameof(ServiceId)] = ServiceId,
            [nameof(BaseSiloPort)] = BaseSiloPort.ToString(CultureInfo.InvariantCulture),
            [nameof(BaseGatewayPort)] = BaseGatewayPort.ToString(CultureInfo.InvariantCulture),
            [nameof(UseTestClusterMembership)] = UseTestClusterMembership.ToString(),
            [nameof(UseRealEnvironmentStatistics)] = UseRealEnvironmentStatistics.ToString(),
            [nameof(InitializeClientOnDeploy)] = InitializeClientOnDeploy.ToString(),
            [nameof(InitialSilosCount)] = InitialSilosCount.ToString(CultureInfo.InvariantCulture),
            [nameof(ConfigureFileLogging)] = ConfigureFileLogging.ToString(),
            [nameof(AssumeHomogenousSilosForTesting)] = AssumeHomogenousSilosForTesting.ToString(),
            [nameof(GatewayPerSilo)] = GatewayPerSilo.ToString(),
        };
        if (ApplicationBaseDirectory is not null)
        {
            values[nameof(ApplicationBaseDirectory)] = ApplicationBaseDirectory;
        }

        Add(nameof(SiloBuilderConfiguratorTypes), SiloBuilderConfiguratorTypes);
        Add(nameof(ClientBuilderConfiguratorTypes), ClientBuilderConfiguratorTypes);
        return values;

        void Add(string key, List<string?> items)
        {
            for (var index = 0; index < items.Count; index++)
            {
                values[$"{key}:{index.ToString(CultureInfo.InvariantCulture)}"] = items[index];
            }
        }
    }
}

/// <summary>What is particular to one silo of a <see cref="TestCluster"/>.</summary>
public class TestSiloSpecificOptions
{
    /// <summary>The port in the silo's address; not opened.</summary>
    public int SiloPort { get; set; }

    /// <summary>The port in the gateway's address; not opened.</summary>
    public int GatewayPort { get; set; }

    /// <summary>The silo's name.</summary>
    public string SiloName { get; set; } = null!;

    /// <summary>Options for a silo of a cluster: the first is <c>Primary</c>, the others <c>Secondary_1</c> and so on.</summary>
    /// <param name="testCluster">The cluster.</param>
    /// <param name="testClusterOptions">Its options.</param>
    /// <param name="instanceNumber">The number of the silo.</param>
    /// <param name="assignNewPort">Takes ports that no silo of the cluster had before.</param>
    /// <returns>The options.</returns>
    public static TestSiloSpecificOptions Create(
        TestCluster testCluster, TestClusterOptions testClusterOptions, int instanceNumber, bool assignNewPort = false)
    {
        ArgumentNullException.ThrowIfNull(testCluster);
        ArgumentNullException.ThrowIfNull(testClusterOptions);
        var (siloPort, gatewayPort) = assignNewPort
            ? testCluster.PortAllocator.AllocateConsecutivePortPairs(1)
            : (testClusterOptions.BaseSiloPort + instanceNumber, testClusterOptions.BaseGatewayPort + instanceNumber);
        return new TestSiloSpecificOptions
        {
            SiloName = instanceNumber == 0 ? "Primary" : $"Secondary_{instanceNumber.ToString(CultureInfo.InvariantCulture)}",
            SiloPort = siloPort,
            GatewayPort = gatewayPort,
        };
    }

    /// <summary>The options as configuration.</summary>
    /// <returns>Keys and values.</returns>
    public Dictionary<string, string?> ToDictionary() => new()
    {
        [nameof(SiloPort)] = SiloPort.ToString(CultureInfo.InvariantCulture),
        [nameof(GatewayPort)] = GatewayPort.ToString(CultureInfo.InvariantCulture),
        [nameof(SiloName)] = SiloName,
    };
}
