using OrleansFlow.Retention;

namespace OrleansFlow.Silo.Hosting;

/// <summary>Makes sure that the sweep of what is kept no longer is woken by its reminder.</summary>
internal sealed class RetentionStart(IGrainFactory grains) : IStartupTask
{
    /// <inheritdoc/>
    public Task Execute(CancellationToken cancellationToken) => grains.GetGrain<IRetentionGrain>(IRetentionGrain.Key).StartAsync(cancellationToken);
}
