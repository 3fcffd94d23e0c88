using Microsoft.Extensions.DependencyInjection;
using Orleans.Embedded;
using Orleans.Services;

namespace Orleans.Runtime.Services;

/// <summary>Base of clients of grain services: finds the service that is responsible for a grain.</summary>
/// <typeparam name="TGrainService">The service's interface.</typeparam>
public abstract class GrainServiceClient<TGrainService> : IGrainServiceClient<TGrainService>
    where TGrainService : IGrainService
{
    private readonly SiloRuntime _silo;

    /// <summary>Creates the client.</summary>
    /// <param name="serviceProvider">The services of the silo.</param>
    protected GrainServiceClient(IServiceProvider serviceProvider) => _silo = serviceProvider.GetRequiredService<SiloRuntime>();

    /// <summary>The grain whose turn runs.</summary>
    /// <exception cref="InvalidOperationException">No grain's turn runs here.</exception>
    protected GrainReference CurrentGrainReference => GrainExecution.RequireCurrent().GrainReference;

    /// <summary>The service that is responsible for a grain.</summary>
    /// <param name="callingGrainId">The grain.</param>
    /// <returns>A reference to the service.</returns>
    protected TGrainService GetGrainService(GrainId callingGrainId) => GetGrainService(callingGrainId.GetUniformHashCode());

    /// <summary>The service that is responsible for a hash.</summary>
    /// <param name="key">The hash.</param>
    /// <returns>A reference to the service.</returns>
    protected TGrainService GetGrainService(uint key)
    {
        var silos = _silo.Cluster.Silos;
        return GetGrainService(silos.Length == 0 ? _silo.SiloAddress : silos[(int)(key % (uint)silos.Length)].SiloAddress);
    }

    /// <summary>The service of a silo.</summary>
    /// <param name="destination">The silo.</param>
    /// <returns>A reference to the service.</returns>
    protected TGrainService GetGrainService(SiloAddress destination) => (TGrainService)(object)_silo.Client.References.Create(
        GrainServiceHost.IdOf(typeof(TGrainService), destination), typeof(TGrainService));
}
