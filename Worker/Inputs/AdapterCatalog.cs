using System.Collections.Frozen;
using OrleansFlow.Decisions.Inputs;
using OrleansFlow.Errors;

namespace OrleansFlow.Worker.Inputs;

/// <summary>The input adapters of a worker: those that every worker has, and its own.</summary>
public sealed class AdapterCatalog
{
    private static readonly AdapterRegistration[] BuiltIn =
    [
        Of(BuiltInAdapters.FromArtifacts, typeof(ArtifactAdapter)),
        Of(BuiltInAdapters.Rechunk, typeof(RechunkAdapter)),
        Of(BuiltInAdapters.Files, typeof(FileAdapter)),
        Of(BuiltInAdapters.Query, typeof(QueryAdapter)),
        Of(BuiltInAdapters.Cursor, typeof(CursorAdapter)),
    ];

    private readonly FrozenDictionary<string, AdapterRegistration> _byName;
    private readonly AdapterRegistration[] _own;

    /// <summary>Collects the worker's own adapters.</summary>
    /// <exception cref="FlowException"><c>bad_option</c>: two adapters claim one name.</exception>
    public AdapterCatalog(IEnumerable<AdapterRegistration> registrations)
    {
        ArgumentNullException.ThrowIfNull(registrations);
        var byName = new Dictionary<string, AdapterRegistration>(StringComparer.Ordinal);
        foreach (var registration in BuiltIn.Concat(registrations))
        {
            foreach (var name in registration.Schema.Aliases.Prepend(registration.Schema.Name))
            {
                if (!byName.TryAdd(name, registration) && byName[name].AdapterType != registration.AdapterType)
                {
                    throw new FlowException(
                        FlowErrorCode.BadOption,
                        $"Two input adapters claim the name '{name}': {byName[name].AdapterType} and {registration.AdapterType}. Give one another name.");
                }
            }
        }

        _byName = byName.ToFrozenDictionary(StringComparer.Ordinal);
        _own = [.. byName.Values.Distinct().Except(BuiltIn).OrderBy(registration => registration.Schema.Name, StringComparer.Ordinal)];
        Names = [.. byName.Values.Select(registration => registration.Schema.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>The adapters' names without aliases, in ordinal order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The adapter of a name or alias; null when this worker has none.</summary>
    public AdapterRegistration? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>What the gateway is told at registration; each alias counts as an adapter of its own.</summary>
    internal IEnumerable<Protocol.Worker.V1.InputAdapter> Announced() =>
        from registration in _own
        from name in registration.Schema.Aliases.Prepend(registration.Schema.Name)
        select new Protocol.Worker.V1.InputAdapter { Name = name, SchemaJson = AdapterSchemaJson.Write(registration.Schema with { Name = name, Aliases = [] }) };

    private static AdapterRegistration Of(string name, Type type) => new(BuiltInAdapters.Find(name)!, type);
}
