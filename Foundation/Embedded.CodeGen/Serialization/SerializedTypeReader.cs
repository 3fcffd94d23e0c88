using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Orleans.CodeGen.Serialization;

/// <summary>Reads a type with [GenerateSerializer] into text that the emitter needs.</summary>
internal sealed class SerializedTypeReader
{
    private const string GenerateSerializer = "Orleans.GenerateSerializerAttribute";

    private readonly INamedTypeSymbol _type;
    private readonly AttributeData _attribute;
    private readonly MemberAccess _access;
    private readonly List<DiagnosticModel> _diagnostics = [];
    private bool _failed;

    private SerializedTypeReader(INamedTypeSymbol type, AttributeData attribute)
    {
        _type = type;
        _attribute = attribute;
        _access = new MemberAccess(type);
    }

    public static SerializedType Read(INamedTypeSymbol type, AttributeData attribute) =>
        new SerializedTypeReader(type, attribute).Read();

    private SerializedType Read()
    {
        if (!_type.IsAccessible())
        {
            Fail(SerializationDiagnostics.Inaccessible, _type, _type.ToDisplayString());
        }

        var isException = _type.DerivesFrom("System.Exception");
        var primary = PrimaryConstructor();
        var implicitParameters = ImplicitParameters(primary);
        var parameters = implicitParameters.Select(static pair => pair.Member).ToArray();
        var members = Members([.. implicitParameters.Select(static pair => pair.Symbol).OfType<ISymbol>()]);
        var baseType = Base(isException, out var hasUnknownState);
        var fields = _type.GetMembers().OfType<IFieldSymbol>().Where(static field => !field.IsStatic && !field.IsConst).ToList();
        var creation = Create();
        var typeParameters = _type.AllTypeParameters();
        var list = typeParameters.Count == 0
            ? string.Empty
            : "<" + string.Join(", ", typeParameters.Select(static parameter => parameter.Name)) + ">";
        var codecName = "Codec_" + string.Join("_", _type.WithContaining().Select(static part => part.Name));
        if (typeParameters.Count > 0)
        {
            codecName += "_" + typeParameters.Count;
        }

        var space = "OrleansCodeGen" + (_type.ContainingNamespace.IsGlobalNamespace
            ? string.Empty
            : "." + _type.ContainingNamespace.ToDisplayString());
        return new SerializedType(
            space,
            codecName,
            list,
            SerializationSymbols.Constraints(typeParameters),
            _type.ToCode(),
            _type.OpenTypeOf(),
            $"global::{space}.{codecName}" + (typeParameters.Count == 0 ? string.Empty : "<" + new string(',', typeParameters.Count - 1) + ">"),
            _type.WireName(),
            typeParameters.Count > 0,
            _type.TypeKind == TypeKind.Enum,
            _type.IsValueType,
            _type.IsSealed,
            isException,
            IsReadOnly: !hasUnknownState && (_type.IsRecord || primary is null || primary.Parameters.IsEmpty)
                && fields.TrueForAll(IsReadOnly),
            IsTracked: !_type.HasAttribute("Orleans.SuppressReferenceTrackingAttribute"),
            creation,
            baseType,
            _failed,
            new EquatableArray<SerializedMember>(parameters),
            new EquatableArray<SerializedMember>(members),
            new EquatableArray<string>([.. FieldTypes(fields)]),
            new EquatableArray<string>([.. _access.Declarations]),
            new EquatableArray<string>([.. NameRegistrations(fields)]),
            DiagnosticModel.Create(SerializationDiagnostics.DuplicateAlias, _type, _type.WireName(), _type.ToDisplayString()),
            new EquatableArray<DiagnosticModel>([.. _diagnostics]));
    }

    private static bool IsReadOnly(IFieldSymbol field) =>
        field.IsReadOnly
        || (field.AssociatedSymbol is IPropertySymbol property && (property.SetMethod is null || property.SetMethod.IsInitOnly));

