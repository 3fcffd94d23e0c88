namespace OrleansFlow.Arrow;

/// <summary>UTF-8 text behind views of 16 bytes.</summary>
public sealed record StringViewType : ArrowType
{
    /// <inheritdoc/>
    public override ArrowTypeId Id => ArrowTypeId.Utf8View;

    /// <inheritdoc/>
    public override string Name => "utf8_view";
}

/// <summary>Bytes behind views of 16 bytes.</summary>
public sealed record BinaryViewType : ArrowType
{
    /// <inheritdoc/>
    public override ArrowTypeId Id => ArrowTypeId.BinaryView;

    /// <inheritdoc/>
    public override string Name => "binary_view";
}

/// <summary>Lists that each have an offset and a size of their own, so they may share items and come in any order.</summary>
/// <param name="Item">The item's field.</param>
/// <param name="IsLarge">Whether offsets and sizes have 64 bits.</param>
public sealed record ListViewType(ArrowField Item, bool IsLarge) : ArrowType
{
    /// <inheritdoc/>
    public override ArrowTypeId Id => IsLarge ? ArrowTypeId.LargeListView : ArrowTypeId.ListView;

    /// <inheritdoc/>
    public override string Name => $"{(IsLarge ? "large_list_view" : "list_view")}<{Item.Type.Name}>";

    /// <inheritdoc/>
    public override IReadOnlyList<ArrowField> Children { get; } = [Item];

    /// <summary>Same item field and offset width.</summary>
    public bool Equals(ListViewType? other) => other is not null && IsLarge == other.IsLarge && Item.Equals(other.Item);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Item);
}

/// <summary>Values that are stored once for each run of equal ones. Nulls are in the values.</summary>
public sealed record RunEndEncodedType : ArrowType
{
    /// <summary>Creates the type.</summary>
    /// <param name="runEnds">The field of the run ends: a signed integer of 16, 32 or 64 bits.</param>
    /// <param name="values">The field of the values.</param>
    public RunEndEncodedType(ArrowField runEnds, ArrowField values)
    {
        ArgumentNullException.ThrowIfNull(runEnds);
        ArgumentNullException.ThrowIfNull(values);
        if (runEnds.Type.Id is not (ArrowTypeId.Int16 or ArrowTypeId.Int32 or ArrowTypeId.Int64))
        {
            throw new ArgumentException($"Run ends are int16, int32 or int64, not {runEnds.Type.Name}.", nameof(runEnds));
        }

        Children = [runEnds, values];
    }

    /// <summary>Type of the run ends.</summary>
    public IntegerType RunEndType => (IntegerType)Children[0].Type;

    /// <summary>The values' field.</summary>
    public ArrowField Values => Children[1];

    /// <inheritdoc/>
    public override ArrowTypeId Id => ArrowTypeId.RunEndEncoded;

    /// <inheritdoc/>
    public override string Name => $"run_end_encoded<{RunEndType.Name}, {Values.Type.Name}>";

    /// <inheritdoc/>
    public override IReadOnlyList<ArrowField> Children { get; }

    /// <summary>Same types of run ends and values. The names of the parts do not count: the format calls them conventional.</summary>
    public bool Equals(RunEndEncodedType? other) =>
        other is not null && RunEndType.Equals(other.RunEndType) && Values.Type.Equals(other.Values.Type);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, RunEndType, Values.Type);
}
