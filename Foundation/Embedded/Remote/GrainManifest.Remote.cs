using Orleans.Embedded.Remote;

namespace Orleans.Embedded;

/// <content>What other processes are told of it.</content>
internal sealed partial class GrainManifest
{
    /// <summary>The interface; null for one that is none of a grain.</summary>
    public GrainInterface? TryInterfaceOf(Type interfaceType)
    {
        var definition = interfaceType.IsConstructedGenericType ? interfaceType.GetGenericTypeDefinition() : interfaceType;
        return _interfaces.ContainsKey(interfaceType) || _interfaces.ContainsKey(definition) ? InterfaceOfKnown(interfaceType) : null;
    }

    /// <summary>The grain classes with the wire names of their interfaces.</summary>
    public IEnumerable<RemoteGrainClass> Describe() => _classes.Values.Select(grainClass => new RemoteGrainClass(
        grainClass.GrainType,
        grainClass.Type.FullName!,
        grainClass.Type.Name,
        [.. grainClass.Type.GetInterfaces().Select(TryInterfaceOf).OfType<GrainInterface>().Select(known => known.Name.ToString())]));

    private GrainInterface InterfaceOfKnown(Type interfaceType) =>
        _interfaces.TryGetValue(interfaceType, out var known) ? known : InterfaceOf(interfaceType);
}
