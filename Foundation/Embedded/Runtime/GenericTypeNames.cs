using System.Collections.Concurrent;
using System.Text;
using Orleans.Embedded.Serialization;
using Orleans.Serialization;

namespace Orleans.Embedded;

/// <summary>
/// Names of constructed generic grain types and interfaces, such as <c>list`1[[int]]</c>. They are part of grain ids, which are stored,
/// so an argument is named by its alias, by its C# keyword, or by its full name and assembly without the version.
/// </summary>
internal static class GenericTypeNames
{
    private const int DepthMax = 16;

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(object)] = "object",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(char)] = "char",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
        [typeof(string)] = "string",
        [typeof(Guid)] = "Guid",
        [typeof(TimeSpan)] = "TimeSpan",
        [typeof(DateTime)] = "DateTime",
        [typeof(DateTimeOffset)] = "DateTimeOffset",
        [typeof(Type)] = "Type",
    };

    private static readonly Dictionary<string, Type> Types = Keywords.ToDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, Type> Seen = new(StringComparer.Ordinal);

    /// <summary>The name of an open type with its arguments.</summary>
    public static string Format(string openName, ReadOnlySpan<Type> arguments)
    {
        var name = new StringBuilder(openName).Append('[');
        for (var index = 0; index < arguments.Length; index++)
        {
            name.Append(index == 0 ? "[" : ",[").Append(NameOf(arguments[index])).Append(']');
        }

        return name.Append(']').ToString();
    }

    /// <summary>Takes a constructed name apart.</summary>
    /// <returns>False when the name is not that of a constructed generic.</returns>
    /// <exception cref="ArgumentException">An argument names no type that is loaded here.</exception>
    public static bool TryParse(string name, out string openName, out Type[] arguments)
    {
        var bracket = name.IndexOf('[', StringComparison.Ordinal);
        if (bracket < 0 || name[^1] != ']')
        {
            openName = name;
            arguments = [];
            return false;
        }

        openName = name[..bracket];
        arguments = [.. Split(name[(bracket + 1)..^1], name).Select(argument => TypeOf(argument, depth: 0))];
        return true;
    }

    private static string NameOf(Type type)
    {
        var name = BareNameOf(type);
        Seen.TryAdd(name, type);
        return name;
    }

    private static string BareNameOf(Type type)
    {
        if (Keywords.TryGetValue(type, out var keyword))
        {
            return keyword;
        }

        if (type.IsSZArray)
        {
            return NameOf(type.GetElementType()!) + "[]";
        }

        if (type.IsConstructedGenericType)
        {
            var open = type.GetGenericTypeDefinition();
            return Format(BareNameOf(open), type.GetGenericArguments());
        }

        return Attribute.GetCustomAttribute(type, typeof(AliasAttribute), inherit: false) is AliasAttribute { Alias.Length: > 0 } alias
            ? alias.Alias
            : $"{type.FullName},{type.Assembly.GetName().Name}";
    }

    private static Type TypeOf(string name, int depth)
    {
        if (Types.TryGetValue(name, out var type) || Seen.TryGetValue(name, out type))
        {
            return type;
        }

        if (depth < DepthMax)
        {
            if (name.EndsWith("[]", StringComparison.Ordinal))
            {
                return TypeOf(name[..^2], depth + 1).MakeArrayType();
            }

            var bracket = name.IndexOf("[[", StringComparison.Ordinal);
            if (bracket > 0 && name.EndsWith("]]", StringComparison.Ordinal))
            {
                var arguments = Split(name[(bracket + 1)..^1], name).Select(argument => TypeOf(argument, depth + 1)).ToArray();
                var open = TypeOf(name[..bracket], depth + 1);
                if (open.IsGenericTypeDefinition && open.GetGenericArguments().Length == arguments.Length)
                {
                    return open.MakeGenericType(arguments);
                }
            }
            else if (TypeOfPlain(name) is { } plain)
            {
                return plain;
            }
        }

        throw new ArgumentException($"'{name}' names no type that a generic grain could have here. Is the project that holds it referenced?");
    }

    // Only types of assemblies that are loaded anyway: a name from outside must not load one.
    private static Type? TypeOfPlain(string name)
    {
        var comma = name.LastIndexOf(',');
        if (comma < 0)
        {
            try
            {
                return CodecRegistry.ResolveName(TypeName.Escape(name));
            }
            catch (IllegalTypeException)
            {
                return null;
            }
        }

        var assemblyName = name[(comma + 1)..].Trim();
        return AppDomain.CurrentDomain.GetAssemblies()
            .FirstOrDefault(assembly => string.Equals(assembly.GetName().Name, assemblyName, StringComparison.Ordinal))
            ?.GetType(name[..comma]);
    }

    // "[a],[b[[c]]]" -> "a", "b[[c]]"
    private static List<string> Split(string arguments, string whole)
    {
        var parts = new List<string>();
        var depth = 0;
        var start = 0;
        for (var index = 0; index < arguments.Length; index++)
        {
            switch (arguments[index])
            {
                case '[' when depth++ == 0:
                    start = index + 1;
                    break;
                case ']' when --depth == 0:
                    parts.Add(arguments[start..index]);
                    break;
                default:
                    break;
            }
        }

        return depth == 0 && parts.Count > 0
            ? parts
            : throw new ArgumentException($"'{whole}' is not the name of a generic type: its brackets do not match.");
    }
}
