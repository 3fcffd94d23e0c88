using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Timers;

namespace Orleans.Embedded;

/// <summary>Registers reminders.</summary>
internal static class ReminderServices
{
    public static void AddOnce(IServiceCollection services)
    {
        if (services.Any(static service => service.ServiceType == typeof(ReminderService)))
        {
            return;
        }

        services.AddSingleton<ReminderService>();
        services.AddSingleton<IConfigurationValidator, ReminderOptionsValidator>();
        services.AddSingleton<IReminderRegistry>(static provider => provider.GetRequiredService<ReminderService>());
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(static provider => provider.GetRequiredService<ReminderService>());
    }

    public static void AddMemoryTable(IServiceCollection services) => services.TryAddSingleton<IReminderTable>(
        static provider => provider.GetRequiredService<EmbeddedCluster>().Memory<MemoryReminderTable>("reminders"));
}
