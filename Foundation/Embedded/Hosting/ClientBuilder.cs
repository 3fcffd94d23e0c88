using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;

namespace Orleans.Embedded;

/// <summary>Composes the client of one host.</summary>
internal sealed class ClientBuilder(IServiceCollection services, IConfiguration configuration) : IClientBuilder
{
    public IServiceCollection Services { get; } = services;

    public IConfiguration Configuration { get; } = configuration;

    /// <summary>The client of a silo in another process.</summary>
    public static ClientBuilder For(IServiceCollection services, IConfiguration configuration)
    {
        ClientServices.AddOnce(services);
        return new ClientBuilder(services, configuration);
    }
}
