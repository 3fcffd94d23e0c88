using Microsoft.CodeAnalysis;

namespace OrleansFlow.Workflows.CodeGen;

#pragma warning disable RS2008 // Release tracking is for analyzers that ship on their own; this one ships with the types it writes for.

/// <summary>Why a type with [Mergeable] cannot get a merge.</summary>
internal static class MergeDiagnostics
{
    public static readonly DiagnosticDescriptor NotPartial = Create(
        "FLOW1001", "Mergeable type is not partial", "'{0}' is not partial, so its merge cannot be added. Write 'partial' before its kind{1}.");

    public static readonly DiagnosticDescriptor NotMergeable = Create(
        "FLOW1002", "Member does not merge", "Member '{0}' of '{1}' does not merge: {2}");

    public static readonly DiagnosticDescriptor Nullable = Create(
        "FLOW1003", "Member may be null", "Member '{0}' of '{1}' may be null. Say {2}, and use its Empty for nothing.");

    public static readonly DiagnosticDescriptor NotSettable = Create(
        "FLOW1004",
        "Member cannot be set",
        "Member '{0}' of '{1}' cannot be set by its merge. Give it an init accessor, or a constructor parameter of the same name and type.");

    public static readonly DiagnosticDescriptor WrongKind = Create(
        "FLOW1005", "Type cannot merge member by member", "'{0}' cannot merge member by member: {1}");

    public static readonly DiagnosticDescriptor NoMembers = Create(
        "FLOW1006", "Mergeable type has no members", "'{0}' has no members that could merge. Give it some, or use NoContext.");

    private static DiagnosticDescriptor Create(string id, string title, string message) =>
        new(id, title, message, "OrleansFlow.Workflows", DiagnosticSeverity.Error, isEnabledByDefault: true);
}
