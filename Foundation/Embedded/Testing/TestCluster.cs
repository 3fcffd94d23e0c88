using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Orleans.Embedded;

namespace Orleans.TestingHost;

/// <summary>A cluster of silos that live in this process, for tests; its hosts are composed by the configurator types of its options.</summary>
public partial class TestCluster : IDisposable, IAsyncDisposable
{
    private readonly InProcessTestCluster _inner;

    /// <summary>A cluster that is not deployed yet.</summary>
    /// <param name="options">What it is made of.</param>
    /// <param name="configurationSources">The configuration of its hosts.</param>
    /// <param name="portAllocator">Gives its silos the ports of their addresses; the caller disposes it.</param>
    public TestCluster(TestClusterOptions options, IReadOnlyList<IConfigurationSource> configurationSources, ITestClusterPortAllocator portAllocator)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(configurationSources);
        ArgumentNullException.ThrowIfNull(portAllocator);
        Options = options;
        ConfigurationSources = configurationSources;
        PortAllocator = portAllocator;
        _inner = new InProcessTestCluster(Inner(options), portAllocator);
    }

    /// <summary>The first silo; null when it does not run.</summary>
    public SiloHandle? Primary => Silos.FirstOrDefault(silo => silo.InstanceNumber == 0);

    /// <summary>The silos beside the first.</summary>
    public IReadOnlyList<SiloHandle> SecondarySilos => [.. Silos.Where(silo => silo.InstanceNumber != 0)];

    /// <summary>The silos that run.</summary>
    public ReadOnlyCollection<SiloHandle> Silos => _inner.Silos.Cast<SiloHandle>().ToList().AsReadOnly();

    /// <summary>What the cluster is made of.</summary>
    public TestClusterOptions Options { get; }

    /// <summary>The configuration of its hosts.</summary>
    public IReadOnlyList<IConfigurationSource> ConfigurationSources { get; }

    /// <summary>Gives silos the ports of their addresses.</summary>
    public ITestClusterPortAllocator PortAllocator { get; }

    /// <summary>The client.</summary>
    /// <exception cref="InvalidOperationException">The cluster is not deployed, or its client is stopped.</exception>
    public IClusterClient Client => _inner.Client;

    /// <summary>Makes grain references.</summary>
    public IGrainFactory GrainFactory => Client;

    /// <summary>The services of the client's host.</summary>
    public IServiceProvider ServiceProvider => _inner.ClientServices;

    /// <summary>Starts the silos and the client.</summary>
    public void Deploy() => Wait(DeployAsync);

    /// <summary>Starts the silos and the client.</summary>
    /// <returns>A task that ends when the cluster can be used.</returns>
    public Task DeployAsync() => DeployAsync(CancellationToken.None);

    /// <summary>Starts the silos and the client.</summary>
    /// <param name="cancellationToken">Cancelled to abandon the start.</param>
    /// <returns>A task that ends when the cluster can be used.</returns>
    public async Task DeployAsync(CancellationToken cancellationToken)
    {
        await StartAdditionalSilosAsync(Options.InitialSilosCount, false, cancellationToken);
        if (Options.InitializeClientOnDeploy)
        {
            await InitializeClientAsync(cancellationToken);
        }
    }

    /// <summary>Makes the client.</summary>
    /// <returns>A task that ends when the client can be used.</returns>
    public Task InitializeClientAsync() => _inner.InitializeClientAsync();

    /// <summary>Makes the client.</summary>
    /// <param name="cancellationToken">Cancelled to abandon the start.</param>
    /// <returns>A task that ends when the client can be used.</returns>
    public Task InitializeClientAsync(CancellationToken cancellationToken) => _inner.InitializeClientAsync(cancellationToken);

    /// <summary>Stops the client.</summary>
    /// <returns>A task that ends when it is stopped.</returns>
    public Task StopClusterClientAsync() => _inner.StopClusterClientAsync();

    /// <summary>Stops the client.</summary>
    /// <param name="cancellationToken">Cancelled to stop waiting for its services.</param>
    /// <returns>A task that ends when it is stopped.</returns>
    public Task StopClusterClientAsync(CancellationToken cancellationToken) => _inner.StopClusterClientAsync(cancellationToken);

    /// <summary>Ends the client as a crash would.</summary>
    /// <returns>A task that ends when it is gone.</returns>
    public Task KillClientAsync() => _inner.KillClientAsync();

    /// <summary>Finds the activation of a grain.</summary>
    /// <param name="grainId">The grain.</param>
    /// <param name="grainContext">The activation.</param>
    /// <returns>False when the grain is not active.</returns>
    public bool TryGetGrainContext(GrainId grainId, [NotNullWhen(true)] out IGrainContext? grainContext) =>
        _inner.TryGetGrainContext(grainId, out grainContext);

    /// <summary>Waits until a grain is not active.</summary>
    /// <param name="grainId">The grain.</param>
    /// <returns>A task that ends then.</returns>
    public Task WaitForDeactivationAsync(GrainId grainId) => _inner.WaitForDeactivationAsync(grainId);

    /// <summary>Waits until a grain is not active.</summary>
    /// <param name="grain">The grain.</param>
    /// <returns>A task that ends then.</returns>
    public Task WaitForDeactivationAsync(IAddressable grain) => _inner.WaitForDeactivationAsync(grain);

    /// <summary>Deactivates a grain.</summary>
    /// <param name="grainId">The grain.</param>
    /// <returns>A task that ends when it is not active.</returns>
    public Task DeactivateAsync(GrainId grainId) => _inner.DeactivateAsync(grainId);

    /// <summary>Deactivates a grain.</summary>
    /// <param name="grain">The grain.</param>
    /// <returns>A task that ends when it is not active.</returns>
    public Task DeactivateAsync(IAddressable grain) => _inner.DeactivateAsync(grain);

    /// <summary>Moves a grain's activation to another silo; see <see cref="InProcessTestCluster.MigrateAsync(GrainId, SiloAddress?)"/>.</summary>
    /// <param name="grainId">The grain.</param>
    /// <param name="targetSilo">Where to; null takes another silo than the one it is in.</param>
    /// <returns>A task that ends when the new activation exists.</returns>
    public Task MigrateAsync(GrainId grainId, SiloAddress? targetSilo = null) => _inner.MigrateAsync(grainId, targetSilo);

    /// <summary>Moves a grain's activation to another silo; see <see cref="InProcessTestCluster.MigrateAsync(GrainId, SiloAddress?)"/>.</summary>
    /// <param name="grain">The grain.</param>
    /// <param name="targetSilo">Where to; null takes another silo than the one it is in.</param>
    /// <returns>A task that ends when the new activation exists.</returns>
    public Task MigrateAsync(IAddressable grain, SiloAddress? targetSilo = null) => _inner.MigrateAsync(grain, targetSilo);

    /// <summary>The membership is always current in this runtime; returns at once.</summary>
    /// <param name="didKill">Not used.</param>
    /// <returns>A finished task.</returns>
    public Task WaitForLivenessToStabilizeAsync(bool didKill = false) => _inner.WaitForLivenessToStabilizeAsync(didKill);

    /// <summary>All silos of this runtime know the same grains; returns at once.</summary>
    /// <param name="didKill">Not used.</param>
    /// <returns>A finished task.</returns>
    public Task WaitForClusterManifestToStabilizeAsync(bool didKill = false) => _inner.WaitForClusterManifestToStabilizeAsync(didKill);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _inner.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _inner.Dispose();
        GC.SuppressFinalize(this);
    }

    [SuppressMessage("Usage", "VSTHRD002:Avoid problematic synchronous waits", Justification = "Orleans has it; tests without an async end need it.")]
    private static void Wait(Func<Task> work) => Task.Run(work).GetAwaiter().GetResult();

    private static IEnumerable<object> Make(IEnumerable<string?> configurators) => configurators.OfType<string>().Select(name => Activator.CreateInstance(
        Type.GetType(name) ?? throw new ArgumentException($"There is no type '{name}', which is to compose a host of the test cluster."))!);

    private InProcessTestClusterOptions Inner(TestClusterOptions options)
    {
        var inner = new InProcessTestClusterOptions
        {
            ClusterId = options.ClusterId,
            ServiceId = options.ServiceId,
            InitialSilosCount = options.InitialSilosCount,
        };
        inner.SiloHostConfigurationDelegates.Add((_, host) => ComposeSilo(host));
        inner.ClientHostConfigurationDelegates.Add(ComposeClient);
        return inner;
    }

    private void ComposeSilo(IHostApplicationBuilder host)
    {
        foreach (var configurator in Make(Options.SiloBuilderConfiguratorTypes))
        {
            (configurator as IHostConfigurator)?.Configure(new ApplicationHostBuilder(host));
            if (configurator is ISiloConfigurator silo)
            {
                host.UseOrleans(silo.Configure);
            }
        }
    }

    private void ComposeClient(IHostApplicationBuilder host)
    {
        foreach (var source in ConfigurationSources)
        {
            host.Configuration.Add(source);
        }

        foreach (var configurator in Make(Options.ClientBuilderConfiguratorTypes))
        {
            (configurator as IHostConfigurator)?.Configure(new ApplicationHostBuilder(host));
            (configurator as IClientBuilderConfigurator)?.Configure(host.Configuration, new ClientBuilder(host.Services, host.Configuration));
        }
    }
}
