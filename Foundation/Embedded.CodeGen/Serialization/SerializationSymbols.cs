using Microsoft.CodeAnalysis;

namespace Orleans.CodeGen.Serialization;

/// <summary>Questions about symbols that more than one generator asks.</summary>
internal static class SerializationSymbols
{
    /// <summary>Type names with <c>global::</c> and without nullable annotations, as generated code writes them.</summary>
    public static readonly SymbolDisplayFormat CodeFormat = SymbolDisplayFormat.FullyQualifiedFormat
        .WithMiscellaneousOptions(
            SymbolDisplayMiscellaneousOptions.EscapeKeywordIdentifiers | SymbolDisplayMiscellaneousOptions.UseSpecialTypes);

    private static readonly HashSet<string> ImmutableTypes =
    [
        "global::System.Guid", "global::System.DateTimeOffset", "global::System.TimeSpan", "global::System.DateOnly",
        "global::System.TimeOnly", "global::System.Uri", "global::System.Version", "global::System.Half",
        "global::System.Int128", "global::System.UInt128", "global::System.Numerics.BigInteger",
        "global::System.Threading.CancellationToken", "global::System.Net.IPAddress",
    ];

    public static string ToCode(this ITypeSymbol type) => type.ToDisplayString(CodeFormat);

    public static AttributeData? FindAttribute(this ISymbol symbol, string fullName) =>
        symbol.GetAttributes().FirstOrDefault(attribute => attribute.AttributeClass?.ToDisplayString() == fullName);

    public static bool HasAttribute(this ISymbol symbol, string fullName) => symbol.FindAttribute(fullName) is not null;

    public static bool DerivesFrom(this ITypeSymbol type, string fullName)
    {
        for (var current = type.BaseType; current is not null; current = current.BaseType)
        {
            if (current.ToDisplayString() == fullName)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The alias, or the name as reflection gives it.</summary>
    public static string WireName(this INamedTypeSymbol type) =>
        type.FindAttribute("Orleans.AliasAttribute")?.ConstructorArguments.FirstOrDefault().Value as string
            ?? MetadataName(type);

    /// <summary>Whether code elsewhere in the same assembly may name the type.</summary>
    public static bool IsAccessible(this ITypeSymbol type)
    {
        for (ISymbol? current = type; current is INamedTypeSymbol named; current = current.ContainingType)
        {
            if (!IsAccessible(named.DeclaredAccessibility) || named.IsFileLocal)
            {
                return false;
            }
        }

        return true;
    }

    public static bool IsAccessible(Accessibility accessibility) =>
        accessibility is Accessibility.Public or Accessibility.Internal or Accessibility.ProtectedOrInternal;

    /// <summary>Whether every value of the declared type can be shared, as far as that is plain without the runtime.</summary>
    public static bool IsPlainlyImmutable(this ITypeSymbol type)
    {
        if (type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable)
        {
            return nullable.TypeArguments[0].IsPlainlyImmutable();
        }

        return type.TypeKind == TypeKind.Enum
            || type.SpecialType is (>= SpecialType.System_Boolean and <= SpecialType.System_String)
                or SpecialType.System_IntPtr or SpecialType.System_UIntPtr or SpecialType.System_DateTime
            || (type.TypeKind != TypeKind.TypeParameter && type.TypeKind != TypeKind.Interface
                && type.HasAttribute("Orleans.ImmutableAttribute"))
            || ImmutableTypes.Contains(type.ToCode());
    }

    /// <summary>Types that contain a type, outermost first, and itself.</summary>
    public static IEnumerable<INamedTypeSymbol> WithContaining(this INamedTypeSymbol type)
    {
        var chain = new Stack<INamedTypeSymbol>();
        for (var current = type; current is not null; current = current.ContainingType)
        {
            chain.Push(current);
        }

        return chain;
    }

    public static IReadOnlyList<ITypeParameterSymbol> AllTypeParameters(this INamedTypeSymbol type) =>
        [.. type.WithContaining().SelectMany(static part => part.TypeParameters)];

    public static string OpenTypeOf(this INamedTypeSymbol type) =>
        type.AllTypeParameters().Count == 0 ? type.ToCode() : type.ConstructUnboundText();

    public static string Constraints(IEnumerable<ITypeParameterSymbol> parameters) =>
        string.Concat(parameters.Select(static parameter =>
        {
            var parts = new List<string>();
            if (parameter.HasUnmanagedTypeConstraint)
            {
                parts.Add("unmanaged");
            }
            else if (parameter.HasValueTypeConstraint)
            {
                parts.Add("struct");
            }
            else if (parameter.HasReferenceTypeConstraint)
            {
                parts.Add("class");
            }
            else if (parameter.HasNotNullConstraint)
            {
                parts.Add("notnull");
            }

            parts.AddRange(parameter.ConstraintTypes.Select(static type => type.ToCode()));
            if (parameter.HasConstructorConstraint)
            {
                parts.Add("new()");
            }

            return parts.Count == 0 ? string.Empty : $" where {parameter.Name} : {string.Join(", ", parts)}";
        }));

    private static string ConstructUnboundText(this INamedTypeSymbol type)
    {
        var container = type.ContainingNamespace.IsGlobalNamespace
            ? "global::"
            : "global::" + type.ContainingNamespace.ToDisplayString() + ".";
        return container + string.Join(".", type.WithContaining().Select(static part =>
            part.Name + (part.Arity == 0 ? string.Empty : "<" + new string(',', part.Arity - 1) + ">")));
    }

    private static string MetadataName(INamedTypeSymbol type)
    {
        var container = type.ContainingNamespace.IsGlobalNamespace
            ? string.Empty
            : type.ContainingNamespace.ToDisplayString() + ".";
        return container + string.Join("+", type.WithContaining().Select(static part => part.MetadataName));
    }
}
