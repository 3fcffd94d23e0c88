using System.Collections.Concurrent;
using Orleans.Embedded.Serialization;

namespace Orleans.Embedded.Remote;

/// <summary>A grain class of the cluster, which the client's process need not have.</summary>
internal sealed record RemoteGrainClass(GrainType GrainType, string FullName, string Name, string[] Interfaces);

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
            writer.WriteVarint((ulong)grainClass.Interfaces.Length);
            foreach (var name in grainClass.Interfaces)
            {
                writer.WriteString(name);
            }
        }
    }

    public static RemoteManifest Read(CodecReader reader)
    {
        var classes = new RemoteGrainClass[RecordText.ReadCount(reader, "grain classes")];
        for (var index = 0; index < classes.Length; index++)
        {
            var grainType = GrainType.Create(reader.ReadString());
            var (fullName, name) = (reader.ReadString(), reader.ReadString());
            var interfaces = new string[RecordText.ReadCount(reader, "interfaces")];
            for (var position = 0; position < interfaces.Length; position++)
            {
                interfaces[position] = reader.ReadString();
            }

            classes[index] = new RemoteGrainClass(grainType, fullName, name, interfaces);
        }

        return new RemoteManifest(classes);
    }

    public GrainType Resolve(Type interfaceType, string? classNamePrefix) => _resolved.GetOrAdd(
        (interfaceType, classNamePrefix ?? ""), static (key, manifest) => manifest.Find(key.Item1, key.Item2), this);

    // The same rules as in the silo's own process, see GrainManifest.
    private GrainType Find(Type interfaceType, string prefix)
    {
        var name = GrainManifest.Current.InterfaceOf(interfaceType).Name.ToString();
        var candidates = classes.Where(candidate => candidate.Interfaces.Contains(name, StringComparer.Ordinal)).ToList();
        if (prefix.Length > 0)
        {
            candidates = [.. candidates.Where(candidate =>
                candidate.FullName.StartsWith(prefix, StringComparison.Ordinal)
                || candidate.GrainType.ToString().StartsWith(prefix, StringComparison.OrdinalIgnoreCase))];
        }

        if (candidates.Count > 1)
        {
            var expected = interfaceType.Name is ['I', ..] ? interfaceType.Name[1..] : interfaceType.Name;
            candidates = candidates.Where(candidate => candidate.Name == expected).Take(2).ToList() is [var only] ? [only] : candidates;
        }

        return candidates switch
        {
            [var only] => only.GrainType,
            [] => throw new ArgumentException(
                $"No grain class of the cluster implements '{interfaceType}'{(prefix.Length > 0 ? $" with a name that starts with '{prefix}'" : "")}. "
                + "Does the silo's project reference the project that holds it?"),
            _ => throw new ArgumentException(
                $"Several grain classes of the cluster implement '{interfaceType}': {string.Join(", ", candidates.Select(candidate => candidate.FullName))}. "
                + "Name one with grainClassNamePrefix."),
        };
    }
}
