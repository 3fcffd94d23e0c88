namespace OrleansFlow.Arrow;

/// <summary>Lists of any length.</summary>
/// <param name="Item">The item's field.</param>
/// <param name="IsLarge">Whether offsets have 64 bits.</param>
public sealed record ListType(ArrowField Item, bool IsLarge) : ArrowType
{
    /// <inheritdoc/>
    public override ArrowTypeId Id => IsLarge ? ArrowTypeId.LargeList : ArrowTypeId.List;

    /// <inheritdoc/>
    public override string Name => $"{(IsLarge ? "large_list" : "list")}<{Item.Type.Name}>";

    /// <inheritdoc/>
    public override IReadOnlyList<ArrowField> Children { get; } = [Item];

    /// <summary>Same item field and offset width.</summary>
    public bool Equals(ListType? other) => other is not null && IsLarge == other.IsLarge && Item.Equals(other.Item);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Item);
}

/// <summary>Lists that all have the same number of items.</summary>
public sealed record FixedSizeListType : ArrowType
{
    /// <summary>Creates the type.</summary>
    /// <param name="item">The item's field.</param>
    /// <param name="size">Items in each list, 0 or more.</param>
    public FixedSizeListType(ArrowField item, int size)
    {
        ArgumentNullException.ThrowIfNull(item);
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        Item = item;
        Size = size;
        Children = [item];
    }

    /// <summary>The item's field.</summary>
    public ArrowField Item { get; }

    /// <summary>Items in each list.</summary>
    public int Size { get; }

    /// <inheritdoc/>
    public override ArrowTypeId Id => ArrowTypeId.FixedSizeList;

    /// <inheritdoc/>
    public override string Name => $"fixed_size_list<{Item.Type.Name}>[{Size}]";

    /// <inheritdoc/>
    public override IReadOnlyList<ArrowField> Children { get; }

    /// <summary>Same item field and size.</summary>
    public bool Equals(FixedSizeListType? other) => other is not null && Size == other.Size && Item.Equals(other.Item);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Size, Item);
}

/// <summary>Named fields side by side.</summary>
public sealed record StructType : ArrowType
{
    /// <summary>Creates the type.</summary>
    public StructType(IReadOnlyList<ArrowField> fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        Fields = [.. fields];
    }

    /// <summary>The fields in order.</summary>
    public IReadOnlyList<ArrowField> Fields { get; }

    /// <inheritdoc/>
    public override ArrowTypeId Id => ArrowTypeId.Struct;

    /// <inheritdoc/>
    public override string Name => $"struct<{string.Join(", ", Fields)}>";

    /// <inheritdoc/>
    public override IReadOnlyList<ArrowField> Children => Fields;

    /// <summary>Same fields in the same order.</summary>
    public bool Equals(StructType? other) => other is not null && Fields.SequenceEqual(other.Fields);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Fields.Count);
}

/// <summary>Lists of key and value.</summary>
public sealed record MapType : ArrowType
{
    /// <summary>Creates the type with the usual name <c>entries</c> for the pair.</summary>
    public MapType(ArrowField key, ArrowField value, bool keysSorted)
        : this(new ArrowField("entries", new StructType([key, value]), false), keysSorted)
    {
    }

    /// <summary>Creates the type from the field of the pair.</summary>
    /// <param name="entries">A struct of two fields, key and value.</param>
    /// <param name="keysSorted">Whether the keys of each map are sorted.</param>
    public MapType(ArrowField entries, bool keysSorted)
    {
        ArgumentNullException.ThrowIfNull(entries);
        if (entries.Type is not StructType { Fields.Count: 2 })
        {
            throw new ArgumentException($"A map's entries are a struct of key and value, not {entries.Type.Name}.", nameof(entries));
        }

        Entries = entries;
        KeysSorted = keysSorted;
        Children = [entries];
    }

    /// <summary>The field of the pair.</summary>
    public ArrowField Entries { get; }

    /// <summary>The key's field.</summary>
    public ArrowField Key => Entries.Type.Children[0];

    /// <summary>The value's field.</summary>
    public ArrowField Value => Entries.Type.Children[1];

    /// <summary>Whether the keys of each map are sorted.</summary>
    public bool KeysSorted { get; }

    /// <inheritdoc/>
    public override ArrowTypeId Id => ArrowTypeId.Map;

    /// <inheritdoc/>
    public override string Name => $"map<{Key.Type.Name}, {Value.Type.Name}>";

    /// <inheritdoc/>
    public override IReadOnlyList<ArrowField> Children { get; }

    /// <summary>Same key, value and order. The names of the parts do not count: the format calls them conventional.</summary>
    public bool Equals(MapType? other) =>
        other is not null && KeysSorted == other.KeysSorted && Key.Type.Equals(other.Key.Type)
        && Value.Type.Equals(other.Value.Type) && Value.IsNullable == other.Value.IsNullable;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Key.Type, Value.Type);
}

/// <summary>One of several types, chosen for each value.</summary>
public sealed record UnionType : ArrowType
{
    /// <summary>Creates the type.</summary>
    /// <param name="mode">How values are stored.</param>
    /// <param name="fields">The possible types, at most 128.</param>
    /// <param name="typeIds">The code of each field, 0 to 127, all different; null for 0, 1, 2 and so on.</param>
    public UnionType(UnionMode mode, IReadOnlyList<ArrowField> fields, IReadOnlyList<int>? typeIds = null)
    {
        ArgumentNullException.ThrowIfNull(fields);
        typeIds ??= [.. Enumerable.Range(0, fields.Count)];
        if (typeIds.Count != fields.Count || typeIds.Any(id => id is < 0 or > 127) || typeIds.Distinct().Count() != typeIds.Count)
        {
            throw new ArgumentException(
                $"A union of {fields.Count} fields needs as many different codes of 0 to 127, not [{string.Join(", ", typeIds)}].", nameof(typeIds));
        }

        Mode = mode;
        Fields = [.. fields];
        TypeIds = [.. typeIds];
    }

    /// <summary>How values are stored.</summary>
    public UnionMode Mode { get; }

    /// <summary>The possible types.</summary>
    public IReadOnlyList<ArrowField> Fields { get; }

    /// <summary>The code of each field.</summary>
    public IReadOnlyList<int> TypeIds { get; }

    /// <inheritdoc/>
    public override ArrowTypeId Id => ArrowTypeId.Union;

    /// <inheritdoc/>
    public override string Name => $"{(Mode == UnionMode.Dense ? "dense" : "sparse")}_union<{string.Join(", ", Fields)}>";

    /// <inheritdoc/>
    public override IReadOnlyList<ArrowField> Children => Fields;

    /// <summary>Same mode, fields and codes.</summary>
    public bool Equals(UnionType? other) =>
        other is not null && Mode == other.Mode && Fields.SequenceEqual(other.Fields) && TypeIds.SequenceEqual(other.TypeIds);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Mode, Fields.Count);
}

/// <summary>Indices into a dictionary of values.</summary>
/// <param name="IndexType">Any integer type.</param>
/// <param name="ValueType">Type of the dictionary's values.</param>
/// <param name="IsOrdered">Whether the order of the dictionary means something.</param>
public sealed record DictionaryType(IntegerType IndexType, ArrowType ValueType, bool IsOrdered) : ArrowType
{
    /// <inheritdoc/>
    public override ArrowTypeId Id => ArrowTypeId.Dictionary;

    /// <inheritdoc/>
    public override string Name => $"dictionary<{IndexType.Name}, {ValueType.Name}>";

    /// <inheritdoc/>
    public override int FixedBitWidth => IndexType.FixedBitWidth;
}
