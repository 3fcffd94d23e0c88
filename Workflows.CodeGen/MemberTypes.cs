using Microsoft.CodeAnalysis;

namespace OrleansFlow.Workflows.CodeGen;

/// <summary>Which types merge, and what to use instead of one that does not.</summary>
internal static class MemberTypes
{
    private static readonly SymbolDisplayFormat Qualified = SymbolDisplayFormat.FullyQualifiedFormat;
    private static readonly SymbolDisplayFormat Short = SymbolDisplayFormat.MinimallyQualifiedFormat;

    public static string Name(ITypeSymbol type) => type.ToDisplayString(Qualified);

    public static MergeProblem? Problem(ISymbol member, ITypeSymbol type, INamedTypeSymbol owner)
    {
        if (!Merges(type))
        {
            return type.TypeKind == TypeKind.Error ? null : MergeProblem.At(MergeDiagnostics.NotMergeable, member, member.Name, owner.Name, Advice(type));
        }

        return type.NullableAnnotation == NullableAnnotation.Annotated
            ? MergeProblem.At(MergeDiagnostics.Nullable, member, member.Name, owner.Name, type.WithNullableAnnotation(NullableAnnotation.NotAnnotated).ToDisplayString(Short))
            : null;
    }

    /// <summary>True for IMergeable of itself, for what gets it from this generator, and for a type parameter that promises it.</summary>
    private static bool Merges(ITypeSymbol type) =>
        type.AllInterfaces.Any(candidate => IsMergeOf(candidate, type))
        || type.OriginalDefinition.GetAttributes().Any(static attribute => attribute.AttributeClass is { Name: "MergeableAttribute" } found && IsContexts(found))
        || (type is ITypeParameterSymbol parameter && parameter.ConstraintTypes.OfType<INamedTypeSymbol>().Any(candidate => IsMergeOf(candidate, type)));

    private static bool IsMergeOf(INamedTypeSymbol candidate, ITypeSymbol type) =>
        candidate is { Name: "IMergeable", TypeArguments.Length: 1 } && IsContexts(candidate) && SymbolEqualityComparer.Default.Equals(candidate.TypeArguments[0], type);

    private static bool IsContexts(INamedTypeSymbol type) => type.ContainingNamespace.ToDisplayString() == "OrleansFlow.Workflows.Contexts";

    private static string Advice(ITypeSymbol type)
    {
        var name = type.ToDisplayString(Short);
        var either = $"Fixed<{name}> for what is set once, LastWriter<{name}> for what is overwritten";
        return type switch
        {
            { IsTupleType: true } => $"{name} is a tuple, whose parts have no merge. Make them members of a record with [Mergeable].",
            { TypeKind: TypeKind.Enum } => $"which of two values of enum {name} stands is not said. Use {either}.",
            { SpecialType: SpecialType.System_Int32 or SpecialType.System_Int64 } => $"{name} is a plain value. Use GrowCounter or UpDownCounter for a count, {either}.",
            _ => Collection(type) is { } instead ? $"{name} is a plain collection. Use {instead}, or {either}." : $"{name} is no IMergeable<{name}>. Use {either}, or give it [Mergeable].",
        };
    }

    private static string? Collection(ITypeSymbol type)
    {
        if (type.SpecialType == SpecialType.System_String)
        {
            return null;
        }

        if (type is IArrayTypeSymbol array)
        {
            return $"EventLog<{array.ElementType.ToDisplayString(Short)}> for what is appended";
        }

        var all = type.AllInterfaces.Concat(type is INamedTypeSymbol own ? [own] : []).Where(static candidate => candidate.TypeArguments.Length > 0).ToList();
        var element = all.Find(static candidate => candidate.Name == "IEnumerable")?.TypeArguments[0].ToDisplayString(Short);
        return element is null ? null
            : all.Exists(static candidate => candidate.Name is "IDictionary" or "IReadOnlyDictionary") ? "MergeMap<…> for values by key"
            : all.Exists(static candidate => candidate.Name is "ISet" or "IReadOnlySet") ? $"AddWinsSet<{element}> for a set"
            : $"EventLog<{element}> for what is appended";
    }
}
