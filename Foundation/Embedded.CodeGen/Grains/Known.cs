using Microsoft.CodeAnalysis;

namespace Orleans.CodeGen.Grains;

/// <summary>Names of the types that mean something to the generator, and questions about symbols.</summary>
internal static class Known
{
    public const string Addressable = "Orleans.Runtime.IAddressable";
    public const string Grain = "Orleans.IGrain";
    public const string GrainReference = "Orleans.Runtime.GrainReference";
    public const string GrainTypeAttribute = "Orleans.GrainTypeAttribute";
    public const string GrainInterfaceTypeAttribute = "Orleans.Runtime.GrainInterfaceTypeAttribute";
    public const string AliasAttribute = "Orleans.AliasAttribute";
    public const string ImmutableAttribute = "Orleans.ImmutableAttribute";
    public const string ResponseTimeoutAttribute = "Orleans.ResponseTimeoutAttribute";
    public const string OneWayAttribute = "Orleans.Concurrency.OneWayAttribute";
    public const string ReadOnlyAttribute = "Orleans.Concurrency.ReadOnlyAttribute";
    public const string AlwaysInterleaveAttribute = "Orleans.Concurrency.AlwaysInterleaveAttribute";
    public const string ApplicationPartAttribute = "Orleans.ApplicationPartAttribute";
    public const string CancellationToken = "System.Threading.CancellationToken";

    public static readonly SymbolDisplayFormat Annotated = SymbolDisplayFormat.FullyQualifiedFormat.AddMiscellaneousOptions(
        SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    private static readonly SymbolDisplayFormat NameOnly = new(
        globalNamespaceStyle: SymbolDisplayGlobalNamespaceStyle.Omitted,
        typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameAndContainingTypesAndNamespaces);

    /// <summary>The type in code, with nullable annotations.</summary>
    public static string Code(this ITypeSymbol type) => type.ToDisplayString(Annotated);

    /// <summary>The type in code, as it stands in a <c>typeof</c>.</summary>
    public static string TypeofCode(this ITypeSymbol type) => type.WithNullableAnnotation(NullableAnnotation.NotAnnotated)
        .ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);

    public static string FullName(this ISymbol symbol) => symbol.ToDisplayString(NameOnly);

    public static bool Implements(this ITypeSymbol type, string interfaceName)
    {
        foreach (var candidate in type.AllInterfaces)
        {
            if (candidate.FullName() == interfaceName)
            {
                return true;
            }
        }

        return false;
    }

    public static bool DerivesFrom(this ITypeSymbol type, string className)
    {
        for (var current = type.BaseType; current is not null; current = current.BaseType)
        {
            if (current.FullName() == className)
            {
                return true;
            }
        }

        return false;
    }

    public static AttributeData? Attribute(this ISymbol symbol, string name)
    {
        foreach (var attribute in symbol.GetAttributes())
        {
            if (attribute.AttributeClass?.FullName() == name)
            {
                return attribute;
            }
        }

        return null;
    }

    public static string? FirstText(this AttributeData? attribute) =>
        attribute is { ConstructorArguments: { Length: > 0 } arguments } && arguments[0].Value is string text ? text : null;

    /// <summary>Whether generated code, which stands in the same assembly, can name the type.</summary>
    public static bool IsNameable(this INamedTypeSymbol type)
    {
        for (var current = type; current is not null; current = current.ContainingType)
        {
            if (current.DeclaredAccessibility is not (Accessibility.Public or Accessibility.Internal or Accessibility.ProtectedOrInternal)
                || current.IsFileLocal)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The name with type arity as reflection writes it.</summary>
    public static string MetadataName(this INamedTypeSymbol type)
    {
        var name = type.MetadataName;
        for (var outer = type.ContainingType; outer is not null; outer = outer.ContainingType)
        {
            name = outer.MetadataName + "+" + name;
        }

        return type.ContainingNamespace is { IsGlobalNamespace: false } space ? space.FullName() + "." + name : name;
    }

    /// <summary>Whether values of the type are handed over as they are. Everything else is decided when it is copied.</summary>
    public static bool IsKnownImmutable(this ITypeSymbol type)
    {
        if (type.TypeKind == TypeKind.Enum)
        {
            return true;
        }

        switch (type.SpecialType)
        {
            case SpecialType.System_Boolean or SpecialType.System_Char or SpecialType.System_String or SpecialType.System_Decimal
                or SpecialType.System_SByte or SpecialType.System_Byte or SpecialType.System_Int16 or SpecialType.System_UInt16
                or SpecialType.System_Int32 or SpecialType.System_UInt32 or SpecialType.System_Int64 or SpecialType.System_UInt64
                or SpecialType.System_Single or SpecialType.System_Double or SpecialType.System_DateTime:
                return true;
            default:
                break;
        }

        if (type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable)
        {
            return nullable.TypeArguments[0].IsKnownImmutable();
        }

        if (type.FullName() is "System.Guid" or "System.TimeSpan" or "System.DateTimeOffset" or "System.DateOnly" or "System.TimeOnly"
            or "System.Uri" or "System.Type" or "System.Version" or CancellationToken)
        {
            return true;
        }

        return (type.IsSealed || type.IsValueType) && type is INamedTypeSymbol { IsGenericType: false } && type.Attribute(ImmutableAttribute) is not null;
    }
}
