using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Orleans.Embedded;

/// <summary>Checks <see cref="GrainCollectionOptions"/>.</summary>
internal sealed class GrainCollectionOptionsValidator(IOptions<GrainCollectionOptions> options) : IConfigurationValidator
{
    public void ValidateConfiguration()
    {
        var value = options.Value;
        RequirePositive(nameof(value.CollectionQuantum), value.CollectionQuantum);
        RequirePositive(nameof(value.ActivationTimeout), value.ActivationTimeout);
        RequirePositive(nameof(value.DeactivationTimeout), value.DeactivationTimeout);
        RequireLonger(nameof(value.CollectionAge), value.CollectionAge, value.CollectionQuantum);
        foreach (var (grainClass, age) in value.ClassSpecificCollectionAge)
        {
            RequireLonger($"{nameof(value.ClassSpecificCollectionAge)}[{grainClass}]", age, value.CollectionQuantum);
        }
    }

    private static void RequirePositive(string name, TimeSpan value)
    {
        if (value <= TimeSpan.Zero)
        {
            throw new OrleansConfigurationException($"{nameof(GrainCollectionOptions)}.{name} is {value}; it must be longer than zero.");
        }
    }

    private static void RequireLonger(string name, TimeSpan value, TimeSpan quantum)
    {
        if (value <= quantum)
        {
            throw new OrleansConfigurationException(
                $"{nameof(GrainCollectionOptions)}.{name} is {value}; it must be longer than "
                + $"{nameof(GrainCollectionOptions.CollectionQuantum)}, which is {quantum}.");
        }
    }
}

/// <summary>Checks <see cref="SiloMessagingOptions"/>.</summary>
internal sealed class SiloMessagingOptionsValidator(IOptions<SiloMessagingOptions> options) : IConfigurationValidator
{
    public void ValidateConfiguration()
    {
        if (options.Value.ResponseTimeout <= TimeSpan.Zero && options.Value.ResponseTimeout != Timeout.InfiniteTimeSpan)
        {
            throw new OrleansConfigurationException(
                $"{nameof(SiloMessagingOptions)}.{nameof(SiloMessagingOptions.ResponseTimeout)} is {options.Value.ResponseTimeout}; it must be longer than zero.");
        }

        if (options.Value.MaxEnqueuedRequestsHardLimit < 0)
        {
            throw new OrleansConfigurationException(
                $"{nameof(SiloMessagingOptions)}.{nameof(SiloMessagingOptions.MaxEnqueuedRequestsHardLimit)} is "
                + $"{options.Value.MaxEnqueuedRequestsHardLimit}; it must be 0 or more.");
        }
    }
}