    private static IEnumerable<string> FieldTypes(IEnumerable<IFieldSymbol> fields) => fields
        .Where(static field => !field.HasAttribute("Orleans.ImmutableAttribute")
            && field.AssociatedSymbol?.HasAttribute("Orleans.ImmutableAttribute") != true
            && !field.Type.IsPlainlyImmutable())
        .Select(static field => field.Type.ToCode())
        .Distinct();

    private static IEnumerable<string> NameRegistrations(IEnumerable<IFieldSymbol> fields) => fields
        .SelectMany(static field => TypeArguments(field.Type))
        .Where(static type => type.Locations.Any(static location => location.IsInSource)
            && type.IsAccessible() && !type.HasAttribute(GenerateSerializer))
        .Select(static type => (type.OriginalDefinition.OpenTypeOf(), type.OriginalDefinition.WireName()))
        .Distinct()
        .Select(static pair => SerializationEmitter.RegisterName(pair.Item1, pair.Item2));

    private static IEnumerable<INamedTypeSymbol> TypeArguments(ITypeSymbol type) => type switch
    {
        IArrayTypeSymbol array => Self(array.ElementType),
        INamedTypeSymbol named => named.TypeArguments.SelectMany(Self),
        _ => [],
    };

    private static IEnumerable<INamedTypeSymbol> Self(ITypeSymbol type) =>
        type is INamedTypeSymbol named ? TypeArguments(type).Prepend(named) : TypeArguments(type);

    private void Fail(DiagnosticDescriptor descriptor, ISymbol symbol, string first, string second = "")
    {
        _failed = true;
        _diagnostics.Add(DiagnosticModel.Create(descriptor, symbol, first, second));
    }

    private object? Option(string name) =>
        _attribute.NamedArguments.FirstOrDefault(pair => pair.Key == name).Value.Value;

    private IMethodSymbol? PrimaryConstructor() => _type.InstanceConstructors.FirstOrDefault(static constructor =>
        constructor.DeclaringSyntaxReferences.Any(static reference => reference.GetSyntax() is TypeDeclarationSyntax));

    private List<(ISymbol? Symbol, SerializedMember Member)> ImplicitParameters(IMethodSymbol? primary)
    {
        var included = Option("IncludePrimaryConstructorParameters") as bool? ?? _type.IsRecord;
        var result = new List<(ISymbol?, SerializedMember)>();
        foreach (var parameter in included && primary is not null ? [.. primary.Parameters] : Array.Empty<IParameterSymbol>())
        {
            var id = (uint)parameter.Ordinal;
            var symbol = _type.GetMembers(parameter.Name).FirstOrDefault(static member => member is IPropertySymbol or IFieldSymbol);
            if (symbol?.HasAttribute("Orleans.IdAttribute") == true)
            {
                // An explicit id makes the parameter's property a member like any other.
                continue;
            }

            if (symbol is not null && _access.TryCreate(symbol, id) is { } member)
            {
                result.Add((symbol, member));
            }
            else if (symbol is null && !_type.IsRecord && IsCaptured(parameter))
            {
                result.Add((null, _access.CreateCaptured(parameter, id)));
            }
        }

        return result;
    }

    /// <summary>Whether the body of a member uses the parameter: then, and only then, the compiler makes a field of it.</summary>
    private bool IsCaptured(IParameterSymbol parameter) => _type.DeclaringSyntaxReferences
        .Select(static reference => reference.GetSyntax())
        .OfType<TypeDeclarationSyntax>()
        .SelectMany(static declaration => declaration.Members)
        .Where(static member => member is MethodDeclarationSyntax or PropertyDeclarationSyntax { Initializer: null } or IndexerDeclarationSyntax
            or OperatorDeclarationSyntax)
        .SelectMany(static member => member.DescendantNodes())
        .OfType<IdentifierNameSyntax>()
        .Any(identifier => identifier.Identifier.ValueText == parameter.Name);

