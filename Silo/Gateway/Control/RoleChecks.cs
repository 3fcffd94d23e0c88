using System.Collections.Concurrent;
using System.Collections.Frozen;
using OrleansFlow.Decisions.Inputs;
using OrleansFlow.Inputs;
using OrleansFlow.Workers;

namespace OrleansFlow.Silo.Gateway.Control;

/// <summary>Whether any worker has ever announced a role or an input adapter.</summary>
internal sealed class RoleChecks(IGrainFactory grains)
{
    /// <summary>Partition of a role's queue; there is one for now.</summary>
    private const string Partition = "/0";

    private const int KnownMax = 10_000;

    private readonly ConcurrentDictionary<string, bool> _known = new(StringComparer.Ordinal);

    /// <summary>Those of the roles that no worker has announced.</summary>
    public async Task<IReadOnlySet<string>> FindUnknownAsync(IEnumerable<string> roles, CancellationToken cancellationToken)
    {
        // A role that was announced once is known for good.
        var distinct = roles.Distinct(StringComparer.Ordinal).Where(role => !_known.ContainsKey(role)).ToArray();
        if (distinct.Length == 0)
        {
            return FrozenSet<string>.Empty;
        }

        var known = await Task.WhenAll(distinct.Select(async role =>
            (await grains.GetGrain<IRoleQueueGrain>(role + Partition).GetStatusAsync(cancellationToken)).Known));
        foreach (var (index, role) in distinct.Index().Where(one => known[one.Index]))
        {
            // As many as there are roles, and a bound all the same.
            if (_known.Count < KnownMax)
            {
                _known.TryAdd(role, true);
            }
        }

        return distinct.Where((_, index) => !known[index]).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Those of the input adapters that a worker has announced, with what they take.</summary>
    public async Task<IReadOnlyDictionary<string, AdapterSchema>> FindAdaptersAsync(IEnumerable<string> adapters, CancellationToken cancellationToken)
    {
        var announced = await grains.GetGrain<IWorkerCatalogGrain>(IWorkerCatalogGrain.Key).ListAdaptersAsync(cancellationToken);
        var found = new Dictionary<string, AdapterSchema>(StringComparer.Ordinal);
        foreach (var name in adapters)
        {
            if (announced.TryGetValue(name, out var json) && AdapterSchemaJson.Read(json) is { } schema)
            {
                found[name] = schema;
            }
        }

        return found;
    }

    /// <summary>What to do about an unknown role.</summary>
    public static string Message(string role) =>
        $"No worker has announced role '{role}' yet. Start one with a handler for it, correct the role, or allow unknown roles (--allow-unknown-roles).";
}
