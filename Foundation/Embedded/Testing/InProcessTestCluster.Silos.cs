using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Embedded;

namespace Orleans.TestingHost;

/// <content>The silos of the cluster: they start, stop, die and come back.</content>
public sealed partial class InProcessTestCluster
{
    /// <summary>The services of a silo.</summary>
    /// <param name="silo">The silo; null takes the first.</param>
    /// <returns>The services.</returns>
    /// <exception cref="ArgumentException">No silo runs there.</exception>
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

    /// <summary>Whether a silo of the cluster runs at an address.</summary>
    /// <param name="siloAddress">The address.</param>
    /// <returns>True when one does.</returns>
    public bool ContainsSilo(SiloAddress siloAddress) => GetSiloForAddress(siloAddress) is not null;

    /// <summary>Starts a further silo.</summary>
    /// <returns>The silo.</returns>
    public InProcessSiloHandle StartAdditionalSilo()
    {
        InProcessSiloHandle? started = null;
        Wait(async () => started = await StartAdditionalSiloAsync());
        return started!;
    }

    /// <summary>Starts a further silo.</summary>
    /// <returns>The silo.</returns>
    public async Task<InProcessSiloHandle> StartAdditionalSiloAsync() => (await StartSilosAsync(1))[0];

    /// <summary>Starts a further silo.</summary>
    /// <param name="startAdditionalSiloOnNewPort">Not used: each silo has ports of its own.</param>
    /// <returns>The silo.</returns>
    public Task<InProcessSiloHandle> StartAdditionalSiloAsync(bool startAdditionalSiloOnNewPort) => StartAdditionalSiloAsync();

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
            started.Add(await StartSiloAsync(Interlocked.Increment(ref _lastInstance), Options, cancellationToken));
        }

        return started;
    }

    /// <summary>Starts a silo.</summary>
    /// <param name="instanceNumber">Its number.</param>
    /// <param name="clusterOptions">What it is made of.</param>
    /// <returns>The silo.</returns>
    public Task<InProcessSiloHandle> StartSiloAsync(int instanceNumber, InProcessTestClusterOptions clusterOptions) =>
        StartSiloAsync(instanceNumber, clusterOptions, CancellationToken.None);

    /// <summary>Starts a silo.</summary>
    /// <param name="instanceNumber">Its number.</param>
    /// <param name="clusterOptions">What it is made of.</param>
    /// <param name="cancellationToken">Cancelled to abandon the start.</param>
    /// <returns>The silo.</returns>
    public Task<InProcessSiloHandle> StartSiloAsync(
        int instanceNumber, InProcessTestClusterOptions clusterOptions, CancellationToken cancellationToken) =>
        StartAsync(instanceNumber, InProcessTestSiloSpecificOptions.Create(this, clusterOptions, instanceNumber), clusterOptions, [], cancellationToken);

    /// <summary>Starts a silo.</summary>
    /// <param name="siloOptions">Its name and ports.</param>
    /// <returns>The silo.</returns>
    public Task<InProcessSiloHandle> CreateSiloAsync(InProcessTestSiloSpecificOptions siloOptions) => CreateSiloAsync(siloOptions, CancellationToken.None);

    /// <summary>Starts a silo.</summary>
    /// <param name="siloOptions">Its name and ports.</param>
    /// <param name="cancellationToken">Cancelled to abandon the start.</param>
    /// <returns>The silo.</returns>
    public Task<InProcessSiloHandle> CreateSiloAsync(InProcessTestSiloSpecificOptions siloOptions, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(siloOptions);
        return StartAsync(Interlocked.Increment(ref _lastInstance), siloOptions, Options, [], cancellationToken);
    }

    /// <summary>Stops a silo gracefully.</summary>
    /// <param name="instance">The silo.</param>
    /// <returns>A task that ends when the silo has.</returns>
    public Task StopSiloAsync(InProcessSiloHandle instance) => EndAsync(instance, stopGracefully: true, CancellationToken.None);

    /// <summary>Stops a silo gracefully.</summary>
    /// <param name="instance">The silo.</param>
    /// <param name="cancellationToken">Cancelled to kill it instead.</param>
    /// <returns>A task that ends when the silo has.</returns>
    public Task StopSiloAsync(InProcessSiloHandle instance, CancellationToken cancellationToken) =>
        EndAsync(instance, stopGracefully: true, cancellationToken);

    /// <summary>Kills a silo as a crash would.</summary>
    /// <param name="instance">The silo.</param>
    /// <returns>A task that ends when the silo has.</returns>
    public Task KillSiloAsync(InProcessSiloHandle instance) => EndAsync(instance, stopGracefully: false, CancellationToken.None);

    /// <summary>Kills a silo as a crash would.</summary>
    /// <param name="instance">The silo.</param>
    /// <param name="cancellationToken">Cancelled to stop waiting.</param>
    /// <returns>A task that ends when the silo has.</returns>
    public Task KillSiloAsync(InProcessSiloHandle instance, CancellationToken cancellationToken) =>
        EndAsync(instance, stopGracefully: false, cancellationToken);

    /// <summary>Stops a silo and starts another under its name and number.</summary>
    /// <param name="instance">The silo.</param>
    /// <returns>The new silo; null when <paramref name="instance"/> is null.</returns>
    public async Task<InProcessSiloHandle?> RestartSiloAsync(InProcessSiloHandle instance)
    {
        if (instance is null)
        {
            return null;
        }

        await StopSiloAsync(instance);
        return await StartSiloAsync(instance.InstanceNumber, Options);
    }

    /// <summary>Starts a silo again under the name of one that has ended.</summary>
    /// <param name="siloName">The name, as in <c>Silo_1</c>.</param>
    /// <returns>The new silo.</returns>
    /// <exception cref="ArgumentException">The name is not one that the cluster gives.</exception>
    public Task<InProcessSiloHandle> RestartStoppedSecondarySiloAsync(string siloName)
    {
        ArgumentNullException.ThrowIfNull(siloName);
        return int.TryParse(siloName.AsSpan(siloName.LastIndexOf('_') + 1), System.Globalization.CultureInfo.InvariantCulture, out var instance)
            ? StartSiloAsync(instance, Options)
            : throw new ArgumentException($"'{siloName}' is not the name of a silo of this cluster; they are called Silo_0, Silo_1 and so on.", nameof(siloName));
    }

    /// <summary>Stops all silos gracefully.</summary>
    /// <returns>A task that ends when they have.</returns>
    public Task StopSilosAsync() => StopSilosAsync(CancellationToken.None);

    /// <summary>Stops all silos gracefully.</summary>
    /// <param name="cancellationToken">Cancelled to kill those that still run.</param>
    /// <returns>A task that ends when they have.</returns>
    public async Task StopSilosAsync(CancellationToken cancellationToken)
    {
        foreach (var silo in Silos)
        {
            await StopSiloAsync(silo, cancellationToken);
        }
    }

    /// <summary>Stops the client and all silos gracefully.</summary>
    public void StopAllSilos() => Wait(StopAllSilosAsync);

    /// <summary>Stops the client and all silos gracefully.</summary>
    /// <returns>A task that ends when they have.</returns>
    public Task StopAllSilosAsync() => StopAllSilosAsync(CancellationToken.None);

    /// <summary>Stops the client and all silos gracefully.</summary>
    /// <param name="cancellationToken">Cancelled to kill what still runs.</param>
    /// <returns>A task that ends when they have.</returns>
    public async Task StopAllSilosAsync(CancellationToken cancellationToken)
    {
        await StopClusterClientAsync(cancellationToken);
        await StopSilosAsync(cancellationToken);
    }

    internal async Task<InProcessSiloHandle> StartAsync(
        int instance,
        InProcessTestSiloSpecificOptions options,
        InProcessTestClusterOptions clusterOptions,
        IReadOnlyList<IConfigurationSource> configuration,
        CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = Environments.Development });
        foreach (var source in configuration)
        {
            ((IConfigurationBuilder)builder.Configuration).Add(source);
        }

        builder.UseOrleans(silo => Identify(silo, options, clusterOptions));
        foreach (var configure in clusterOptions.SiloHostConfigurationDelegates)
        {
            configure(options, builder);
        }

        JoinCluster(builder.Services);
        var host = builder.Build();
        try
        {
            await host.StartAsync(cancellationToken);
        }
        catch
        {
            host.Services.GetRequiredService<SiloRuntime>().Kill();
            await DisposeAsync(host);
            throw;
        }

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
            _lastInstance = Math.Max(_lastInstance, instance);
        }

        return handle;
    }

    private static void Identify(Hosting.ISiloBuilder silo, InProcessTestSiloSpecificOptions options, InProcessTestClusterOptions clusterOptions)
    {
        silo.Services.Configure<ClusterOptions>(cluster =>
        {
            cluster.ClusterId = clusterOptions.ClusterId;
            cluster.ServiceId = clusterOptions.ServiceId;
        });
        silo.Services.Configure<SiloOptions>(value => value.SiloName = options.SiloName);
        silo.Services.Configure<EndpointOptions>(endpoints =>
        {
            endpoints.SiloPort = options.SiloPort;
            endpoints.GatewayPort = options.GatewayPort;
        });
    }

    private void JoinCluster(IServiceCollection services)
    {
        if (_cluster is { } cluster)
        {
            services.Replace(ServiceDescriptor.Singleton(cluster));
            return;
        }

        // The first silo's clock is the cluster's. The cluster outlives its silos, so no container may own it.
        services.RemoveAll<EmbeddedCluster>();
        var turns = services.LastOrDefault(service => service.ServiceType == typeof(ITurnObserver))?.ImplementationInstance as ITurnObserver;
        _cluster = new EmbeddedCluster(ClusterClock.Of(services), turns: turns);
        services.AddSingleton(_cluster);
    }

    private async Task EndAsync(InProcessSiloHandle instance, bool stopGracefully, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _silos.Remove(instance);
        }

        await instance.StopSiloAsync(stopGracefully, cancellationToken);
    }
}
