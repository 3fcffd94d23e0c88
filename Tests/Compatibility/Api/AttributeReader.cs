using System.Globalization;
using System.Reflection.Metadata;

namespace OrleansFlow.Tests.Compatibility.Api;

/// <summary>Reads custom attributes without loading the types they name.</summary>
internal sealed class AttributeReader : ICustomAttributeTypeProvider<string>
{
    private static readonly AttributeReader Instance = new();

    /// <summary>The attributes of a declaration: full type name and how to read the values.</summary>
    public static IEnumerable<(string Name, CustomAttribute Attribute)> Of(MetadataReader reader, CustomAttributeHandleCollection handles)
    {
        foreach (var handle in handles)
        {
            var attribute = reader.GetCustomAttribute(handle);
            yield return (TypeName(reader, attribute.Constructor), attribute);
        }
    }

    public static CustomAttribute? Find(MetadataReader reader, CustomAttributeHandleCollection handles, string name)
    {
        foreach (var (found, attribute) in Of(reader, handles))
        {
            if (found == name)
            {
                return attribute;
            }
        }

        return null;
    }

    public static CustomAttributeValue<string> Values(CustomAttribute attribute) => attribute.DecodeValue(Instance);

    /// <summary>The arguments as text, named ones sorted.</summary>
    public static string Text(CustomAttribute attribute)
    {
        var values = Values(attribute);
        return string.Join(", ", values.FixedArguments.Select(argument => Text(argument.Value))
            .Concat(values.NamedArguments.OrderBy(argument => argument.Name, StringComparer.Ordinal).Select(argument => $"{argument.Name}={Text(argument.Value)}")));
    }

    /// <summary>The bytes of <c>NullableAttribute</c>, or null where a declaration has none.</summary>
    public static byte[]? Nullable(MetadataReader reader, CustomAttributeHandleCollection handles) =>
        Find(reader, handles, "System.Runtime.CompilerServices.NullableAttribute") is not { } attribute ? null
        : Values(attribute).FixedArguments[0].Value switch
        {
            byte one => [one],
            System.Collections.Immutable.ImmutableArray<CustomAttributeTypedArgument<string>> many => [.. many.Select(item => (byte)item.Value!)],
            _ => null,
        };

    public static byte? NullableContext(MetadataReader reader, CustomAttributeHandleCollection handles) =>
        Find(reader, handles, "System.Runtime.CompilerServices.NullableContextAttribute") is { } attribute ? (byte)Values(attribute).FixedArguments[0].Value! : null;

    public string GetPrimitiveType(PrimitiveTypeCode typeCode) => "System." + typeCode;

    public string GetSystemType() => "System.Type";

    public string GetSZArrayType(string elementType) => elementType + "[]";

    public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => SignatureReader.FullName(reader, handle);

    public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => SignatureReader.FullName(reader, handle);

    public string GetTypeFromSerializedName(string name) => name;

    // Every enum that the attributes of interest take is an Int32.
    public PrimitiveTypeCode GetUnderlyingEnumType(string type) => PrimitiveTypeCode.Int32;

    public bool IsSystemType(string type) => type == "System.Type";

    private static string Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "null";

    private static string TypeName(MetadataReader reader, EntityHandle constructor) => constructor.Kind switch
    {
        HandleKind.MethodDefinition => SignatureReader.FullName(reader, reader.GetMethodDefinition((MethodDefinitionHandle)constructor).GetDeclaringType()),
        _ => SignatureReader.Node(reader, reader.GetMemberReference((MemberReferenceHandle)constructor).Parent).Text,
    };
}
