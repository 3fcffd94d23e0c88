using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Hosting;

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

/// <summary>Checks <see cref="StatelessWorkerOptions"/>.</summary>
internal sealed class StatelessWorkerOptionsValidator(IOptions<StatelessWorkerOptions> options) : IConfigurationValidator
{
    public void ValidateConfiguration()
    {
        if (options.Value.IdleWorkersInspectionPeriod <= TimeSpan.Zero)
        {
            throw new OrleansConfigurationException(
                $"{nameof(StatelessWorkerOptions)}.{nameof(StatelessWorkerOptions.IdleWorkersInspectionPeriod)} is "
                + $"{options.Value.IdleWorkersInspectionPeriod}; it must be longer than zero.");
        }

        if (options.Value.MinIdleCyclesBeforeRemoval < 1)
        {
            throw new OrleansConfigurationException(
                $"{nameof(StatelessWorkerOptions)}.{nameof(StatelessWorkerOptions.MinIdleCyclesBeforeRemoval)} is "
                + $"{options.Value.MinIdleCyclesBeforeRemoval}; it must be 1 or more.");
        }
    }
}

/// <summary>Checks <see cref="ReminderOptions"/>.</summary>
internal sealed class ReminderOptionsValidator(IOptions<ReminderOptions> options) : IConfigurationValidator
{
    public void ValidateConfiguration()
    {
        var value = options.Value;
        Require(value.MinimumReminderPeriod >= TimeSpan.Zero, nameof(value.MinimumReminderPeriod), value.MinimumReminderPeriod, "zero or more");
        Require(value.RefreshReminderListPeriod > TimeSpan.Zero, nameof(value.RefreshReminderListPeriod), value.RefreshReminderListPeriod, "longer than zero");
        Require(value.InitializationTimeout > TimeSpan.Zero, nameof(value.InitializationTimeout), value.InitializationTimeout, "longer than zero");
    }

    private static void Require(bool isMet, string name, TimeSpan value, string range)
    {
        if (!isMet)
        {
            throw new OrleansConfigurationException($"{nameof(ReminderOptions)}.{name} is {value}; it must be {range}.");
        }
    }
}

/// <summary>Checks <see cref="MemoryGrainStorageOptions"/>.</summary>
internal sealed class MemoryGrainStorageOptionsValidator(MemoryGrainStorageOptions options, string name) : IConfigurationValidator
{
    public void ValidateConfiguration()
    {
        if (options.NumStorageGrains <= 0)
        {
            throw new OrleansConfigurationException(
                $"{nameof(MemoryGrainStorageOptions)}.{nameof(options.NumStorageGrains)} of storage '{name}' is {options.NumStorageGrains}; it must be 1 or more.");
        }
    }
}
