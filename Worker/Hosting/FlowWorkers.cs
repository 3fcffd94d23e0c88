using Microsoft.Extensions.DependencyInjection;

namespace OrleansFlow.Worker.Hosting;

/// <summary>The workers of a host, in the order in which they were added.</summary>
/// <param name="services">The host's services.</param>
public sealed class FlowWorkers(IServiceProvider services)
{
    /// <summary>All of them.</summary>
    public IReadOnlyList<FlowWorker> All => [.. services.GetServices<Entry>().Select(entry => Find(entry.Name))];

    /// <summary>The worker with a name.</summary>
    /// <exception cref="InvalidOperationException">The host has no such worker.</exception>
    public FlowWorker this[string name] => Find(name);

    private FlowWorker Find(string? name) =>
        name is null ? services.GetRequiredService<FlowWorker>() : services.GetRequiredKeyedService<FlowWorker>(name);

    /// <summary>Says that there is a worker with this name; null for the one without.</summary>
    internal sealed record Entry(string? Name);
}
