using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Storage;
using OrleansFlow.Storage.Sqlite;

namespace OrleansFlow.Storage;

/// <summary>Puts the SQLite store under a silo.</summary>
public static class SqliteStoreSiloBuilderExtensions
{
    /// <summary>Name under which OrleansFlow's own grains find their storage.</summary>
    public const string StorageName = "flow";

    /// <summary>Keeps grain states (storage <see cref="StorageName"/> and the default one) and reminders in one SQLite database.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="configure">Sets at least <see cref="SqliteStoreOptions.DatabasePath"/>.</param>
    /// <returns>The same builder. Calling it twice configures the same store again.</returns>
    public static ISiloBuilder AddFlowSqliteStore(this ISiloBuilder builder, Action<SqliteStoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.AddOptions<SqliteStoreOptions>().Configure(configure).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SqliteStoreOptions>, SqliteStoreOptionsValidator>());
        if (services.Any(service => service.ServiceType == typeof(SqliteStore)))
        {
            return builder;
        }

        services.AddSingleton<SqliteStore>();
        services.AddSingleton<IStoreGeneration>(provider => provider.GetRequiredService<SqliteStore>());
        services.AddSingleton<GrainStateJson>();
        services.AddSingleton<SqliteGrainStorage>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, SqliteStoreLifecycle>();
        services.AddKeyedSingleton<IGrainStorage>(StorageName, (provider, _) => provider.GetRequiredService<SqliteGrainStorage>());
        services.AddKeyedSingleton<IGrainStorage>("Default", (provider, _) => provider.GetRequiredService<SqliteGrainStorage>());
        services.AddSingleton<IGrainStorage>(provider => provider.GetRequiredService<SqliteGrainStorage>());
        services.AddReminders();
        services.AddSingleton<IReminderTable, SqliteReminderTable>();
        return builder;
    }
}
