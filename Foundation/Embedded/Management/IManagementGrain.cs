namespace Orleans.Runtime;

/// <summary>Looks into the cluster. Its key is 0.</summary>
public interface IManagementGrain : IGrainWithIntegerKey
{
    /// <summary>The silos and what they are doing. Silos that are gone are not remembered.</summary>
    /// <param name="onlyActive">Whether only active ones are wanted.</param>
    /// <returns>The silos.</returns>
    Task<Dictionary<SiloAddress, SiloStatus>> GetHosts(bool onlyActive = false);

    /// <summary>Collects garbage. Silos of one process share one heap.</summary>
    /// <param name="hostsIds">The silos.</param>
    /// <returns>A task that ends when it is collected.</returns>
    Task ForceGarbageCollection(SiloAddress[] hostsIds);

    /// <summary>Ends the activations that nobody called for some time.</summary>
    /// <param name="hostsIds">The silos.</param>
    /// <param name="ageLimit">The time.</param>
    /// <returns>A task that ends when they have ended.</returns>
    Task ForceActivationCollection(SiloAddress[] hostsIds, TimeSpan ageLimit);

    /// <summary>Ends the activations of all silos that nobody called for some time.</summary>
    /// <param name="ageLimit">The time.</param>
    /// <returns>A task that ends when they have ended.</returns>
    Task ForceActivationCollection(TimeSpan ageLimit);

    /// <summary>Counts the activations of each grain class.</summary>
    /// <param name="hostsIds">The silos.</param>
    /// <returns>The counts.</returns>
    Task<SimpleGrainStatistic[]> GetSimpleGrainStatistics(SiloAddress[] hostsIds);

    /// <summary>Counts the activations of each grain class in all silos.</summary>
    /// <returns>The counts.</returns>
    Task<SimpleGrainStatistic[]> GetSimpleGrainStatistics();

    /// <summary>Lists activations.</summary>
    /// <param name="types">The grain classes by full name and assembly; null for all.</param>
    /// <param name="hostsIds">The silos; null for all.</param>
    /// <returns>The activations. O(number of activations).</returns>
    Task<DetailedGrainStatistic[]> GetDetailedGrainStatistics(string[]? types = null, SiloAddress[]? hostsIds = null);

    /// <summary>Counts the activations of the grain class of a grain.</summary>
    /// <param name="grainReference">The grain.</param>
    /// <returns>The count.</returns>
    Task<int> GetGrainActivationCount(GrainReference grainReference);

    /// <summary>Counts all activations.</summary>
    /// <returns>The count.</returns>
    Task<int> GetTotalActivationCount();

    /// <summary>The silo where a grain is active.</summary>
    /// <param name="reference">The grain.</param>
    /// <returns>The silo; null when the grain is not active.</returns>
    ValueTask<SiloAddress?> GetActivationAddress(IAddressable reference);

    /// <summary>Lists the active grains of a grain type.</summary>
    /// <param name="type">The grain type.</param>
    /// <returns>The grains.</returns>
    ValueTask<List<GrainId>> GetActiveGrains(GrainType type);
}
