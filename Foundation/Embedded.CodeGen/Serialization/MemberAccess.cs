using Microsoft.CodeAnalysis;

namespace Orleans.CodeGen.Serialization;

/// <summary>
/// Says how generated code reads and sets members: plainly where the language allows it, through
/// <c>UnsafeAccessor</c> methods where it does not (private, init-only, read-only).
/// </summary>
internal sealed class MemberAccess(INamedTypeSymbol type)
{
    private const string Attribute = "[global::System.Runtime.CompilerServices.UnsafeAccessor(global::System.Runtime.CompilerServices.UnsafeAccessorKind.";

    private readonly Dictionary<string, string> _declarations = new(StringComparer.Ordinal);

    /// <summary>The accessor methods.</summary>
    public IEnumerable<string> Declarations => _declarations.Values;

    private string Instance => type.IsValueType ? "ref {0}" : "{0}";

    private string Parameter => (type.IsValueType ? "ref " : string.Empty) + type.ToCode() + " instance";

    public IFieldSymbol? BackingField(ISymbol property) => type.GetMembers()
        .OfType<IFieldSymbol>()
        .FirstOrDefault(field => SymbolEqualityComparer.Default.Equals(field.AssociatedSymbol, property));

    /// <summary>Makes the access of a field or property; null if it cannot be set.</summary>
    public SerializedMember? TryCreate(ISymbol symbol, uint id)
    {
        var memberType = symbol is IFieldSymbol field ? field.Type : ((IPropertySymbol)symbol).Type;
        var (get, set) = symbol is IFieldSymbol plain ? Field(plain) : Property((IPropertySymbol)symbol);
        var isShared = memberType.IsPlainlyImmutable() || symbol.HasAttribute("Orleans.ImmutableAttribute");
        return get is null || set is null ? null : new SerializedMember(id, memberType.ToCode(), isShared, get, set);
    }

    public SerializedMember CreateCaptured(IParameterSymbol parameter, uint id)
    {
        var access = FieldAccessor($"<{parameter.Name}>P", parameter.Name, parameter.Type.ToCode());
        return new SerializedMember(id, parameter.Type.ToCode(), parameter.Type.IsPlainlyImmutable(), access, access + " = {1}");
    }

    private (string? Get, string? Set) Field(IFieldSymbol field)
    {
        if (SerializationSymbols.IsAccessible(field.DeclaredAccessibility) && !field.IsReadOnly)
        {
            return ($"{{0}}.@{field.Name}", $"{{0}}.@{field.Name} = {{1}}");
        }

        var access = FieldAccessor(field.Name, field.Name, field.Type.ToCode());
        return (access, access + " = {1}");
    }

    private (string? Get, string? Set) Property(IPropertySymbol property)
    {
        if (property.ExplicitInterfaceImplementations.Length > 0)
        {
            return (null, null);
        }

        var backing = BackingField(property);
        var typeText = property.Type.ToCode();
        string? Backing() => backing is null ? null : FieldAccessor(backing.Name, property.Name, typeText);

        var get = property.GetMethod is { } getter && SerializationSymbols.IsAccessible(getter.DeclaredAccessibility)
            ? $"{{0}}.@{property.Name}"
            : Backing() ?? (property.GetMethod is null ? null : Getter(property.Name, typeText));
        if (property.SetMethod is { IsInitOnly: false } setter && SerializationSymbols.IsAccessible(setter.DeclaredAccessibility))
        {
            return (get, $"{{0}}.@{property.Name} = {{1}}");
        }

        var set = Backing() is { } field ? field + " = {1}" : property.SetMethod is null ? null : Setter(property.Name, typeText);
        return (get, set);
    }

    private string FieldAccessor(string field, string name, string typeText) => Declare(
        "Field_" + name, $"Field, Name = \"{field}\")]", $"ref {typeText}", string.Empty, $"({Instance})");

    private string Getter(string name, string typeText) => Declare(
        "Get_" + name, $"Method, Name = \"get_{name}\")]", typeText, string.Empty, $"({Instance})");

    private string Setter(string name, string typeText) => Declare(
        "Set_" + name, $"Method, Name = \"set_{name}\")]", "void", $", {typeText} value", $"({Instance}, {{1}})");

    private string Declare(string name, string attribute, string returns, string moreParameters, string call)
    {
        _declarations[name] = $"{Attribute}{attribute}\n    private static extern {returns} {name}({Parameter}{moreParameters});";
        return name + call;
    }
}
