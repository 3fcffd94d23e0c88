using Microsoft.Extensions.Hosting;

namespace Orleans.TestingHost;

/// <summary>What a test cluster is made of.</summary>
public sealed class InProcessTestClusterOptions
{
    /// <summary>The cluster.</summary>
    /// <value>Default: a new id.</value>
    public string ClusterId { get; set; } = null!;

    /// <summary>The service.</summary>
    /// <value>Default: a new id.</value>
    public string ServiceId { get; set; } = null!;

    /// <summary>No effect here: the silos share one directory.</summary>
    public bool UseDistributedGrainDirectory { get; set; }

    /// <summary>No effect here: placement looks at no statistics.</summary>
    public bool UseRealEnvironmentStatistics { get; set; }

    /// <summary>Whether deploying also makes the client.</summary>
    /// <value>Default true.</value>
    public bool InitializeClientOnDeploy { get; set; }

    /// <summary>How many silos deploying starts.</summary>
    /// <value>Default 2.</value>
    public short InitialSilosCount { get; set; }

    /// <summary>No effect here: add a logger to the hosts instead.</summary>
    public bool ConfigureFileLogging { get; set; }

    /// <summary>No effect here: all silos know the same grain classes.</summary>
    public bool AssumeHomogenousSilosForTesting { get; set; }

    /// <summary>No effect here: the client reaches every silo.</summary>
    public bool GatewayPerSilo { get; set; } = true;

    /// <summary>Compose the host of a silo.</summary>
    public List<Action<InProcessTestSiloSpecificOptions, IHostApplicationBuilder>> SiloHostConfigurationDelegates { get; } = [];

    /// <summary>Compose the host of the client.</summary>
    public List<Action<IHostApplicationBuilder>> ClientHostConfigurationDelegates { get; } = [];
}

/// <summary>What is particular to one silo.</summary>
public sealed class InProcessTestSiloSpecificOptions
{
    /// <summary>The port in the silo's address; not opened.</summary>
    public int SiloPort { get; set; }

    /// <summary>The port in the gateway's address; not opened.</summary>
    public int GatewayPort { get; set; }

    /// <summary>The silo's name.</summary>
    public string SiloName { get; set; } = null!;

    /// <summary>Options for the next silo of a cluster.</summary>
    /// <param name="testCluster">The cluster.</param>
    /// <param name="testClusterOptions">Its options.</param>
    /// <param name="instanceNumber">The number of the silo.</param>
    /// <param name="assignNewPort">Not used: each silo has ports of its own.</param>
    /// <returns>The options.</returns>
    public static InProcessTestSiloSpecificOptions Create(
        InProcessTestCluster testCluster, InProcessTestClusterOptions testClusterOptions, int instanceNumber, bool assignNewPort = false)
    {
        ArgumentNullException.ThrowIfNull(testCluster);
        var (siloPort, gatewayPort) = testCluster.PortAllocator.AllocateConsecutivePortPairs(1);
        return new InProcessTestSiloSpecificOptions { SiloName = $"Silo_{instanceNumber}", SiloPort = siloPort, GatewayPort = gatewayPort };
    }
}
