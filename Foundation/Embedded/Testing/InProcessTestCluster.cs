using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Embedded;
using Orleans.Serialization;

namespace Orleans.TestingHost;

/// <summary>A cluster of silos that live in this process, for tests.</summary>
public sealed class InProcessTestCluster : IDisposable, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<InProcessSiloHandle> _silos = [];
    private EmbeddedCluster? _cluster;
    private IHost? _clientHost;
    private int _lastInstance = -1;

    internal InProcessTestCluster(InProcessTestClusterOptions options) => Options = options;

    /// <summary>The silos that run.</summary>
    public ReadOnlyCollection<InProcessSiloHandle> Silos
    {
        get
        {
            lock (_gate)
            {
                return _silos.ToList().AsReadOnly();
            }
        }
    }

    /// <summary>What the cluster is made of.</summary>
    public InProcessTestClusterOptions Options { get; }

    /// <summary>The client.</summary>
    /// <exception cref="InvalidOperationException">The cluster is not deployed, or its client is stopped.</exception>
    public IClusterClient Client => (_clientHost ?? throw new InvalidOperationException("The cluster has no client; deploy it first."))
        .Services.GetRequiredService<IClusterClient>();

    /// <summary>The services of a silo.</summary>
    /// <param name="silo">The silo; null takes the first.</param>
    /// <returns>The services.</returns>
    public IServiceProvider GetSiloServiceProvider(SiloAddress? silo = null) =>
        (silo is null ? Silos.FirstOrDefault() : GetSiloForAddress(silo))?.ServiceProvider
        ?? throw new ArgumentException($"No silo runs at {silo}.", nameof(silo));

    /// <summary>The silos that run.</summary>
    /// <returns>The silos.</returns>
    public IEnumerable<InProcessSiloHandle> GetActiveSilos() => Silos;

    /// <summary>Finds a silo.</summary>
    /// <param name="siloAddress">Its address.</param>
    /// <returns>The silo; null when none runs there.</returns>
    public InProcessSiloHandle? GetSiloForAddress(SiloAddress siloAddress) => Silos.FirstOrDefault(silo => silo.SiloAddress.Equals(siloAddress));

    /// <summary>Finds the activation of a grain.</summary>
    /// <param name="grainId">The grain.</param>
    /// <param name="grainContext">The activation.</param>
    /// <returns>False when the grain is not active.</returns>
    public bool TryGetGrainContext(GrainId grainId, [NotNullWhen(true)] out IGrainContext? grainContext)
    {
        grainContext = _cluster?.TryFind(grainId);
        return grainContext is not null;
    }

    /// <summary>Waits until a grain is not active.</summary>
    /// <param name="grainId">The grain.</param>
    /// <returns>A task that ends then.</returns>
    public Task WaitForDeactivationAsync(GrainId grainId) => _cluster?.TryFind(grainId)?.Deactivated ?? Task.CompletedTask;

    /// <summary>Waits until a grain is not active.</summary>
    /// <param name="grain">The grain.</param>
    /// <returns>A task that ends then.</returns>
    public Task WaitForDeactivationAsync(IAddressable grain) => WaitForDeactivationAsync(grain.GetGrainId());

    /// <summary>Deactivates a grain.</summary>
    /// <param name="grainId">The grain.</param>
    /// <returns>A task that ends when it is not active.</returns>
    public Task DeactivateAsync(GrainId grainId) => _cluster?.TryFind(grainId)?.EndAsync(
        new DeactivationReason(DeactivationReasonCode.ApplicationRequested, "The test asked for it.")) ?? Task.CompletedTask;

    /// <summary>Deactivates a grain.</summary>
    /// <param name="grain">The grain.</param>
    /// <returns>A task that ends when it is not active.</returns>
    public Task DeactivateAsync(IAddressable grain) => DeactivateAsync(grain.GetGrainId());

    /// <summary>Starts the silos and the client.</summary>
    /// <returns>A task that ends when the cluster can be used.</returns>
    public Task DeployAsync() => DeployAsync(CancellationToken.None);

    /// <summary>Starts the silos and the client.</summary>
    /// <param name="cancellationToken">Cancelled to abandon the start.</param>
    /// <returns>A task that ends when the cluster can be used.</returns>
    public async Task DeployAsync(CancellationToken cancellationToken)
    {
        await StartSilosAsync(Options.InitialSilosCount, cancellationToken);
        if (Options.InitializeClientOnDeploy)
        {
            await InitializeClientAsync(cancellationToken);
        }
    }

    /// <summary>Makes the client.</summary>
    /// <returns>A task that ends when the client can be used.</returns>
    public Task InitializeClientAsync() => InitializeClientAsync(CancellationToken.None);

    /// <summary>Makes the client.</summary>
    /// <param name="cancellationToken">Cancelled to abandon the start.</param>
    /// <returns>A task that ends when the client can be used.</returns>
    public async Task InitializeClientAsync(CancellationToken cancellationToken)
    {
        var cluster = _cluster ?? throw new InvalidOperationException("The cluster has no silo; start one before its client.");
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = Environments.Development });
        foreach (var configure in Options.ClientHostConfigurationDelegates)
        {
            configure(builder);
        }

        builder.Services.AddLogging();
        builder.Services.AddSerializer();
        builder.Services.AddSingleton(services => CallClient.ForClient(cluster, services));
        builder.Services.AddSingleton<Embedded.Serialization.IReferenceFormatter>(services => services.GetRequiredService<CallClient>().References);
        builder.Services.AddSingleton<IClusterClient>(services => new ClusterClient(services.GetRequiredService<CallClient>()));
        builder.Services.AddSingleton<IGrainFactory>(services => services.GetRequiredService<IClusterClient>());
        var host = builder.Build();
        await host.StartAsync(cancellationToken);
        _clientHost = host;
    }

    /// <summary>Starts a further silo.</summary>
    /// <returns>The silo.</returns>
    public async Task<InProcessSiloHandle> StartAdditionalSiloAsync() => (await StartSilosAsync(1))[0];

    /// <summary>Starts further silos.</summary>
    /// <param name="silosToStart">How many.</param>
    /// <returns>The silos.</returns>
    public Task<List<InProcessSiloHandle>> StartSilosAsync(int silosToStart) => StartSilosAsync(silosToStart, CancellationToken.None);

    /// <summary>Starts further silos.</summary>
    /// <param name="silosToStart">How many.</param>
    /// <param name="cancellationToken">Cancelled to abandon the start.</param>
    /// <returns>The silos.</returns>
    public async Task<List<InProcessSiloHandle>> StartSilosAsync(int silosToStart, CancellationToken cancellationToken)
    {
        var started = new List<InProcessSiloHandle>();
        for (var count = 0; count < silosToStart; count++)
        {
            started.Add(await StartSiloAsync(cancellationToken));
        }

        return started;
    }

    /// <summary>Stops a silo gracefully.</summary>
    /// <param name="instance">The silo.</param>
    /// <returns>A task that ends when the silo has.</returns>
    public Task StopSiloAsync(InProcessSiloHandle instance) => EndAsync(instance, stopGracefully: true);

    /// <summary>Kills a silo as a crash would.</summary>
    /// <param name="instance">The silo.</param>
    /// <returns>A task that ends when the silo has.</returns>
    public Task KillSiloAsync(InProcessSiloHandle instance) => EndAsync(instance, stopGracefully: false);

    /// <summary>Stops a silo and starts another in its place.</summary>
    /// <param name="instance">The silo.</param>
    /// <returns>The new silo.</returns>
    public async Task<InProcessSiloHandle?> RestartSiloAsync(InProcessSiloHandle instance)
    {
        await StopSiloAsync(instance);
        return await StartAdditionalSiloAsync();
    }

    /// <summary>Stops the client.</summary>
    /// <returns>A task that ends when it is stopped.</returns>
    public async Task StopClusterClientAsync()
    {
        if (Interlocked.Exchange(ref _clientHost, null) is { } host)
        {
            await host.StopAsync();
            await DisposeAsync(host);
        }
    }

    /// <summary>Stops all silos gracefully.</summary>
    /// <returns>A task that ends when they have.</returns>
    public async Task StopSilosAsync()
    {
        foreach (var silo in Silos)
        {
            await StopSiloAsync(silo);
        }
    }

    /// <summary>Stops the client and all silos gracefully.</summary>
    /// <returns>A task that ends when they have.</returns>
    public async Task StopAllSilosAsync()
    {
        await StopClusterClientAsync();
        await StopSilosAsync();
    }

    /// <summary>The membership is always current in this runtime; returns at once.</summary>
    /// <param name="didKill">Not used.</param>
    /// <returns>A finished task.</returns>
    [SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "An instance method in Orleans.")]
    public Task WaitForLivenessToStabilizeAsync(bool didKill = false) => Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAllSilosAsync();
        _cluster?.Dispose();
    }

    /// <inheritdoc/>
    [SuppressMessage("Usage", "VSTHRD002:Avoid problematic synchronous waits", Justification = "Orleans has it; tests without an async end need it.")]
    public void Dispose() => Task.Run(() => DisposeAsync().AsTask()).GetAwaiter().GetResult();

    private static async Task DisposeAsync(IHost host)
    {
        if (host is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }
        else
        {
            host.Dispose();
        }
    }

    private async Task<InProcessSiloHandle> StartSiloAsync(CancellationToken cancellationToken)
    {
        var instance = Interlocked.Increment(ref _lastInstance);
        var options = InProcessTestSiloSpecificOptions.Create(this, Options, instance);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = Environments.Development });
        builder.UseOrleans(silo =>
        {
            silo.Services.Configure<ClusterOptions>(cluster =>
            {
                cluster.ClusterId = Options.ClusterId;
                cluster.ServiceId = Options.ServiceId;
            });
            silo.Services.Configure<SiloOptions>(value => value.SiloName = options.SiloName);
            silo.Services.Configure<EndpointOptions>(endpoints =>
            {
                endpoints.SiloPort = options.SiloPort;
                endpoints.GatewayPort = options.GatewayPort;
            });
        });
        foreach (var configure in Options.SiloHostConfigurationDelegates)
        {
            configure(options, builder);
        }

        if (_cluster is { } cluster)
        {
            builder.Services.Replace(ServiceDescriptor.Singleton(cluster));
        }
        else
        {
            // The first silo's clock is the cluster's. The cluster outlives its silos, so no container may own it.
            builder.Services.RemoveAll<EmbeddedCluster>();
            var clock = ClusterClock.Of(builder.Services);
            _cluster = new EmbeddedCluster(clock);
            builder.Services.AddSingleton(_cluster);
        }

        var host = builder.Build();
        await host.StartAsync(cancellationToken);
        var runtime = host.Services.GetRequiredService<SiloRuntime>();
        var handle = new InProcessSiloHandle
        {
            SiloHost = host,
            Runtime = runtime,
            Name = runtime.Name,
            InstanceNumber = (short)instance,
            SiloAddress = runtime.SiloAddress,
            GatewayAddress = runtime.GatewayAddress,
        };
        lock (_gate)
        {
            _silos.Add(handle);
        }

        return handle;
    }

    private async Task EndAsync(InProcessSiloHandle instance, bool stopGracefully)
    {
        lock (_gate)
        {
            _silos.Remove(instance);
        }

        await instance.StopSiloAsync(stopGracefully);
    }
}
