using System.Reflection;

namespace OrleansFlow.Tests.Compatibility.Contracts;

/// <summary>Every type that a grain interface of some assemblies lets cross a grain boundary.</summary>
internal sealed class GrainContracts
{
    private readonly Dictionary<string, Type> _surrogates = new(StringComparer.Ordinal);
    private readonly HashSet<Assembly> _own;
    private readonly List<Type> _ownTypes;

    public GrainContracts(IEnumerable<Assembly> assemblies)
    {
        _own = [.. assemblies];
        _ownTypes = [.. _own.SelectMany(assembly => assembly.GetTypes())];
        foreach (var converter in _ownTypes.Where(type => Has(type, "Orleans.RegisterConverterAttribute")))
        {
            var contract = converter.GetInterfaces().Single(candidate => candidate.Name == "IConverter`2");
            _surrogates[Definition(contract.GetGenericArguments()[0]).FullName!] = contract.GetGenericArguments()[1];
        }

        Interfaces = [.. _ownTypes.Where(type => type.IsInterface && type.GetInterfaces().Any(parent => parent.FullName == "Orleans.Runtime.IAddressable"))];
        foreach (var method in Interfaces.SelectMany(type => type.GetMethods()))
        {
            foreach (var type in method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType))
            {
                Visit(type, $"{method.DeclaringType!.Name}.{method.Name}");
            }
        }
    }

    public IReadOnlyList<Type> Interfaces { get; }

    /// <summary>Types of ours that are serialized, and where they were met first.</summary>
    public Dictionary<Type, string> Reached { get; } = [];

    public static bool Has(MemberInfo member, string attribute) => Find(member, attribute) is not null;

    public static CustomAttributeData? Find(MemberInfo member, string attribute) =>
        member.GetCustomAttributesData().FirstOrDefault(data => data.AttributeType.FullName == attribute);

    public static string? Alias(MemberInfo member) => Find(member, "Orleans.AliasAttribute")?.ConstructorArguments[0].Value as string;

    /// <summary>Fields and properties that carry state.</summary>
    public static IEnumerable<MemberInfo> State(Type type)
    {
        const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        var properties = type.GetProperties(Declared);
        var backing = properties.Select(property => $"<{property.Name}>k__BackingField").ToHashSet(StringComparer.Ordinal);
        return
        [
            .. properties.Where(property => type.GetField($"<{property.Name}>k__BackingField", Declared) is not null || Has(property, "Orleans.IdAttribute")),
            .. type.GetFields(Declared).Where(field => !backing.Contains(field.Name) && !Has(field, "System.NonSerializedAttribute"))];
    }

    private void Visit(Type type, string from)
    {
        if (type.HasElementType)
        {
            Visit(type.GetElementType()!, from);
            return;
        }

        if (type.IsGenericParameter)
        {
            return;
        }

        foreach (var argument in type.IsGenericType ? type.GetGenericArguments() : [])
        {
            Visit(argument, from);
        }

        var definition = Definition(type);
        if (_surrogates.TryGetValue(definition.FullName ?? "", out var surrogate))
        {
            Visit(surrogate, from);
            return;
        }

        if (!IsOurs(definition) || definition.IsEnum || IsGrain(definition) || !Reached.TryAdd(definition, from))
        {
            return;
        }

        foreach (var member in State(definition))
        {
            Visit(member is PropertyInfo property ? property.PropertyType : ((FieldInfo)member).FieldType, $"{definition.Name}.{member.Name}");
        }

        // Whoever declares a base type may be sent any of its subtypes.
        foreach (var derived in _ownTypes.Where(candidate => candidate != definition && definition.IsAssignableFrom(candidate)))
        {
            Visit(derived, from);
        }

        if (definition.BaseType is { } baseType)
        {
            Visit(baseType, from);
        }
    }

    private static Type Definition(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : type;

    private bool IsOurs(Type type) => _own.Contains(type.Assembly) || type.Assembly.GetName().Name!.StartsWith("OrleansFlow.", StringComparison.Ordinal)
        && type.Namespace?.StartsWith("Orleans.", StringComparison.Ordinal) != true && type.Namespace != "Orleans";

    private static bool IsGrain(Type type) => type.FullName == "Orleans.Runtime.IAddressable" || type.GetInterfaces().Any(parent => parent.FullName == "Orleans.Runtime.IAddressable");
}
