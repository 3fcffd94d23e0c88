using System.Collections.Concurrent;
using System.Reflection;

namespace Orleans.Embedded;

/// <summary>The grain interfaces and classes of this process, as generated code describes them.</summary>
internal sealed partial class GrainManifest
{
    private static readonly Lock Gate = new();
    private static GrainManifest? _current;

    private readonly Dictionary<Type, GrainInterface> _interfaces = [];
    private readonly Dictionary<GrainInterfaceType, GrainInterface> _interfacesByName = [];
    private readonly Dictionary<GrainType, GrainClass> _classes = [];
    private readonly ConcurrentDictionary<(Type Interface, string Prefix), GrainType> _resolved = new();
    private readonly ConcurrentDictionary<GrainType, GrainClass> _constructedClasses = new();
    private readonly ConcurrentDictionary<Type, GrainInterface> _constructed = new();
    private readonly HashSet<Assembly> _assemblies = [];

    public static GrainManifest Current
    {
        get
        {
            if (Volatile.Read(ref _current) is { } current)
            {
                return current;
            }

            lock (Gate)
            {
                return _current ??= Discover();
            }
        }
    }

    public GrainInterface InterfaceOf(Type interfaceType)
    {
        ArgumentNullException.ThrowIfNull(interfaceType);
        if (_interfaces.TryGetValue(interfaceType, out var known) || _constructed.TryGetValue(interfaceType, out known))
        {
            return known;
        }

        if (interfaceType.IsConstructedGenericType && _interfaces.TryGetValue(interfaceType.GetGenericTypeDefinition(), out var open))
        {
            return _constructed.GetOrAdd(interfaceType, open.Construct);
        }

        if (Refresh())
        {
            return Current.InterfaceOf(interfaceType);
        }

        throw new ArgumentException(
            $"'{interfaceType}' is not a known grain interface. It must be an interface derived from IGrainWithStringKey or its siblings, " +
            "in a project built with the grain code generator.");
    }

    private static GrainManifest Discover()
    {
        var manifest = new GrainManifest();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var queue = new Queue<Assembly>(AppDomain.CurrentDomain.GetAssemblies());
        if (Assembly.GetEntryAssembly() is { } entry)
        {
            queue.Enqueue(entry);
        }

        while (queue.TryDequeue(out var assembly))
        {
            if (assembly.IsDynamic || !seen.Add(assembly.FullName!))
            {
                continue;
            }

            var parts = assembly.GetCustomAttributes<ApplicationPartAttribute>().ToArray();
            foreach (var part in parts)
            {
                // A reference that the compiler dropped as unused may still hold the grain classes.
                if (TryLoad(new AssemblyName(part.AssemblyName)) is { } named)
                {
                    queue.Enqueue(named);
                }
            }

            if (parts.Length > 0 || ReferenceEquals(assembly, Assembly.GetEntryAssembly()))
            {
                foreach (var reference in assembly.GetReferencedAssemblies())
                {
                    if (!IsPlatform(reference.Name!) && TryLoad(reference) is { } referenced)
                    {
                        queue.Enqueue(referenced);
                    }
                }
            }

            manifest.Add(assembly);
        }

        return manifest;
    }

    private static bool IsPlatform(string name) =>
        name.StartsWith("System", StringComparison.Ordinal)
        || name.StartsWith("Microsoft.", StringComparison.Ordinal)
        || name is "netstandard" or "mscorlib";

    private static Assembly? TryLoad(AssemblyName name)
    {
        try
        {
            return Assembly.Load(name);
        }
        catch (Exception exception) when (exception is FileNotFoundException or FileLoadException or BadImageFormatException)
        {
            // A reference that is not deployed, such as one of a compile-time package, holds no grain of this process.
            return null;
        }
    }

    // Assemblies may be loaded after the first look, by plug-ins and tests.
    private static bool Refresh()
    {
        lock (Gate)
        {
            var fresh = Discover();
            var grown = _current is null || fresh._assemblies.Count > _current._assemblies.Count;
            if (grown)
            {
                Volatile.Write(ref _current, fresh);
            }

            return grown;
        }
    }

    private void Add(Assembly assembly)
    {
        if (assembly.GetCustomAttribute<GrainModuleAttribute>() is not { } attribute || !_assemblies.Add(assembly))
        {
            return;
        }

        var module = (GrainModule)Activator.CreateInstance(attribute.Module, nonPublic: true)!;
        foreach (var grainInterface in module.Interfaces)
        {
            AddInterface(grainInterface);
        }

        foreach (var (type, name) in module.Classes)
        {
            var grainType = GrainType.Create(name);
            if (_classes.TryGetValue(grainType, out var other) && other.Type != type)
            {
                throw new OrleansConfigurationException(
                    $"Grain classes '{other.Type}' and '{type}' both have the grain type '{name}'; give one of them another with [GrainType].");
            }

            _classes[grainType] = new GrainClass(type, grainType);
        }
    }

    private void AddInterface(GrainInterface grainInterface)
    {
        _interfaces[grainInterface.Type] = grainInterface;
        _interfacesByName[grainInterface.Name] = grainInterface;
    }
}
