using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace OrleansFlow.Client;

/// <summary>Puts a <see cref="FlowClient"/> into a service's container.</summary>
public static class FlowClientServiceCollectionExtensions
{
    /// <summary>Registers one <see cref="FlowClient"/> for the whole process. It connects at its first call, so the gateway may start later.</summary>
    /// <param name="services">The container.</param>
    /// <param name="configure">Null: the gateway is found by <c>FLOW_GATEWAY</c>, then <c>endpoints.json</c>.</param>
    /// <returns>The same container. Calling it twice configures the same client again.</returns>
    public static IServiceCollection AddOrleansFlowClient(this IServiceCollection services, Action<FlowClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<FlowClientOptions>().BindConfiguration(FlowClientOptions.SectionName).ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<FlowClientOptions>, FlowClientOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<FlowClient>();
        return services;
    }
}
