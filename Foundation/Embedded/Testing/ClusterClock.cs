using Microsoft.Extensions.DependencyInjection;

namespace Orleans.TestingHost;

/// <summary>Finds the clock of a test cluster.</summary>
internal static class ClusterClock
{
    public static TimeProvider Of(IServiceCollection services)
    {
        var registered = services.Last(service => service.ServiceType == typeof(TimeProvider) && !service.IsKeyedService);
        return registered.ImplementationInstance as TimeProvider ?? throw new OrleansConfigurationException(
            "A test cluster takes its clock from its services: register the TimeProvider as an instance.");
    }
}
