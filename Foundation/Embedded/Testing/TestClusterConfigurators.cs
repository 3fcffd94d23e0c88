using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;

namespace Orleans.TestingHost;

/// <summary>Composes the silos of a <see cref="TestCluster"/>; each silo makes one with the parameterless constructor.</summary>
public interface ISiloConfigurator
{
    /// <summary>Composes a silo.</summary>
    /// <param name="siloBuilder">The silo.</param>
    void Configure(ISiloBuilder siloBuilder);
}

/// <summary>Composes the hosts of a <see cref="TestCluster"/>; each host makes one with the parameterless constructor.</summary>
public interface IHostConfigurator
{
    /// <summary>Composes a host.</summary>
    /// <param name="hostBuilder">The host.</param>
    void Configure(IHostBuilder hostBuilder);
}

/// <summary>Composes the client of a <see cref="TestCluster"/>, which makes one with the parameterless constructor.</summary>
public interface IClientBuilderConfigurator
{
    /// <summary>Composes the client.</summary>
    /// <param name="configuration">The configuration of its host.</param>
    /// <param name="clientBuilder">The client.</param>
    void Configure(IConfiguration configuration, IClientBuilder clientBuilder);
}
