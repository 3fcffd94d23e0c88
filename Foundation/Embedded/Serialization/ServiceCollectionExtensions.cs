using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Embedded.Serialization;

namespace Orleans.Serialization;

/// <summary>Registers serialization.</summary>
public static class ServiceCollectionExtensions
{
    /// <summary>Adds <see cref="Serializer"/>, <see cref="DeepCopier"/> and their generic forms. Safe to repeat.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Configures more.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddSerializer(
        this IServiceCollection services, Action<ISerializerBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(static provider => new Serializer(provider.GetService<IReferenceFormatter>()));
        services.TryAddSingleton(typeof(Serializer<>));
        services.TryAddSingleton<DeepCopier>();
        services.TryAddSingleton(typeof(DeepCopier<>));
        configure?.Invoke(new SerializerBuilder(services));
        return services;
    }

    private sealed class SerializerBuilder(IServiceCollection services) : ISerializerBuilder
    {
        public IServiceCollection Services => services;
    }
}
