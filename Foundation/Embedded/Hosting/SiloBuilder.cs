using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;

namespace Orleans.Embedded;

/// <summary>Composes the silo of one host.</summary>
internal sealed class SiloBuilder(IServiceCollection services, IConfiguration configuration) : ISiloBuilder
{
    public IServiceCollection Services { get; } = services;

    public IConfiguration Configuration { get; } = configuration;

    public static SiloBuilder For(IServiceCollection services, IConfiguration configuration)
    {
        SiloServices.AddOnce(services);
        return new SiloBuilder(services, configuration);
    }
}
