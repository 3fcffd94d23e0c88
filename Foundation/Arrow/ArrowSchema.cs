namespace OrleansFlow.Arrow;

/// <summary>The columns of record batches. Compares by value, metadata included in any order.</summary>
public sealed class ArrowSchema : IEquatable<ArrowSchema>
{
    /// <summary>Creates a schema from fields in order.</summary>
    public ArrowSchema(params ArrowField[] fields)
        : this(fields, null)
    {
    }

    /// <summary>Creates a schema with metadata.</summary>
    /// <param name="fields">The columns in order.</param>
    /// <param name="metadata">Key and value pairs for applications, in order.</param>
    public ArrowSchema(IReadOnlyList<ArrowField> fields, IReadOnlyList<KeyValuePair<string, string>>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(fields);
        Fields = [.. fields];
        Metadata = metadata is null ? [] : [.. metadata];
    }

    /// <summary>The columns in order.</summary>
    public IReadOnlyList<ArrowField> Fields { get; }

    /// <summary>Key and value pairs for applications, in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Metadata { get; }

    /// <summary>The column of that name.</summary>
    /// <exception cref="ArgumentException">No column, or more than one, has that name.</exception>
    public ArrowField Field(string name) => Fields[IndexOf(name)];

    /// <summary>The position of the column of that name (case-sensitive); -1 if none has it.</summary>
    /// <exception cref="ArgumentException">More than one column has that name.</exception>
    public int TryIndexOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var found = -1;
        for (var i = 0; i < Fields.Count; i++)
        {
            if (Fields[i].Name == name)
            {
                found = found < 0 ? i : throw new ArgumentException($"More than one column is named '{name}'; use the index.", nameof(name));
            }
        }

        return found;
    }

    /// <summary>The position of the column of that name (case-sensitive).</summary>
    /// <exception cref="ArgumentException">No column, or more than one, has that name.</exception>
    public int IndexOf(string name)
    {
        var index = TryIndexOf(name);
        return index >= 0
            ? index
            : throw new ArgumentException($"No column is named '{name}'; the columns are: {string.Join(", ", Fields.Select(field => field.Name))}.", nameof(name));
    }

    /// <inheritdoc/>
    public bool Equals(ArrowSchema? other) =>
        other is not null && Fields.SequenceEqual(other.Fields) && ArrowMetadata.Same(Metadata, other.Metadata);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ArrowSchema);

    /// <inheritdoc/>
    public override int GetHashCode() => Fields.Count == 0 ? 0 : HashCode.Combine(Fields.Count, Fields[0]);

    /// <summary>The fields on one line.</summary>
    public override string ToString() => string.Join(", ", Fields);
}
