namespace Orleans.TestingHost;

/// <summary>One silo of a test cluster.</summary>
public abstract class SiloHandle : IDisposable, IAsyncDisposable
{
    /// <summary>The options of its cluster; null when its cluster has none of this kind.</summary>
    public TestClusterOptions? ClusterOptions { get; set; }

    /// <summary>The number of the silo.</summary>
    public short InstanceNumber { get; set; }

    /// <summary>The silo's name.</summary>
    public string Name { get; set; } = "";

    /// <summary>The silo's address.</summary>
    public SiloAddress SiloAddress { get; set; } = SiloAddress.Zero;

    /// <summary>The gateway's address.</summary>
    public SiloAddress GatewayAddress { get; set; } = SiloAddress.Zero;

    /// <summary>Whether the silo runs.</summary>
    public abstract bool IsActive { get; }

    /// <summary>Ends the silo.</summary>
    /// <param name="stopGracefully">True deactivates its grains; false kills it, as a crash would.</param>
    /// <returns>A task that ends when the silo has.</returns>
    public abstract Task StopSiloAsync(bool stopGracefully);

    /// <summary>Ends the silo.</summary>
    /// <param name="stopGracefully">True deactivates its grains; false kills it, as a crash would.</param>
    /// <param name="cancellationToken">Cancelled to kill it although it was to stop gracefully.</param>
    /// <returns>A task that ends when the silo has.</returns>
    public virtual Task StopSiloAsync(bool stopGracefully, CancellationToken cancellationToken) =>
        stopGracefully ? StopSiloAsync(cancellationToken) : StopSiloAsync(stopGracefully: false);

    /// <summary>Stops the silo gracefully.</summary>
    /// <param name="ct">Cancelled to kill it instead.</param>
    /// <returns>A task that ends when the silo has.</returns>
    public abstract Task StopSiloAsync(CancellationToken ct);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <inheritdoc/>
    public override string ToString() => $"{Name} at {SiloAddress}";

    /// <summary>Ends the silo.</summary>
    /// <param name="disposing">True when called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}
