using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace OrleansFlow.Worker.Inputs;

/// <summary>Registers the input adapters' services.</summary>
internal static class InputServices
{
    public static IServiceCollection AddInputAdapters(this IServiceCollection services)
    {
        if (services.Any(service => service.ImplementationType == typeof(InputAdapterOptionsValidator)))
        {
            return services;
        }

        services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<InputAdapterOptions>>(provider =>
            new ConfigureOptions<InputAdapterOptions>(options => provider.GetService<IConfiguration>()?.GetSection(InputAdapterOptions.SectionName).Bind(options))));
        services.AddOptions<InputAdapterOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<InputAdapterOptions>, InputAdapterOptionsValidator>());
        services.TryAddSingleton<AdapterCatalog>();
        return services;
    }
}
