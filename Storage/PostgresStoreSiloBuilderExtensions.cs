using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Storage;
using OrleansFlow.Storage.Postgres;

namespace OrleansFlow.Storage;

/// <summary>Puts the PostgreSQL store under a silo.</summary>
public static class PostgresStoreSiloBuilderExtensions
{
    /// <summary>Keeps grain states (storage <see cref="SqliteStoreSiloBuilderExtensions.StorageName"/> and the default one) and reminders in one PostgreSQL schema.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="configure">Sets at least <see cref="PostgresStoreOptions.ConnectionString"/>.</param>
    /// <returns>The same builder. Calling it twice configures the same store again.</returns>
    public static ISiloBuilder AddFlowPostgresStore(this ISiloBuilder builder, Action<PostgresStoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.AddOptions<PostgresStoreOptions>().Configure(configure).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<PostgresStoreOptions>, PostgresStoreOptionsValidator>());
        if (services.Any(service => service.ServiceType == typeof(PostgresStore)))
        {
            return builder;
        }

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<PostgresStore>();
        services.AddSingleton<IStoreGeneration>(provider => provider.GetRequiredService<PostgresStore>());
        services.TryAddSingleton<GrainStateJson>();
        services.AddSingleton<PostgresGrainStorage>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, PostgresStoreLifecycle>();
        services.AddKeyedSingleton<IGrainStorage>(
            SqliteStoreSiloBuilderExtensions.StorageName, (provider, _) => provider.GetRequiredService<PostgresGrainStorage>());
        services.AddKeyedSingleton<IGrainStorage>("Default", (provider, _) => provider.GetRequiredService<PostgresGrainStorage>());
        services.AddSingleton<IGrainStorage>(provider => provider.GetRequiredService<PostgresGrainStorage>());
        services.AddReminders();
        services.AddSingleton<IReminderTable, PostgresReminderTable>();
        return builder;
    }
}
