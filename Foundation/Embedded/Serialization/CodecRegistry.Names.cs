using System.Collections.Concurrent;
using Orleans.Serialization;

namespace Orleans.Embedded.Serialization;

/// <content>Names of types on the wire.</content>
public static partial class CodecRegistry
{
    // Bytes from outside choose the type arguments of generic types: a bound on how many of them get a name kept.
    private const int ResolvedNamesMax = 10_000;

    private static readonly ConcurrentDictionary<Type, string> NameOf = new();
    private static readonly ConcurrentDictionary<string, Type> TypeOf = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, Type> Ambiguous = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, Type> Resolved = new(StringComparer.Ordinal);

    /// <summary>Registers a name only: for interfaces and abstract classes that are type arguments of serialized types.</summary>
    /// <param name="type">The type; not a constructed generic.</param>
    /// <param name="name">Its alias, or its full name.</param>
    public static void RegisterName(Type type, string name)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentException.ThrowIfNullOrEmpty(name);
        NameOf.TryAdd(type, name);
        var known = TypeOf.GetOrAdd(name, type);
        if (known != type)
        {
            // Thrown when the name is used: this runs in a module initializer, where an exception hides its message.
            Ambiguous.TryAdd(name, type);
        }
    }

    internal static string Name(Type type)
    {
        if (NameOf.TryGetValue(type, out var name))
        {
            CheckAmbiguous(name);
            return TypeName.Escape(name);
        }

        if (type.IsSZArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }

        if (type.IsConstructedGenericType && NameOf.TryGetValue(type.GetGenericTypeDefinition(), out name))
        {
            CheckAmbiguous(name);
            return TypeName.Escape(name) + "<" + string.Join(',', type.GetGenericArguments().Select(Name)) + ">";
        }

        throw new CodecNotFoundException(
            $"Type '{type}' has no registered name, so it cannot be sent where another type is declared. "
            + "Add [GenerateSerializer] to it.");
    }

    /// <summary>Finds the type of a name from outside.</summary>
    /// <exception cref="IllegalTypeException">The name is malformed or not registered.</exception>
    internal static Type ResolveName(string name)
    {
        if (Resolved.TryGetValue(name, out var known))
        {
            return known;
        }

        if (Resolved.Count >= ResolvedNamesMax)
        {
            throw new IllegalTypeException($"More than {ResolvedNamesMax} different types were named by incoming bytes.");
        }

        var type = Construct(TypeName.Parse(name), name);
        Resolved.TryAdd(name, type);
        return type;
    }

    private static Type Construct(TypeName parsed, string whole)
    {
        var type = Lookup(parsed.Name)
            ?? throw new IllegalTypeException(
                $"Type name '{parsed.Name}' is not registered here. Add [GenerateSerializer] to the type, and see that "
                + "its assembly is loaded.");
        var arity = type.IsGenericTypeDefinition ? type.GetGenericArguments().Length : 0;
        if (arity != parsed.Arguments.Count)
        {
            throw new IllegalTypeException(
                $"Type name '{whole}' gives {parsed.Arguments.Count} type arguments to '{parsed.Name}', which has {arity}.");
        }

        if (arity > 0)
        {
            try
            {
                type = type.MakeGenericType([.. parsed.Arguments.Select(argument => Construct(argument, whole))]);
            }
            catch (ArgumentException exception)
            {
                throw new IllegalTypeException($"Type name '{whole}' has type arguments that do not fit.", exception);
            }
        }

        for (var i = 0; i < parsed.ArrayRank; i++)
        {
            type = type.MakeArrayType();
        }

        return type;
    }

    private static void CheckAmbiguous(string name)
    {
        if (Ambiguous.TryGetValue(name, out var other))
        {
            throw new SerializerException(
                $"Types '{TypeOf[name].AssemblyQualifiedName}' and '{other.AssemblyQualifiedName}' have the same name "
                + $"'{name}' on the wire. Give one of them another [Alias].");
        }
    }

    private static Type? Lookup(string name)
    {
        CheckAmbiguous(name);
        if (TypeOf.TryGetValue(name, out var type))
        {
            return type;
        }

        ApplicationAssemblies.InitializeNew();
        CheckAmbiguous(name);
        return TypeOf.GetValueOrDefault(name);
    }
}
