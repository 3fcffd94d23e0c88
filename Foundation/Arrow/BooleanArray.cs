namespace OrleansFlow.Arrow;

/// <summary>True or false, one bit each.</summary>
public sealed unsafe class BooleanArray : ArrowArray
{
    private readonly byte* _bits;

    internal BooleanArray(ArrowArrayData data)
        : base(data) => _bits = data.Buffers[1].Pointer;

    /// <summary>The bits, starting with the bit of value -<see cref="ArrowArray.Offset"/>.</summary>
    public ReadOnlySpan<byte> Bits
    {
        get
        {
            ThrowIfReleased();
            return Data.Buffers[1].Span;
        }
    }

    /// <summary>The value; undefined for a null.</summary>
    public bool GetBoolean(int index)
    {
        CheckIndex(index);
        var bit = Offset + index;
        return (_bits[bit >> 3] >> (bit & 7) & 1) != 0;
    }

    /// <summary>The value, or null.</summary>
    public bool? GetNullable(int index) => IsValid(index) ? GetBoolean(index) : null;

    private protected override object? GetValueCore(int index) => GetBoolean(index);
}

/// <summary>Nulls only.</summary>
public sealed class NullArray : ArrowArray
{
    internal NullArray(ArrowArrayData data)
        : base(data)
    {
    }

    /// <summary>An array of nulls.</summary>
    public NullArray(int length)
        : base(new ArrowArrayData { Type = ArrowType.Null, Length = length, NullCount = length })
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
    }

    private protected override object? GetValueCore(int index) => null;
}
