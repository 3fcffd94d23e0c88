using Microsoft.Extensions.DependencyInjection;
using Orleans.Embedded;

namespace Orleans.Hosting;

/// <content>Traces.</content>
public static partial class CoreHostingExtensions
{
    /// <summary>Traces the calls of this silo's grains, and carries traces along. Without it the runtime starts no activities.</summary>
    /// <param name="builder">The silo.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder AddActivityPropagation(this ISiloBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<IOutgoingGrainCallFilter, ActivityPropagationOutgoingFilter>();
        builder.Services.AddSingleton<IIncomingGrainCallFilter, ActivityPropagationIncomingFilter>();
        return builder;
    }
}

/// <content>Traces.</content>
public static partial class ClientBuilderExtensions
{
    /// <summary>Traces the calls of this client, and carries traces along.</summary>
    /// <param name="builder">The client.</param>
    /// <returns>The client.</returns>
    public static IClientBuilder AddActivityPropagation(this IClientBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<IOutgoingGrainCallFilter, ActivityPropagationOutgoingFilter>();
        return builder;
    }
}
