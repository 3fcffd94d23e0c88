using Orleans.Embedded.Remote;

namespace Orleans.Embedded;

/// <content>What other processes are told of it.</content>
internal sealed partial class GrainManifest
{
    /// <summary>The interface; null for one that is none of a grain.</summary>
    public GrainInterface? TryInterfaceOf(Type interfaceType)
    {
        var definition = interfaceType.IsConstructedGenericType ? interfaceType.GetGenericTypeDefinition() : interfaceType;
        return _interfaces.TryGetValue(interfaceType, out var known) ? known
            : _interfaces.ContainsKey(definition) ? InterfaceOf(interfaceType)
            : null;
    }

    /// <summary>The grain classes with what they implement.</summary>
    public IEnumerable<RemoteGrainClass> Describe() => _classes.Values.Select(grainClass => new RemoteGrainClass(
        grainClass.GrainType,
        grainClass.Type.FullName!,
        WithoutArity(grainClass.Type.Name),
        grainClass.Type.IsGenericTypeDefinition,
        [.. grainClass.Type.IsGenericTypeDefinition ? OpenInterfacesOf(grainClass.Type) : InterfacesOf(grainClass.Type)]));

    private IEnumerable<RemoteGrainInterface> InterfacesOf(Type grainClass) => grainClass.GetInterfaces()
        .Select(TryInterfaceOf).OfType<GrainInterface>()
        .Select(known => new RemoteGrainInterface(known.Name.ToString(), []));

    // For each type parameter of the class its place among those of the interface; all must have one.
    private IEnumerable<RemoteGrainInterface> OpenInterfacesOf(Type openClass)
    {
        foreach (var implemented in openClass.GetInterfaces().Where(type => type.IsGenericType))
        {
            if (_interfaces.TryGetValue(implemented.GetGenericTypeDefinition(), out var known))
            {
                var given = implemented.GetGenericArguments();
                var places = openClass.GetGenericArguments().Select(parameter => Array.IndexOf(given, parameter)).ToArray();
                if (Array.IndexOf(places, -1) < 0)
                {
                    yield return new RemoteGrainInterface(known.Name.ToString(), places);
                }
            }
        }
    }
}
