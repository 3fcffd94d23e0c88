using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace OrleansFlow.Tests.Compatibility.Api;

/// <summary>Turns metadata signatures into text that is equal for equal signatures of two assemblies.</summary>
internal sealed class SignatureReader : ISignatureTypeProvider<TypeNode, object?>
{
    private const byte ValueKind = 0x11;

    public static SignatureReader Instance { get; } = new();

    public static string FullName(MetadataReader reader, TypeDefinitionHandle handle)
    {
        var type = reader.GetTypeDefinition(handle);
        var name = reader.GetString(type.Name);
        var declaring = type.GetDeclaringType();
        return declaring.IsNil ? Qualify(reader.GetString(type.Namespace), name) : $"{FullName(reader, declaring)}+{name}";
    }

    public static string FullName(MetadataReader reader, TypeReferenceHandle handle)
    {
        var type = reader.GetTypeReference(handle);
        var name = reader.GetString(type.Name);
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? $"{FullName(reader, (TypeReferenceHandle)type.ResolutionScope)}+{name}"
            : Qualify(reader.GetString(type.Namespace), name);
    }

    /// <summary>The text of any handle that stands for a type.</summary>
    public static TypeNode Node(MetadataReader reader, EntityHandle handle) => handle.Kind switch
    {
        HandleKind.TypeDefinition => TypeNode.Reference(FullName(reader, (TypeDefinitionHandle)handle)),
        HandleKind.TypeReference => TypeNode.Reference(FullName(reader, (TypeReferenceHandle)handle)),
        HandleKind.TypeSpecification => reader.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(Instance, null),
        _ => throw new BadImageFormatException($"A handle of kind {handle.Kind} stands where a type is expected."),
    };

    public TypeNode GetArrayType(TypeNode elementType, ArrayShape shape) =>
        new($"{elementType.Text}[{new string(',', shape.Rank - 1)}]", [NullSlot.Annotated, .. elementType.Slots]);

    public TypeNode GetSZArrayType(TypeNode elementType) => new(elementType.Text + "[]", [NullSlot.Annotated, .. elementType.Slots]);

    public TypeNode GetByReferenceType(TypeNode elementType) => elementType with { Text = elementType.Text + "&" };

    public TypeNode GetPointerType(TypeNode elementType) => elementType with { Text = elementType.Text + "*" };

    public TypeNode GetPinnedType(TypeNode elementType) => elementType;

    public TypeNode GetFunctionPointerType(MethodSignature<TypeNode> signature) =>
        TypeNode.Value($"fnptr {signature.ReturnType}({string.Join(",", signature.ParameterTypes)})");

    public TypeNode GetGenericInstantiation(TypeNode genericType, ImmutableArray<TypeNode> typeArguments)
    {
        var slots = genericType.Slots.IsEmpty ? ImmutableArray.Create(NullSlot.Placeholder) : genericType.Slots;
        return new TypeNode($"{genericType.Text}<{string.Join(",", typeArguments)}>", [.. slots, .. typeArguments.SelectMany(argument => argument.Slots)]);
    }

    public TypeNode GetGenericMethodParameter(object? genericContext, int index) => TypeNode.Reference($"!!{index}");

    public TypeNode GetGenericTypeParameter(object? genericContext, int index) => TypeNode.Reference($"!{index}");

    public TypeNode GetModifiedType(TypeNode modifier, TypeNode unmodifiedType, bool isRequired) =>
        isRequired ? unmodifiedType with { Text = $"{unmodifiedType.Text} modreq({modifier.Text})" } : unmodifiedType;

    public TypeNode GetPrimitiveType(PrimitiveTypeCode typeCode) => typeCode switch
    {
        PrimitiveTypeCode.String or PrimitiveTypeCode.Object => TypeNode.Reference("System." + typeCode),
        _ => TypeNode.Value("System." + typeCode),
    };

    public TypeNode GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) =>
        Of(FullName(reader, handle), rawTypeKind);

    public TypeNode GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) =>
        Of(FullName(reader, handle), rawTypeKind);

    public TypeNode GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
        reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

    private static TypeNode Of(string name, byte rawTypeKind) => rawTypeKind == ValueKind ? TypeNode.Value(name) : TypeNode.Reference(name);

    private static string Qualify(string space, string name) => space.Length == 0 ? name : $"{space}.{name}";
}
