using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace OrleansFlow.Workflows.CodeGen;

/// <summary>Reads a type with [Mergeable]: its members, how it is made, and what is wrong with it.</summary>
internal static class MergeReader
{
    private static readonly SymbolDisplayFormat Declared = new(
        genericsOptions: SymbolDisplayGenericsOptions.IncludeTypeParameters, miscellaneousOptions: SymbolDisplayMiscellaneousOptions.EscapeKeywordIdentifiers);

    public static MergeModel Read(INamedTypeSymbol type, CancellationToken cancellationToken)
    {
        var problems = new List<MergeProblem>();
        Kind(type, problems, cancellationToken);
        var members = problems.Count == 0 ? State(type) : [];
        if (problems.Count == 0 && members.Count == 0)
        {
            problems.Add(MergeProblem.At(MergeDiagnostics.NoMembers, type, type.Name));
        }

        foreach (var (symbol, memberType) in members)
        {
            if (MemberTypes.Problem(symbol, memberType, type) is { } problem)
            {
                problems.Add(problem);
            }
        }

        var made = problems.Count == 0 ? Make(type, members, problems) : [];
        return new MergeModel
        {
            FileName = type.ToDisplayString(SymbolDisplayFormat.CSharpErrorMessageFormat).Replace('<', '{').Replace('>', '}').Replace("@", "") + ".Merge.g.cs",
            Namespace = type.ContainingNamespace.IsGlobalNamespace ? "" : type.ContainingNamespace.ToDisplayString(),
            Declarations = new([.. Around(type).Reverse().Select(Declaration)]),
            Type = type.ToDisplayString(Declared),
            IsValueType = type.IsValueType,
            NeedsEquality = !type.IsRecord && !type.GetMembers("Equals").Any(static member => !member.IsImplicitlyDeclared),
            HasEmpty = type.GetMembers("Empty").Length > 0,
            HasMerge = type.GetMembers("Merge").Length > 0,
            HasDelta = type.GetMembers("DeltaSince").Length > 0,
            Members = new([.. made]),
            Problems = new([.. problems]),
        };
    }

    private static void Kind(INamedTypeSymbol type, List<MergeProblem> problems, CancellationToken cancellationToken)
    {
        var why = type switch
        {
            { TypeKind: TypeKind.Enum } => $"which of two values of an enum stands is not said. Put it in a LastWriter<{type.Name}> or a Fixed<{type.Name}> of a record.",
            { TypeKind: not (TypeKind.Class or TypeKind.Struct) } => "only records, classes and structs have members of their own.",
            { IsAbstract: true } or { IsStatic: true } => "it cannot be made. Give each type that derives from it a merge, or take 'abstract' away.",
            { IsRefLikeType: true } => "a ref struct cannot be kept.",
            { TypeKind: TypeKind.Class, BaseType.SpecialType: not SpecialType.System_Object } => $"it derives from {type.BaseType!.Name}, whose members a merge would lose. Make that a member.",
            _ => null,
        };
        if (why is not null)
        {
            problems.Add(MergeProblem.At(MergeDiagnostics.WrongKind, type, type.Name, why));
            return;
        }

        foreach (var around in Around(type))
        {
            if (!IsPartial(around, cancellationToken))
            {
                problems.Add(MergeProblem.At(
                    MergeDiagnostics.NotPartial, around, around.Name, SymbolEqualityComparer.Default.Equals(around, type) ? "" : $"; '{type.Name}' is inside it"));
            }
        }
    }

    private static bool IsPartial(INamedTypeSymbol type, CancellationToken cancellationToken) => type.DeclaringSyntaxReferences.Any(reference =>
        reference.GetSyntax(cancellationToken) is TypeDeclarationSyntax syntax && syntax.Modifiers.Any(SyntaxKind.PartialKeyword));

    private static IEnumerable<INamedTypeSymbol> Around(INamedTypeSymbol type)
    {
        for (var current = type; current is not null; current = current.ContainingType)
        {
            yield return current;
        }
    }

    private static string Declaration(INamedTypeSymbol type)
    {
        var kind = (type.IsRecord, type.TypeKind) switch
        {
            (true, TypeKind.Struct) => "record struct",
            (true, _) => "record",
            (_, TypeKind.Struct) => "struct",
            (_, TypeKind.Interface) => "interface",
            _ => "class",
        };
        return $"partial {kind} {type.ToDisplayString(Declared)}";
    }

    /// <summary>What an instance holds: fields, and properties that have one behind them. What is computed is no state.</summary>
    private static List<(ISymbol Member, ITypeSymbol Type)> State(INamedTypeSymbol type)
    {
        var state = new List<(ISymbol, ITypeSymbol)>();
        foreach (var field in type.GetMembers().OfType<IFieldSymbol>())
        {
            if (!field.IsStatic && !field.IsConst)
            {
                state.Add(field.AssociatedSymbol is IPropertySymbol property ? (property, property.Type) : (field, field.Type));
            }
        }

        return state;
    }

    /// <summary>Finds the constructor that takes most members; the others have to be settable.</summary>
    private static List<MergeMember> Make(INamedTypeSymbol type, List<(ISymbol Member, ITypeSymbol Type)> state, List<MergeProblem> problems)
    {
        List<MergeMember>? best = null;
        ISymbol? stuck = null;
        foreach (var constructor in type.InstanceConstructors.OrderByDescending(static candidate => candidate.Parameters.Length))
        {
            var places = state.Select(member => Place(constructor, member)).ToList();
            if (places.Count(static place => place >= 0) < constructor.Parameters.Length)
            {
                continue;
            }

            var unset = state.Where((member, index) => places[index] < 0 && !IsSettable(member.Member)).Select(static member => member.Member).FirstOrDefault();
            stuck ??= unset;
            if (unset is null)
            {
                best = [.. state.Select((member, index) => new MergeMember(
                    Escaped(member.Member.Name), MemberTypes.Name(member.Type), places[index], places[index] < 0 || IsRequired(member.Member)))];
                break;
            }
        }

        if (best is null)
        {
            problems.Add(MergeProblem.At(MergeDiagnostics.NotSettable, stuck ?? state[0].Member, (stuck ?? state[0].Member).Name, type.Name));
        }

        return best ?? [];
    }

    private static int Place(IMethodSymbol constructor, (ISymbol Member, ITypeSymbol Type) member)
    {
        var name = member.Member.Name.TrimStart('_');
        for (var place = 0; place < constructor.Parameters.Length; place++)
        {
            var parameter = constructor.Parameters[place];
            if (string.Equals(parameter.Name, name, StringComparison.OrdinalIgnoreCase) && SymbolEqualityComparer.Default.Equals(parameter.Type, member.Type))
            {
                return place;
            }
        }

        return -1;
    }

    private static bool IsSettable(ISymbol member) => member is IPropertySymbol { SetMethod: not null } or IFieldSymbol { IsReadOnly: false };

    private static bool IsRequired(ISymbol member) => member is IPropertySymbol { IsRequired: true } or IFieldSymbol { IsRequired: true };

    private static string Escaped(string name) => SyntaxFacts.GetKeywordKind(name) == SyntaxKind.None ? name : "@" + name;
}
