using OrleansFlow.Workers;

namespace OrleansFlow.Silo.Gateway.Control;

/// <summary>Whether any worker has ever announced a role.</summary>
internal sealed class RoleChecks(IGrainFactory grains)
{
    /// <summary>Partition of a role's queue; there is one for now.</summary>
    private const string Partition = "/0";

    /// <summary>Those of the roles that no worker has announced.</summary>
    public async Task<IReadOnlySet<string>> FindUnknownAsync(IEnumerable<string> roles, CancellationToken cancellationToken)
    {
        var distinct = roles.Distinct(StringComparer.Ordinal).ToArray();
        var known = await Task.WhenAll(distinct.Select(async role =>
            (await grains.GetGrain<IRoleQueueGrain>(role + Partition).GetStatusAsync(cancellationToken)).Known));
        return distinct.Where((_, index) => !known[index]).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>What to do about an unknown role.</summary>
    public static string Message(string role) =>
        $"No worker has announced role '{role}' yet. Start one with a handler for it, correct the role, or allow unknown roles (--allow-unknown-roles).";
}
