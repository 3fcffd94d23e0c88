using Microsoft.Extensions.DependencyInjection;
using Orleans.Embedded;

namespace Orleans.Hosting;

/// <summary>Registers the reminder service.</summary>
public static class SiloBuilderReminderExtensions
{
    /// <summary>Adds the reminder service; register an <see cref="IReminderTable"/> beside it.</summary>
    /// <param name="builder">The silo.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder AddReminders(this ISiloBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddReminders();
        return builder;
    }

    /// <summary>Adds the reminder service; register an <see cref="IReminderTable"/> beside it.</summary>
    /// <param name="services">The services.</param>
    public static void AddReminders(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        ReminderServices.AddOnce(services);
    }
}

/// <summary>Registers reminders in memory.</summary>
public static class SiloBuilderReminderMemoryExtensions
{
    /// <summary>Keeps reminders in the memory of the cluster.</summary>
    /// <param name="builder">The silo.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder UseInMemoryReminderService(this ISiloBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddReminders();
        ReminderServices.AddMemoryTable(builder.Services);
        return builder;
    }
}
