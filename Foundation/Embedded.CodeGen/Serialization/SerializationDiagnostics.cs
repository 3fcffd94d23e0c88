using Microsoft.CodeAnalysis;

namespace Orleans.CodeGen.Serialization;

#pragma warning disable RS2008 // Release tracking is for analyzers that ship on their own; this one ships with its runtime.

/// <summary>What the serialization generator complains of. Numbers are Orleans' where it complains of the same.</summary>
internal static class SerializationDiagnostics
{
    public static readonly DiagnosticDescriptor MissingId = Create(
        "ORLEANS0004",
        "Member has no [Id]",
        "Member '{0}' of '{1}' is not serialized. Add [Id(n)] to it, or [NonSerialized] to say that this is meant.",
        DiagnosticSeverity.Warning);

    public static readonly DiagnosticDescriptor DuplicateAlias = Create(
        "ORLEANS0011", "Duplicate alias", "Alias '{0}' is used by '{1}' and by another type. Give each its own.");

    public static readonly DiagnosticDescriptor DuplicateId = Create(
        "ORLEANS0012", "Duplicate id", "Id {0} is used twice in '{1}'. Give each member its own.");

    public static readonly DiagnosticDescriptor Inaccessible = Create(
        "ORLEANS0107",
        "Serialized type is not accessible",
        "Type '{0}' cannot be reached by generated code. Make it and the types around it internal or public.");

    public static readonly DiagnosticDescriptor NotSettable = Create(
        "ORLEANSEMB001",
        "Serialized property cannot be set",
        "Property '{0}' of '{1}' has [Id] and computes its value. Add a setter, or move [Id] to what it is computed from.");

    public static readonly DiagnosticDescriptor BaseNotAnnotated = Create(
        "ORLEANSEMB002",
        "Base type is not serialized",
        "The fields of '{0}', a base type of '{1}', are not serialized. Add [GenerateSerializer] to it.",
        DiagnosticSeverity.Warning);

    public static readonly DiagnosticDescriptor BadRegistration = Create(
        "ORLEANSEMB003",
        "Registered type does not fit",
        "Type '{0}' cannot be registered: {1}");

    public static readonly DiagnosticDescriptor ConstructorWithParameters = Create(
        "ORLEANSEMB004",
        "Activator constructor has parameters",
        "The constructor of '{0}' that makes instances for the serializer must have no parameters in the embedded runtime{1}.");

    private static DiagnosticDescriptor Create(
        string id, string title, string message, DiagnosticSeverity severity = DiagnosticSeverity.Error) =>
        new(id, title, message, "Orleans.Serialization", severity, isEnabledByDefault: true);
}
