using Microsoft.Extensions.Configuration;
using OrleansFlow.Errors;
using OrleansFlow.Storage;
using OrleansFlow.Storage.Postgres;

namespace OrleansFlow.Silo.Hosting;

/// <summary>Which store the configuration asks for.</summary>
internal static class StorageComposition
{
    /// <summary>Configuration key of the provider's name.</summary>
    public const string ProviderKey = "OrleansFlow:Storage:Provider";

    /// <summary>Value of <see cref="ProviderKey"/> for PostgreSQL.</summary>
    public const string Postgres = "Postgres";

    private const string Sqlite = "Sqlite";
    private const string AdoNet = "AdoNet";

    /// <summary>Puts PostgreSQL under the silo where the configuration asks for it.</summary>
    /// <returns>False when another store is to be added.</returns>
    /// <exception cref="FlowException"><c>bad_option</c>: there is no provider of that name.</exception>
    public static bool TryAddPostgres(ISiloBuilder silo)
    {
        var provider = silo.Configuration[ProviderKey] ?? Sqlite;
        if (!string.Equals(provider, Postgres, StringComparison.OrdinalIgnoreCase))
        {
            return string.Equals(provider, Sqlite, StringComparison.OrdinalIgnoreCase) || string.Equals(provider, AdoNet, StringComparison.OrdinalIgnoreCase)
                ? false
                : throw new FlowException(FlowErrorCode.BadOption, $"{ProviderKey} is '{provider}'; use {Sqlite}, {Postgres} or {AdoNet}.");
        }

        var configuration = silo.Configuration.GetSection(PostgresStoreOptions.SectionName);

        // Silos of a cluster write side by side; a silo of its own owns its store.
        var isCluster = silo.Configuration.GetSection("Orleans:Clustering").Exists();
        silo.AddFlowPostgresStore(store =>
        {
            store.SingleOwner = !isCluster;
            configuration.Bind(store);
        });
        return true;
    }
}
