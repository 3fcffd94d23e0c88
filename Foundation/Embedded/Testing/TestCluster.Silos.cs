using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;

namespace Orleans.TestingHost;

/// <content>The silos of the cluster: they start, stop, die and come back.</content>
public partial class TestCluster
{
    private int _lastInstance = -1;

    /// <summary>The services of a silo.</summary>
    /// <param name="silo">The silo; null takes the first that runs.</param>
    /// <returns>The services.</returns>
    /// <exception cref="ArgumentException">No silo runs there.</exception>
    public IServiceProvider GetSiloServiceProvider(SiloAddress? silo = null) => _inner.GetSiloServiceProvider(silo);

    /// <summary>The silos that run.</summary>
    /// <returns>The silos.</returns>
    public IEnumerable<SiloHandle> GetActiveSilos() => Silos;

    /// <summary>Finds a silo.</summary>
    /// <param name="siloAddress">Its address.</param>
    /// <returns>The silo; null when none runs there.</returns>
    public SiloHandle? GetSiloForAddress(SiloAddress siloAddress) => _inner.GetSiloForAddress(siloAddress);

    /// <summary>Whether a silo of the cluster runs at an address.</summary>
    /// <param name="siloAddress">The address.</param>
    /// <returns>True when one does.</returns>
    public bool ContainsSilo(SiloAddress siloAddress) => _inner.ContainsSilo(siloAddress);

