using Microsoft.Extensions.DependencyInjection;
using Orleans.Embedded;

namespace Orleans.Hosting;

/// <summary>Grain services of a silo.</summary>
public static class GrainServicesSiloBuilderExtensions
{
    /// <summary>Adds a grain service.</summary>
    /// <typeparam name="T">Its class; its constructor gets the <see cref="GrainId"/> and the <see cref="Silo"/> beside other services.</typeparam>
    /// <param name="builder">The silo.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder AddGrainService<T>(this ISiloBuilder builder)
        where T : GrainService
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddGrainService<T>();
        return builder;
    }

    /// <summary>Adds a grain service.</summary>
    /// <typeparam name="T">Its class.</typeparam>
    /// <param name="services">The services of the silo.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddGrainService<T>(this IServiceCollection services)
        where T : GrainService => services.AddGrainService(typeof(T));

    /// <summary>Adds a grain service.</summary>
    /// <param name="services">The services of the silo.</param>
    /// <param name="grainServiceType">Its class.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddGrainService(this IServiceCollection services, Type grainServiceType)
    {
        ArgumentNullException.ThrowIfNull(grainServiceType);
        if (!typeof(GrainService).IsAssignableFrom(grainServiceType))
        {
            throw new ArgumentException($"'{grainServiceType}' does not derive from {nameof(GrainService)}.", nameof(grainServiceType));
        }

        return services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(
            provider => new GrainServiceHost(provider.GetRequiredService<SiloRuntime>(), grainServiceType));
    }
}
