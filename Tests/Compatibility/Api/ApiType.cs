namespace OrleansFlow.Tests.Compatibility.Api;

/// <summary>A type as a user of its assembly sees it.</summary>
internal sealed class ApiType
{
    public required string Name { get; init; }

    /// <summary>Visible outside the assembly, as are all the types around it.</summary>
    public required bool IsVisible { get; init; }

    public required bool IsInterface { get; init; }

    /// <summary>What is compared as it stands: kind, modifiers, type parameters with constraints, attributes. Name to text.</summary>
    public required SortedDictionary<string, string> Traits { get; init; }

    public required string? BaseType { get; init; }

    public required IReadOnlyList<string> Interfaces { get; init; }

    /// <summary>Visible members by their key: name, arity and parameter types.</summary>
    public required IReadOnlyDictionary<string, ApiMember> Members { get; init; }

    /// <summary>All methods, private ones too: what explicit implementations are checked against.</summary>
    public required IReadOnlyList<ApiMember> AllMethods { get; init; }
}

/// <summary>A member as a user of its assembly sees it.</summary>
internal sealed class ApiMember
{
    public required string Key { get; init; }

    public required string Name { get; init; }

    /// <summary>Everything beside the key that must be equal: trait to text.</summary>
    public required SortedDictionary<string, string> Traits { get; init; }

    /// <summary>Nullable annotations, return value first: 0 unknown, 1 not null, 2 nullable.</summary>
    public required byte[] Annotations { get; init; }

    public required bool IsOverride { get; init; }

    /// <summary>A user who implements or derives must write it.</summary>
    public required bool IsAbstract { get; init; }

    /// <summary>An accessor: its property or event speaks for it in lists.</summary>
    public required bool IsAccessor { get; init; }

    public override string ToString() => Key;
}
