using System.Reflection;
using Orleans.Metadata;

namespace Orleans.Embedded;

/// <content>Which class serves which interface.</content>
internal sealed partial class GrainManifest
{
    // Ids from outside choose type arguments: a bound on how many constructed classes are kept.
    private const int ConstructedClassesMax = 10_000;

    public GrainClass ClassOf(GrainType grainType) => TryClassOf(grainType) ?? throw new ArgumentException(
        $"No grain class has the grain type '{grainType}'. Is the project that holds it referenced, and built with the grain code generator?");

    public GrainInterface InterfaceOf(GrainInterfaceType name)
    {
        if (_interfacesByName.TryGetValue(name, out var known))
        {
            return known;
        }

        if (GenericTypeNames.TryParse(name.ToString(), out var open, out var arguments)
            && _interfacesByName.TryGetValue(GrainInterfaceType.Create(open), out known)
            && known.Type.GetGenericArguments().Length == arguments.Length)
        {
            return InterfaceOf(known.Type.MakeGenericType(arguments));
        }

        return Refresh() ? Current.InterfaceOf(name) : throw new ArgumentException($"No grain interface has the name '{name}'.");
    }

    /// <summary>The grain type of the class that serves an interface.</summary>
    /// <param name="interfaceType">The interface.</param>
    /// <param name="classNamePrefix">The full name of a class, or how it begins; null or empty takes the default class.</param>
    public GrainType Resolve(Type interfaceType, string? classNamePrefix) => _resolved.GetOrAdd(
        (interfaceType, classNamePrefix ?? ""), static (key, manifest) => manifest.FindClass(key.Interface, key.Prefix), this);

    private GrainClass? TryClassOf(GrainType grainType)
    {
        if (_classes.TryGetValue(grainType, out var grainClass) || _constructedClasses.TryGetValue(grainType, out grainClass))
        {
            return grainClass;
        }

        if (GenericTypeNames.TryParse(grainType.ToString(), out var openName, out var arguments)
            && _classes.TryGetValue(GrainType.Create(openName), out var open)
            && open.Type.GetGenericArguments().Length == arguments.Length)
        {
            return ConstructClass(open, arguments);
        }

        return Refresh() ? Current.TryClassOf(grainType) : null;
    }

    private GrainClass ConstructClass(GrainClass open, Type[] arguments)
    {
        var grainType = GrainType.Create(GenericTypeNames.Format(open.GrainType.ToString(), arguments));
        if (_constructedClasses.Count >= ConstructedClassesMax && !_constructedClasses.ContainsKey(grainType))
        {
            throw new LimitExceededException($"More than {ConstructedClassesMax} constructed generic grain classes were asked for; the last one is '{grainType}'.");
        }

        return _constructedClasses.GetOrAdd(grainType, static (name, type) => new GrainClass(type, name), open.Type.MakeGenericType(arguments));
    }

    private GrainType FindClass(Type interfaceType, string prefix)
    {
        var all = Candidates(interfaceType);
        var candidates = all;
        if (prefix.Length > 0)
        {
            // The full name of one class wins over names that only begin so.
            candidates = [.. all.Where(candidate => candidate.Type.FullName == prefix)];
            if (candidates.Count == 0)
            {
                candidates = [.. all.Where(candidate =>
                    candidate.Type.FullName!.StartsWith(prefix, StringComparison.Ordinal)
                    || candidate.GrainType.ToString().StartsWith(prefix, StringComparison.OrdinalIgnoreCase))];
            }
        }
        else if (DefaultOf(interfaceType) is { } chosen)
        {
            return all.FirstOrDefault(candidate => candidate.GrainType == chosen || OpenNameOf(candidate.GrainType) == chosen.ToString())?.GrainType
                ?? chosen;
        }

        if (candidates.Count > 1)
        {
            // By convention IFooGrain is served by FooGrain.
            var name = WithoutArity(interfaceType.Name);
            var expected = name is ['I', ..] ? name[1..] : name;
            candidates = candidates.Where(candidate => WithoutArity(candidate.Type.Name) == expected).Take(2).ToList() is [var only] ? [only] : candidates;
        }

        return candidates switch
        {
            [var only] => only.GrainType,
            [] when Refresh() => Current.FindClass(interfaceType, prefix),
            [] => throw new ArgumentException(
                $"Could not find an implementation for interface '{interfaceType}'{(prefix.Length > 0 ? $" with a name that starts with '{prefix}'" : "")}. " +
                "Is the project that holds the grain class referenced, and built with the grain code generator?"),
            _ => throw new ArgumentException(
                $"Unable to identify a single appropriate grain type for interface '{interfaceType}'. " +
                $"Candidates: {string.Join(", ", candidates.Select(candidate => candidate.Type.FullName))}. " +
                "Name one with grainClassNamePrefix, or give the interface a [DefaultGrainType]."),
        };
    }

