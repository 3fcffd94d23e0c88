using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Aggregation;

/// <summary>Text and bytes in whatever layout.</summary>
internal static class ArrowBytes
{
    /// <summary>Whether a type is of text or bytes.</summary>
    public static bool IsSupported(ArrowType type) => type is StringType or BinaryType or StringViewType or BinaryViewType or FixedSizeBinaryType;

    /// <summary>The bytes of a value that is not null, valid while the array is held.</summary>
    public static ReadOnlySpan<byte> Of(ArrowArray array, int row) => array switch
    {
        VariableBinaryArray values => values.GetBytes(row),
        BytesViewArray values => values.GetBytes(row),
        FixedSizeBinaryArray values => values.GetBytes(row),
        _ => throw new NotSupportedException($"{array.Type.Name} is neither text nor bytes."),
    };

    /// <summary>Appends a value to a builder of text or bytes.</summary>
    public static void Append(ArrowArrayBuilder builder, ReadOnlySpan<byte> value)
    {
        switch (builder)
        {
            case VariableBinaryBuilder target:
                target.Append(value);
                break;
            case BytesViewBuilder target:
                target.Append(value);
                break;
            case FixedSizeBinaryBuilder target:
                target.Append(value);
                break;
            default:
                throw new NotSupportedException($"{builder.Type.Name} is neither text nor bytes.");
        }
    }
}
