using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansFlow.Events;
using OrleansFlow.Grains.Events;

namespace OrleansFlow.Silo.Hosting;

/// <summary>Lets a silo publish what happens to runs and workers on Orleans streams.</summary>
public static class FlowEventsExtensions
{
    /// <summary>
    /// Publishes facts about runs (<c>run-events</c>) and workers (<c>worker-events</c>) with the stream provider <see cref="FlowStreams.Provider"/>.
    /// Grains subscribe by <c>[ImplicitStreamSubscription(FlowStreams.RunEvents)]</c>, clients and grains by <c>SubscribeAsync</c>.
    /// </summary>
    /// <param name="builder">The silo.</param>
    /// <param name="withMemoryStreams">True: memory streams are registered under that name. False: the host registers a provider of its own under it.</param>
    /// <returns>The same builder. Calling it again changes nothing.</returns>
    public static ISiloBuilder AddFlowEvents(this ISiloBuilder builder, bool withMemoryStreams = true)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder.Services.Any(service => service.ServiceType == typeof(FlowEvents)))
        {
            return builder;
        }

        builder.Services.TryAddSingleton<FlowEvents>();
        return withMemoryStreams ? builder.AddMemoryStreams(FlowStreams.Provider) : builder;
    }
}