    private SerializedMember[] Members(ISymbol[] parameters)
    {
        var publicProperties = Option("GenerateFieldIds") is 1;
        var members = new Dictionary<uint, SerializedMember>();
        if (_type.TypeKind == TypeKind.Enum)
        {
            return [];
        }

        foreach (var symbol in _type.GetMembers())
        {
            if (symbol.IsStatic || symbol is not (IPropertySymbol { IsIndexer: false } or IFieldSymbol { AssociatedSymbol: null, IsConst: false }))
            {
                continue;
            }

            uint id;
            if (symbol.FindAttribute("Orleans.IdAttribute") is { } attribute)
            {
                id = attribute.ConstructorArguments.FirstOrDefault().Value as uint? ?? 0;
            }
            else if (parameters.Contains(symbol, SymbolEqualityComparer.Default))
            {
                continue;
            }
            else if (publicProperties && symbol is IPropertySymbol { DeclaredAccessibility: Accessibility.Public, SetMethod: not null })
            {
                id = StableHash(symbol.Name);
            }
            else
            {
                WarnIfData(symbol);
                continue;
            }

            if (_access.TryCreate(symbol, id) is not { } member)
            {
                Fail(SerializationDiagnostics.NotSettable, symbol, symbol.Name, _type.ToDisplayString());
            }
            else if (members.ContainsKey(id))
            {
                Fail(SerializationDiagnostics.DuplicateId, symbol, id.ToString(), _type.ToDisplayString());
            }
            else
            {
                members.Add(id, member);
            }
        }

        return [.. members.Values.OrderBy(static member => member.Id)];
    }

    private void WarnIfData(ISymbol symbol)
    {
        var field = symbol as IFieldSymbol ?? _access.BackingField(symbol);
        if (field is null || field.HasAttribute("System.NonSerializedAttribute") || (symbol is IFieldSymbol && symbol.IsImplicitlyDeclared)
            || field.Type.TypeKind == TypeKind.Delegate)
        {
            return;
        }

        _diagnostics.Add(
            DiagnosticModel.Create(SerializationDiagnostics.MissingId, symbol, symbol.Name, _type.ToDisplayString()));
    }

    private string? Base(bool isException, out bool hasUnknownState)
    {
        hasUnknownState = false;
        if (_type.TypeKind != TypeKind.Class)
        {
            return null;
        }

        for (var current = _type.BaseType; current is { SpecialType: not SpecialType.System_Object }; current = current.BaseType)
        {
            if (isException || current.HasAttribute(GenerateSerializer))
            {
                return current.ToCode();
            }

            if (!current.HasAttribute("Orleans.SerializerTransparentAttribute")
                && current.GetMembers().Any(static member => member is IFieldSymbol { IsStatic: false, IsConst: false }))
            {
                hasUnknownState = true;
                _diagnostics.Add(DiagnosticModel.Create(
                    SerializationDiagnostics.BaseNotAnnotated, _type, current.ToDisplayString(), _type.ToDisplayString()));
            }
        }

        return null;
    }

    private Creation Create()
    {
        if (_type.IsAbstract || _type.IsValueType)
        {
            return Creation.None;
        }

        var chosen = _type.InstanceConstructors.FirstOrDefault(static constructor =>
            constructor.HasAttribute("Orleans.OrleansConstructorAttribute")
            || constructor.HasAttribute("Orleans.GeneratedActivatorConstructorAttribute"));
        if (chosen is { Parameters.IsEmpty: false })
        {
            Fail(SerializationDiagnostics.ConstructorWithParameters, chosen, _type.ToDisplayString());
        }

        var constructor = _type.InstanceConstructors.FirstOrDefault(static candidate => candidate.Parameters.IsEmpty);
        if (constructor is null)
        {
            return Creation.Uninitialized;
        }

        return SerializationSymbols.IsAccessible(constructor.DeclaredAccessibility) && !HasRequiredMembers()
            ? Creation.New
            : Creation.Constructor;
    }

    private bool HasRequiredMembers()
    {
        for (var current = _type; current is not null; current = current.BaseType)
        {
            if (current.GetMembers().Any(static member => member is IPropertySymbol { IsRequired: true } or IFieldSymbol { IsRequired: true }))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>FNV-1a over UTF-16: the same in every build.</summary>
    private static uint StableHash(string name) =>
        name.Aggregate(2166136261u, static (hash, character) => unchecked((hash ^ character) * 16777619u));
}
