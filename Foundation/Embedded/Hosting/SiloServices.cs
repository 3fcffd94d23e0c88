using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Orleans.Core.Internal;
using Orleans.Embedded.Remote;
using Orleans.Embedded.Serialization;
using Orleans.Serialization;
using Orleans.Timers;

namespace Orleans.Embedded;

/// <summary>Registers what a silo consists of.</summary>
internal static class SiloServices
{
    public static void AddOnce(IServiceCollection services)
    {
        if (services.Any(static service => service.ServiceType == typeof(SiloRuntime)))
        {
            return;
        }

        if (services.Any(static service => service.ServiceType == typeof(RemoteClusterClient)))
        {
            throw new OrleansConfigurationException(
                "UseOrleansClient and UseOrleans were called on one host. A silo brings a client of its own: remove the call of UseOrleansClient.");
        }

        services.AddOptions();
        services.AddLogging();
        services.AddSerializer();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static provider => new EmbeddedCluster(provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(static provider => new SiloRuntime(provider.GetRequiredService<EmbeddedCluster>(), provider));
        services.AddSingleton(static provider => new Silo(provider.GetRequiredService<SiloRuntime>()));
        services.AddSingleton<IGrainRuntime>(static provider => provider.GetRequiredService<SiloRuntime>());
        services.AddSingleton<ILocalSiloDetails>(static provider => provider.GetRequiredService<SiloRuntime>());
        services.AddSingleton(static provider => provider.GetRequiredService<SiloRuntime>().Client);
        services.AddSingleton<IReferenceFormatter>(static provider => provider.GetRequiredService<CallClient>().References);
        services.TryAddSingleton<IClusterClient>(static provider => new ClusterClient(provider.GetRequiredService<CallClient>()));
        services.TryAddSingleton<IGrainFactory>(static provider => provider.GetRequiredService<IClusterClient>());
        services.AddSingleton<ITimerRegistry, TimerRegistry>();
        services.AddSingleton<IGrainContextAccessor, GrainContextAccessor>();
        services.AddTransient(static _ => GrainExecution.RequireCurrent());
        services.AddSingleton<IAttributeToFactoryMapper<PersistentStateAttribute>, PersistentStateMapper>();
        services.AddSingleton<IPersistentStateFactory, PersistentStateFactory>();
        services.AddKeyedTransient<IGrainExtension, GrainManagementExtension>(typeof(IGrainManagementExtension));
        services.AddSingleton<IConfigurationValidator, GrainCollectionOptionsValidator>();
        services.AddSingleton<IConfigurationValidator, SiloMessagingOptionsValidator>();
        services.AddSingleton<IConfigurationValidator, StatelessWorkerOptionsValidator>();
        services.AddSingleton<IHostedService, SiloHostedService>();

        // A host that has a server of gRPC maps it, as every definition in its container.
        services.AddSingleton<GrainGateway>();
        services.AddSingleton(static provider => provider.GetRequiredService<GrainGateway>().Define());
    }
}

/// <summary>Starts and stops the silo with its host.</summary>
internal sealed class SiloHostedService(SiloRuntime silo) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => silo.StartAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => silo.StopAsync(cancellationToken);
}