    /// <summary>Starts a silo of a cluster.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="instanceNumber">Its number.</param>
    /// <param name="clusterOptions">What it is made of.</param>
    /// <param name="configurationOverrides">Goes before the configuration of the cluster; null for nothing.</param>
    /// <param name="startSiloOnNewPort">Takes ports that no silo of the cluster had before.</param>
    /// <returns>The silo.</returns>
    public static Task<SiloHandle> StartSiloAsync(
        TestCluster cluster,
        int instanceNumber,
        TestClusterOptions clusterOptions,
        IReadOnlyList<IConfigurationSource>? configurationOverrides = null,
        bool startSiloOnNewPort = false)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        return cluster.StartSiloAsync(instanceNumber, clusterOptions, configurationOverrides, startSiloOnNewPort);
    }

    /// <summary>Starts a silo.</summary>
    /// <param name="instanceNumber">Its number.</param>
    /// <param name="clusterOptions">What it is made of.</param>
    /// <param name="configurationOverrides">Goes before the configuration of the cluster; null for nothing.</param>
    /// <param name="startSiloOnNewPort">Takes ports that no silo of the cluster had before.</param>
    /// <returns>The silo.</returns>
    public Task<SiloHandle> StartSiloAsync(
        int instanceNumber,
        TestClusterOptions clusterOptions,
        IReadOnlyList<IConfigurationSource>? configurationOverrides = null,
        bool startSiloOnNewPort = false) =>
        StartSiloAsync(instanceNumber, clusterOptions, configurationOverrides, startSiloOnNewPort, CancellationToken.None);

    /// <summary>Starts a silo.</summary>
    /// <param name="instanceNumber">Its number.</param>
    /// <param name="clusterOptions">What it is made of.</param>
    /// <param name="configurationOverrides">Goes before the configuration of the cluster; null for nothing.</param>
    /// <param name="startSiloOnNewPort">Takes ports that no silo of the cluster had before.</param>
    /// <param name="cancellationToken">Cancelled to abandon the start.</param>
    /// <returns>The silo.</returns>
    public async Task<SiloHandle> StartSiloAsync(
        int instanceNumber,
        TestClusterOptions clusterOptions,
        IReadOnlyList<IConfigurationSource>? configurationOverrides,
        bool startSiloOnNewPort,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(clusterOptions);
        var specific = TestSiloSpecificOptions.Create(this, clusterOptions, instanceNumber, startSiloOnNewPort);
        var own = new MemoryConfigurationSource { InitialData = specific.ToDictionary() };
        var inner = new InProcessTestSiloSpecificOptions { SiloName = specific.SiloName, SiloPort = specific.SiloPort, GatewayPort = specific.GatewayPort };
        var silo = await _inner.StartAsync(
            instanceNumber, inner, _inner.Options, [.. ConfigurationSources, own, .. configurationOverrides ?? []], cancellationToken);
        silo.ClusterOptions = clusterOptions;
        _lastInstance = Math.Max(_lastInstance, instanceNumber);
        return silo;
    }

    /// <summary>Starts a further silo.</summary>
    /// <param name="startAdditionalSiloOnNewPort">Takes ports that no silo of the cluster had before.</param>
    /// <returns>The silo.</returns>
    public SiloHandle StartAdditionalSilo(bool startAdditionalSiloOnNewPort = false)
    {
        SiloHandle? started = null;
        Wait(async () => started = await StartAdditionalSiloAsync(startAdditionalSiloOnNewPort));
        return started!;
    }

    /// <summary>Starts a further silo.</summary>
    /// <param name="startAdditionalSiloOnNewPort">Takes ports that no silo of the cluster had before.</param>
    /// <returns>The silo.</returns>
    public async Task<SiloHandle> StartAdditionalSiloAsync(bool startAdditionalSiloOnNewPort = false) =>
        (await StartAdditionalSilosAsync(1, startAdditionalSiloOnNewPort))[0];

    /// <summary>Starts further silos.</summary>
    /// <param name="silosToStart">How many.</param>
    /// <param name="startAdditionalSiloOnNewPort">Takes ports that no silo of the cluster had before.</param>
    /// <returns>The silos.</returns>
    public Task<List<SiloHandle>> StartAdditionalSilosAsync(int silosToStart, bool startAdditionalSiloOnNewPort = false) =>
        StartAdditionalSilosAsync(silosToStart, startAdditionalSiloOnNewPort, CancellationToken.None);

    /// <summary>Starts further silos.</summary>
    /// <param name="silosToStart">How many.</param>
    /// <param name="startAdditionalSiloOnNewPort">Takes ports that no silo of the cluster had before.</param>
    /// <param name="cancellationToken">Cancelled to abandon the start.</param>
    /// <returns>The silos.</returns>
    public async Task<List<SiloHandle>> StartAdditionalSilosAsync(int silosToStart, bool startAdditionalSiloOnNewPort, CancellationToken cancellationToken)
    {
        var started = new List<SiloHandle>();
        for (var count = 0; count < silosToStart; count++)
        {
            started.Add(await StartSiloAsync(_lastInstance + 1, Options, null, startAdditionalSiloOnNewPort, cancellationToken));
        }

        return started;
    }

    /// <summary>Stops the silos beside the first, gracefully.</summary>
    /// <returns>A task that ends when they have.</returns>
    public Task StopSecondarySilosAsync() => StopSecondarySilosAsync(CancellationToken.None);

    /// <summary>Stops the silos beside the first, gracefully.</summary>
    /// <param name="cancellationToken">Cancelled to kill those that still run.</param>
    /// <returns>A task that ends when they have.</returns>
    public async Task StopSecondarySilosAsync(CancellationToken cancellationToken)
    {
        foreach (var silo in SecondarySilos)
        {
            await StopSiloAsync(silo, cancellationToken);
        }
    }

    /// <summary>Stops the first silo, and the client, gracefully.</summary>
    /// <returns>A task that ends when they have.</returns>
    /// <exception cref="InvalidOperationException">The first silo does not run.</exception>
    public Task StopPrimarySiloAsync() => StopPrimarySiloAsync(CancellationToken.None);

    /// <summary>Stops the first silo, and the client, gracefully.</summary>
    /// <param name="cancellationToken">Cancelled to kill it instead.</param>
    /// <returns>A task that ends when they have.</returns>
    /// <exception cref="InvalidOperationException">The first silo does not run.</exception>
    public async Task StopPrimarySiloAsync(CancellationToken cancellationToken)
    {
        var primary = Primary ?? throw new InvalidOperationException("The first silo of the cluster does not run.");
        await StopClusterClientAsync(cancellationToken);
        await StopSiloAsync(primary, cancellationToken);
    }

    /// <summary>Stops the client and all silos gracefully.</summary>
    public void StopAllSilos() => _inner.StopAllSilos();

    /// <summary>Stops the client and all silos gracefully.</summary>
    /// <returns>A task that ends when they have.</returns>
    public Task StopAllSilosAsync() => _inner.StopAllSilosAsync();

    /// <summary>Stops the client and all silos gracefully.</summary>
    /// <param name="cancellationToken">Cancelled to kill what still runs.</param>
    /// <returns>A task that ends when they have.</returns>
    public Task StopAllSilosAsync(CancellationToken cancellationToken) => _inner.StopAllSilosAsync(cancellationToken);

    /// <summary>Stops a silo gracefully.</summary>
    /// <param name="instance">The silo.</param>
    /// <returns>A task that ends when the silo has.</returns>
    public Task StopSiloAsync(SiloHandle instance) => StopSiloAsync(instance, CancellationToken.None);

    /// <summary>Stops a silo gracefully.</summary>
    /// <param name="instance">The silo.</param>
    /// <param name="cancellationToken">Cancelled to kill it instead.</param>
    /// <returns>A task that ends when the silo has.</returns>
    public Task StopSiloAsync(SiloHandle instance, CancellationToken cancellationToken) => _inner.StopSiloAsync(Own(instance), cancellationToken);

    /// <summary>Kills a silo as a crash would.</summary>
    /// <param name="instance">The silo.</param>
    /// <returns>A task that ends when the silo has.</returns>
    public Task KillSiloAsync(SiloHandle instance) => KillSiloAsync(instance, CancellationToken.None);

    /// <summary>Kills a silo as a crash would.</summary>
    /// <param name="instance">The silo.</param>
    /// <param name="cancellationToken">Cancelled to stop waiting.</param>
    /// <returns>A task that ends when the silo has.</returns>
    public Task KillSiloAsync(SiloHandle instance, CancellationToken cancellationToken) => _inner.KillSiloAsync(Own(instance), cancellationToken);

    /// <summary>Stops a silo and starts another under its name and number.</summary>
    /// <param name="instance">The silo.</param>
    /// <returns>The new silo; null when <paramref name="instance"/> is null.</returns>
    public async Task<SiloHandle?> RestartSiloAsync(SiloHandle instance)
    {
        if (instance is null)
        {
            return null;
        }

        await StopSiloAsync(instance);
        return await StartSiloAsync(instance.InstanceNumber, Options);
    }

    /// <summary>Starts a silo again under the name of one that has ended.</summary>
    /// <param name="siloName">The name, as in <c>Secondary_1</c>.</param>
    /// <returns>The new silo.</returns>
    /// <exception cref="ArgumentException">The name is not one that the cluster gives.</exception>
    public Task<SiloHandle> RestartStoppedSecondarySiloAsync(string siloName)
    {
        ArgumentNullException.ThrowIfNull(siloName);
        return int.TryParse(siloName.AsSpan(siloName.LastIndexOf('_') + 1), CultureInfo.InvariantCulture, out var instance)
            ? StartSiloAsync(instance, Options)
            : throw new ArgumentException($"'{siloName}' is not the name of a secondary silo; they are called Secondary_1, Secondary_2 and so on.", nameof(siloName));
    }

    private static InProcessSiloHandle Own(SiloHandle instance) => instance as InProcessSiloHandle
        ?? throw new ArgumentException($"Silo '{instance}' does not live in this process; the embedded runtime has no other.", nameof(instance));
}
