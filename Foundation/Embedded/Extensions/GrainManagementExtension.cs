using Orleans.Core.Internal;

namespace Orleans.Embedded;

/// <summary>What every grain does when it is told to end.</summary>
internal sealed class GrainManagementExtension(IGrainContext context) : IGrainManagementExtension
{
    public ValueTask DeactivateOnIdle()
    {
        context.Deactivate(new DeactivationReason(
            DeactivationReasonCode.ApplicationRequested, $"{nameof(IGrainManagementExtension)}.{nameof(DeactivateOnIdle)} was called."));
        return default;
    }

    public ValueTask MigrateOnIdle()
    {
        context.Migrate(null);
        return default;
    }
}
