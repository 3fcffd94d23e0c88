namespace OrleansFlow.Arrow;

/// <summary>A named, typed column or child. Compares by value, metadata included in any order.</summary>
public sealed class ArrowField : IEquatable<ArrowField>
{
    /// <summary>Creates the field.</summary>
    /// <param name="name">Any text; names need not be unique.</param>
    /// <param name="type">The type of the values.</param>
    /// <param name="isNullable">Whether values may be null. Default true.</param>
    /// <param name="metadata">Key and value pairs for applications, in order.</param>
    public ArrowField(
        string name, ArrowType type, bool isNullable = true, IReadOnlyList<KeyValuePair<string, string>>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(type);
        Name = name;
        Type = type;
        IsNullable = isNullable;
        Metadata = metadata is null ? [] : [.. metadata];
    }

    /// <summary>The name; not necessarily unique.</summary>
    public string Name { get; }

    /// <summary>The type of the values.</summary>
    public ArrowType Type { get; }

    /// <summary>Whether values may be null.</summary>
    public bool IsNullable { get; }

    /// <summary>Key and value pairs for applications, in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Metadata { get; }

    /// <inheritdoc/>
    public bool Equals(ArrowField? other) =>
        other is not null && Name == other.Name && IsNullable == other.IsNullable && Type.Equals(other.Type)
        && ArrowMetadata.Same(Metadata, other.Metadata);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ArrowField);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Type, IsNullable);

    /// <summary>Name and type, such as <c>price: double not null</c>.</summary>
    public override string ToString() => $"{Name}: {Type.Name}{(IsNullable ? "" : " not null")}";
}
