using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Embedded;
using Orleans.Serialization;

namespace Orleans.TestingHost;

/// <summary>A cluster of silos that live in this process, for tests.</summary>
public sealed partial class InProcessTestCluster : IDisposable, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<InProcessSiloHandle> _silos = [];
    private EmbeddedCluster? _cluster;
    private IHost? _clientHost;
    private int _lastInstance = -1;

    /// <summary>A cluster that is not deployed yet.</summary>
    /// <param name="options">What it is made of.</param>
    /// <param name="portAllocator">Gives its silos the ports of their addresses; the caller disposes it.</param>
    public InProcessTestCluster(InProcessTestClusterOptions options, ITestClusterPortAllocator portAllocator)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(portAllocator);
        Options = options;
        PortAllocator = portAllocator;
    }

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
    public IClusterClient Client => ClientServices.GetRequiredService<IClusterClient>();

    /// <summary>Gives silos the ports of their addresses.</summary>
    public ITestClusterPortAllocator PortAllocator { get; }

    internal IServiceProvider ClientServices =>
        (_clientHost ?? throw new InvalidOperationException("The cluster has no client; deploy it first.")).Services;

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

    /// <summary>Stops the client.</summary>
    /// <returns>A task that ends when it is stopped.</returns>
    public Task StopClusterClientAsync() => StopClusterClientAsync(CancellationToken.None);

    /// <summary>Stops the client.</summary>
    /// <param name="cancellationToken">Cancelled to stop waiting for its services.</param>
    /// <returns>A task that ends when it is stopped.</returns>
    public async Task StopClusterClientAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _clientHost, null) is { } host)
        {
            await host.StopAsync(cancellationToken);
            await DisposeAsync(host);
        }
    }

    /// <summary>Ends the client as a crash would.</summary>
    /// <returns>A task that ends when it is gone.</returns>
    public async Task KillClientAsync()
    {
        if (Interlocked.Exchange(ref _clientHost, null) is { } host)
        {
            await DisposeAsync(host);
        }
    }

    /// <summary>The membership is always current in this runtime; returns at once.</summary>
    /// <param name="didKill">Not used.</param>
    /// <returns>A finished task.</returns>
    [SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "An instance method in Orleans.")]
    public Task WaitForLivenessToStabilizeAsync(bool didKill = false) => Task.CompletedTask;

    /// <summary>All silos of this runtime know the same grains; returns at once.</summary>
    /// <param name="didKill">Not used.</param>
    /// <returns>A finished task.</returns>
    [SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "An instance method in Orleans.")]
    public Task WaitForClusterManifestToStabilizeAsync(bool didKill = false) => Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAllSilosAsync();
        _cluster?.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => Wait(() => DisposeAsync().AsTask());

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

    [SuppressMessage("Usage", "VSTHRD002:Avoid problematic synchronous waits", Justification = "Orleans has it; tests without an async end need it.")]
    private static void Wait(Func<Task> work) => Task.Run(work).GetAwaiter().GetResult();
}
