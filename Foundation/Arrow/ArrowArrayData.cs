namespace OrleansFlow.Arrow;

/// <summary>
/// The physical parts of an array, in the layout of the Arrow columnar format. Handing parts to
/// <see cref="ArrowArray.Create"/> hands over one reference to each buffer, child and dictionary.
/// </summary>
public sealed class ArrowArrayData
{
    /// <summary>The logical type.</summary>
    public required ArrowType Type { get; init; }

    /// <summary>Number of values.</summary>
    public required int Length { get; init; }

    /// <summary>Number of nulls; -1 when not known, then it is counted when first asked for.</summary>
    public int NullCount { get; init; } = -1;

    /// <summary>Values to leave out at the start of every buffer (and, for structs and fixed-size lists, of the children).</summary>
    public int Offset { get; init; }

    /// <summary>
    /// The buffers in the order of the format: validity first (empty when nothing is null), then offsets or values. None for
    /// the null and run-end encoded types; a union has type codes (and offsets when dense) and no validity; a view type has its views
    /// and then any number of data buffers.
    /// </summary>
    public ArrowBuffer[] Buffers { get; init; } = [];

    /// <summary>The child arrays.</summary>
    public ArrowArray[] Children { get; init; } = [];

    /// <summary>The dictionary's values, for a dictionary type.</summary>
    public ArrowArray? Dictionary { get; init; }
}
