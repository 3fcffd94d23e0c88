using System.Collections.ObjectModel;

namespace Orleans.TestingHost;

/// <summary>A cluster of silos that live in this process, for tests.</summary>
public sealed class InProcessTestCluster : IDisposable, IAsyncDisposable
{
    private readonly List<InProcessSiloHandle> _silos = [];

    internal InProcessTestCluster(InProcessTestClusterOptions options) => Options = options;

    /// <summary>The silos that run.</summary>
    public ReadOnlyCollection<InProcessSiloHandle> Silos => _silos.AsReadOnly();

    /// <summary>What the cluster is made of.</summary>
    public InProcessTestClusterOptions Options { get; }

    /// <summary>The client.</summary>
    public IClusterClient Client => throw new InvalidOperationException("Deploy the cluster first.");

    /// <summary>The services of a silo.</summary>
    /// <param name="silo">The silo; null takes the first.</param>
    /// <returns>The services.</returns>
    public IServiceProvider GetSiloServiceProvider(SiloAddress? silo = null) => throw new InvalidOperationException();

    /// <summary>Starts the silos and the client.</summary>
    /// <returns>A task that ends when the cluster can be used.</returns>
    public Task DeployAsync() => Task.CompletedTask;

    /// <summary>Starts a further silo.</summary>
    /// <returns>The silo.</returns>
    public Task<InProcessSiloHandle> StartAdditionalSiloAsync() => throw new InvalidOperationException();

    /// <summary>Starts further silos.</summary>
    /// <param name="silosToStart">How many.</param>
    /// <returns>The silos.</returns>
    public Task<List<InProcessSiloHandle>> StartSilosAsync(int silosToStart) => throw new InvalidOperationException();

    /// <summary>Stops a silo gracefully.</summary>
    /// <param name="instance">The silo.</param>
    /// <returns>A task that ends when the silo has.</returns>
    public Task StopSiloAsync(InProcessSiloHandle instance) => Task.CompletedTask;

    /// <summary>Kills a silo as a crash would.</summary>
    /// <param name="instance">The silo.</param>
    /// <returns>A task that ends when the silo has.</returns>
    public Task KillSiloAsync(InProcessSiloHandle instance) => Task.CompletedTask;

    /// <summary>Stops a silo and starts it again.</summary>
    /// <param name="instance">The silo.</param>
    /// <returns>The new silo.</returns>
    public Task<InProcessSiloHandle?> RestartSiloAsync(InProcessSiloHandle instance) => throw new InvalidOperationException();

    /// <summary>Stops the client and all silos gracefully.</summary>
    /// <returns>A task that ends when they have.</returns>
    public Task StopAllSilosAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
