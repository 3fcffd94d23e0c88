using System.Collections.Concurrent;
using Orleans.Embedded.Serialization;

namespace Orleans.Embedded.Remote;

/// <summary>A grain class of the cluster, which the client's process need not have.</summary>
/// <param name="GrainType">Its grain type; of a generic class without type arguments.</param>
/// <param name="FullName">The class.</param>
/// <param name="Name">The class without namespace and arity.</param>
/// <param name="IsGeneric">Whether it has type parameters.</param>
/// <param name="Interfaces">What it implements.</param>
internal sealed record RemoteGrainClass(GrainType GrainType, string FullName, string Name, bool IsGeneric, RemoteGrainInterface[] Interfaces);

/// <summary>An interface of a grain class.</summary>
/// <param name="Name">Its wire name; of a generic class's interface without type arguments.</param>
/// <param name="Places">For each type parameter of a generic class its place among the type arguments of the interface.</param>
internal sealed record RemoteGrainInterface(string Name, int[] Places);

/// <summary>The grain classes of the cluster, as the gateway told them.</summary>
internal sealed class RemoteManifest(IReadOnlyList<RemoteGrainClass> classes)
{
    private readonly ConcurrentDictionary<(Type, string), GrainType> _resolved = new();

    public static void Write(CodecWriter writer, IEnumerable<RemoteGrainClass> classes)
    {
        var all = classes.ToArray();
        writer.WriteVarint((ulong)all.Length);
        foreach (var grainClass in all)
        {
            writer.WriteString(grainClass.GrainType.ToString());
            writer.WriteString(grainClass.FullName);
            writer.WriteString(grainClass.Name);
            writer.WriteByte(grainClass.IsGeneric ? (byte)1 : (byte)0);
            writer.WriteVarint((ulong)grainClass.Interfaces.Length);
            foreach (var (name, places) in grainClass.Interfaces)
            {
                writer.WriteString(name);
                writer.WriteVarint((ulong)places.Length);
                foreach (var place in places)
                {
                    writer.WriteVarint((ulong)place);
                }
            }
        }
    }

    public static RemoteManifest Read(CodecReader reader)
    {
        var classes = new RemoteGrainClass[RecordText.ReadCount(reader, "grain classes")];
        for (var index = 0; index < classes.Length; index++)
        {
            var grainType = GrainType.Create(reader.ReadString());
            var (fullName, name, isGeneric) = (reader.ReadString(), reader.ReadString(), reader.ReadVarint() != 0);
            var interfaces = new RemoteGrainInterface[RecordText.ReadCount(reader, "interfaces")];
            for (var position = 0; position < interfaces.Length; position++)
            {
                interfaces[position] = new RemoteGrainInterface(reader.ReadString(), ReadPlaces(reader));
            }

            classes[index] = new RemoteGrainClass(grainType, fullName, name, isGeneric, interfaces);
        }

        return new RemoteManifest(classes);
    }

    public GrainType Resolve(Type interfaceType, string? classNamePrefix) => _resolved.GetOrAdd(
        (interfaceType, classNamePrefix ?? ""), static (key, manifest) => manifest.Find(key.Item1, key.Item2), this);

    // The same rules as in the silo's own process, see GrainManifest.
    private GrainType Find(Type interfaceType, string prefix)
    {
        var all = Candidates(interfaceType);
        var candidates = all;
        if (prefix.Length > 0)
        {
            candidates = all.FindAll(candidate => candidate.Class.FullName == prefix);
            if (candidates.Count == 0)
            {
                candidates = all.FindAll(candidate =>
                    candidate.Class.FullName.StartsWith(prefix, StringComparison.Ordinal)
                    || candidate.GrainType.ToString().StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
            }
        }
        else if (GrainManifest.DefaultOf(interfaceType) is { } chosen)
        {
            var served = all.Find(candidate => candidate.GrainType == chosen || GrainManifest.OpenNameOf(candidate.GrainType) == chosen.ToString());
            return served.Class is null ? chosen : served.GrainType;
        }

        if (candidates.Count > 1)
        {
            var name = GrainManifest.WithoutArity(interfaceType.Name);
            var expected = name is ['I', ..] ? name[1..] : name;
            candidates = candidates.FindAll(candidate => candidate.Class.Name == expected) is [var only] ? [only] : candidates;
        }

        return candidates switch
        {
            [var only] => only.GrainType,
            [] => throw new ArgumentException(
                $"Could not find an implementation for interface '{interfaceType}'{(prefix.Length > 0 ? $" with a name that starts with '{prefix}'" : "")} "
                + "in the cluster. Does the silo's project reference the project that holds the grain class?"),
            _ => throw new ArgumentException(
                $"Unable to identify a single appropriate grain type for interface '{interfaceType}'. "
                + $"Candidates: {string.Join(", ", candidates.Select(candidate => candidate.Class.FullName))}. "
                + "Name one with grainClassNamePrefix, or give the interface a [DefaultGrainType]."),
        };
    }

    private static int[] ReadPlaces(CodecReader reader)
    {
        var places = new int[RecordText.ReadCount(reader, "type parameters")];
        for (var index = 0; index < places.Length; index++)
        {
            places[index] = (int)reader.ReadVarint();
        }

        return places;
    }

    // Classes that implement just this interface come before generic ones that can be made to.
    private List<(RemoteGrainClass Class, GrainType GrainType)> Candidates(Type interfaceType)
    {
        var name = GrainManifest.Current.InterfaceOf(interfaceType).Name.ToString();
        var closed = classes.Where(candidate => !candidate.IsGeneric && candidate.Interfaces.Any(one => one.Name == name))
            .Select(candidate => (candidate, candidate.GrainType))
            .ToList();
        if (closed.Count > 0 || !interfaceType.IsConstructedGenericType)
        {
            return closed;
        }

        var open = GrainManifest.Current.InterfaceOf(interfaceType.GetGenericTypeDefinition()).Name.ToString();
        var given = interfaceType.GetGenericArguments();
        return [.. from candidate in classes
                   where candidate.IsGeneric
                   from one in candidate.Interfaces
                   where one.Name == open && one.Places.All(place => place < given.Length)
                   select (candidate, GrainType.Create(GenericTypeNames.Format(
                       candidate.GrainType.ToString(), one.Places.Select(place => given[place]).ToArray())))];
    }
}
