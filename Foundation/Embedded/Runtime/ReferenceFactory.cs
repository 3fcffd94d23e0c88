using System.Collections.Concurrent;
using Orleans.Embedded.Serialization;

namespace Orleans.Embedded;

/// <summary>Makes grain references for one silo or client.</summary>
internal sealed class ReferenceFactory(CallClient client) : IReferenceFormatter
{
    private readonly ConcurrentDictionary<(GrainType, Type), (GrainReferenceShared Shared, GrainInterface Interface)> _shared = new();
    private readonly ConcurrentDictionary<GrainType, GrainReferenceShared> _untyped = new();

    public CallClient Client => client;

    public GrainReference Create(GrainId id, Type interfaceType)
    {
        var (shared, grainInterface) = _shared.GetOrAdd(
            (id.Type, interfaceType),
            static (key, client) =>
            {
                var known = GrainManifest.Current.InterfaceOf(key.Item2);
                return (new GrainReferenceShared(key.Item1, known.Name, client), known);
            },
            client);
        return grainInterface.Create(shared, id.Key);
    }

    public GrainReference Create(GrainId id, GrainInterfaceType interfaceType) =>
        Create(id, GrainManifest.Current.InterfaceOf(interfaceType).Type);

    public GrainReference CreateUntyped(GrainId id) =>
        new UntypedGrainReference(_untyped.GetOrAdd(id.Type, static (type, client) => new GrainReferenceShared(type, default, client), client), id.Key);

    public string Format(object reference) => ((IAddressable)reference).GetGrainId().ToString();

    public object Parse(string text, Type declaredType)
    {
        var id = GrainId.Parse(text);
        return declaredType.IsInterface && declaredType != typeof(IAddressable) && declaredType != typeof(IGrain)
            ? Create(id, declaredType)
            : CreateUntyped(id);
    }
}

/// <summary>A reference without an interface; cast it to call.</summary>
internal sealed class UntypedGrainReference(GrainReferenceShared shared, IdSpan key) : GrainReference(shared, key), IGrain
{
}
