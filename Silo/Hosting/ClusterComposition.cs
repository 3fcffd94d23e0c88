using Microsoft.Extensions.Configuration;
using OrleansFlow.Errors;
#if !EMBEDDED_RUNTIME
using Orleans.Configuration;
using OrleansFlow.Grains;
#endif

namespace OrleansFlow.Silo.Hosting;

/// <summary>What differs between the two grain runtimes when a silo is composed. No other file of this project knows which one it is.</summary>
internal static class ClusterComposition
{
    private const string ProviderKey = "OrleansFlow:Storage:Provider";
    private const string AdoNetProvider = "AdoNet";
    private const string ClusteringSection = "Orleans:Clustering";

#if EMBEDDED_RUNTIME
    /// <summary>Makes the silo a cluster of its own: the embedded runtime never forms a larger one.</summary>
    /// <exception cref="FlowException"><c>bad_option</c>: the configuration asks for a cluster of several silos.</exception>
    public static void Join(ISiloBuilder silo, string clusterId)
    {
        if (silo.Configuration.GetSection(ClusteringSection).Exists())
        {
            throw NeedsOrleans($"The configuration section '{ClusteringSection}' asks for a cluster of silos");
        }

        silo.UseLocalhostClustering(clusterId: clusterId);
    }

    /// <summary>Puts Orleans' own storage under the silo where the configuration asks for it; here it never can.</summary>
    /// <returns>False: the project's own storage is to be added.</returns>
    /// <exception cref="FlowException"><c>bad_option</c>: the configuration asks for it.</exception>
    public static bool TryAddOrleansStorage(ISiloBuilder silo) => string.Equals(silo.Configuration[ProviderKey], AdoNetProvider, StringComparison.OrdinalIgnoreCase)
        ? throw NeedsOrleans($"'{ProviderKey}' is '{AdoNetProvider}', which is Orleans' own storage")
        : false;

    private static FlowException NeedsOrleans(string what) => new(
        FlowErrorCode.BadOption, $"{what}, and this build has the embedded runtime. Remove it, or build with -p:GrainRuntime=Orleans.");
#else
    /// <summary>Joins the cluster that Orleans' own section <c>Orleans:Clustering</c> names (ProviderType AdoNet or Redis); without one the silo is alone.</summary>
    public static void Join(ISiloBuilder silo, string clusterId)
    {
        if (!silo.Configuration.GetSection(ClusteringSection).Exists())
        {
            silo.UseLocalhostClustering(clusterId: clusterId);
        }
    }

    /// <summary>Puts Orleans' AdoNet storage and reminders under the silo where <c>OrleansFlow:Storage:Provider</c> is <c>AdoNet</c>.</summary>
    /// <returns>False when the project's own storage is to be added.</returns>
    /// <exception cref="FlowException"><c>bad_option</c>: the connection string is missing.</exception>
    public static bool TryAddOrleansStorage(ISiloBuilder silo)
    {
        if (!string.Equals(silo.Configuration[ProviderKey], AdoNetProvider, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var connectionString = silo.Configuration["OrleansFlow:Storage:AdoNet:ConnectionString"]
            ?? throw new FlowException(FlowErrorCode.BadOption, $"'{ProviderKey}' is '{AdoNetProvider}': set OrleansFlow:Storage:AdoNet:ConnectionString too.");
        var invariant = silo.Configuration["OrleansFlow:Storage:AdoNet:Invariant"] ?? "Npgsql";
        silo.AddAdoNetGrainStorage(FlowGrainStorage.Name, (AdoNetGrainStorageOptions storage) => (storage.Invariant, storage.ConnectionString) = (invariant, connectionString));
        silo.AddAdoNetGrainStorageAsDefault((AdoNetGrainStorageOptions storage) => (storage.Invariant, storage.ConnectionString) = (invariant, connectionString));
        silo.UseAdoNetReminderService((AdoNetReminderTableOptions reminders) => (reminders.Invariant, reminders.ConnectionString) = (invariant, connectionString));
        return true;
    }
#endif
}