    // Classes that implement just this interface come before generic ones that can be made to.
    private List<GrainClass> Candidates(Type interfaceType)
    {
        var closed = _classes.Values
            .Where(candidate => !candidate.Type.IsGenericTypeDefinition && interfaceType.IsAssignableFrom(candidate.Type))
            .ToList();
        if (closed.Count > 0 || !interfaceType.IsConstructedGenericType)
        {
            return closed;
        }

        var constructed = new List<GrainClass>();
        foreach (var candidate in _classes.Values)
        {
            if (candidate.Type.IsGenericTypeDefinition && ArgumentsFor(candidate.Type, interfaceType) is { } arguments)
            {
                constructed.Add(ConstructClass(candidate, arguments));
            }
        }

        return constructed;
    }

    // The type arguments that make an open class implement a constructed interface; null when none do.
    private static Type[]? ArgumentsFor(Type openClass, Type interfaceType)
    {
        var parameters = openClass.GetGenericArguments();
        var wanted = interfaceType.GetGenericArguments();
        foreach (var implemented in openClass.GetInterfaces())
        {
            if (!implemented.IsGenericType || implemented.GetGenericTypeDefinition() != interfaceType.GetGenericTypeDefinition())
            {
                continue;
            }

            var given = implemented.GetGenericArguments();
            var arguments = new Type?[parameters.Length];
            for (var index = 0; index < given.Length; index++)
            {
                Match(given[index], wanted[index], parameters, arguments);
            }

            if (Array.IndexOf(arguments, null) < 0 && TryMake(openClass, arguments!) is { } made && interfaceType.IsAssignableFrom(made))
            {
                return arguments!;
            }
        }

        return null;
    }

    // What a type parameter must be for the given type to become the wanted one; the caller checks the outcome.
    private static void Match(Type given, Type wanted, Type[] parameters, Type?[] arguments)
    {
        var position = Array.IndexOf(parameters, given);
        if (position >= 0)
        {
            arguments[position] = wanted;
        }
        else if (given.HasElementType && wanted.HasElementType)
        {
            Match(given.GetElementType()!, wanted.GetElementType()!, parameters, arguments);
        }
        else if (given.IsGenericType && wanted.IsGenericType && given.GetGenericTypeDefinition() == wanted.GetGenericTypeDefinition())
        {
            var inner = given.GetGenericArguments();
            for (var index = 0; index < inner.Length; index++)
            {
                Match(inner[index], wanted.GetGenericArguments()[index], parameters, arguments);
            }
        }
    }

    private static Type? TryMake(Type openClass, Type[] arguments)
    {
        try
        {
            return openClass.MakeGenericType(arguments);
        }
        catch (ArgumentException)
        {
            // The arguments break a constraint of the class; another class may take them.
            return null;
        }
    }

    internal static GrainType? DefaultOf(Type interfaceType) =>
        interfaceType.GetCustomAttribute<DefaultGrainTypeAttribute>() is { } attribute ? GrainType.Create(attribute.GrainType) : null;

    internal static string OpenNameOf(GrainType grainType)
    {
        var name = grainType.ToString();
        var bracket = name.IndexOf('[', StringComparison.Ordinal);
        return bracket < 0 ? name : name[..bracket];
    }

    internal static string WithoutArity(string name)
    {
        var tick = name.IndexOf('`', StringComparison.Ordinal);
        return tick < 0 ? name : name[..tick];
    }
}
