using System.Text;

namespace OrleansFlow.Arrow;

/// <summary>Values of any number of bytes: text and binary, with 32-bit or 64-bit offsets.</summary>
public abstract unsafe class VariableBinaryArray : ArrowArray
{
    private readonly bool _isLarge;
    private readonly byte* _offsets;
    private readonly byte* _bytes;
    private readonly long _byteCount;

    private protected VariableBinaryArray(ArrowArrayData data)
        : base(data)
    {
        _isLarge = ArrowLayout.OffsetWidth(data.Type) == 8;
        _offsets = data.Buffers[1].Pointer;
        _bytes = data.Buffers[2].Pointer;
        _byteCount = data.Buffers[2].Length;
    }

    /// <summary>The bytes of a value; empty for a null. Valid while a reference to the array is held.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not below <see cref="ArrowArray.Length"/>.</exception>
    /// <exception cref="ArrowFormatException">The offsets of this value point outside the data.</exception>
    public ReadOnlySpan<byte> GetBytes(int index)
    {
        CheckIndex(index);
        var (start, end) = Range(index);
        if (start < 0 || end < start || end > _byteCount || end - start > int.MaxValue)
        {
            throw new ArrowFormatException($"{Type.Name}: value {index} lies at {start}..{end} of {_byteCount} bytes.");
        }

        return new ReadOnlySpan<byte>(_bytes + start, (int)(end - start));
    }

    internal (long Start, long End) Range(int index)
    {
        var at = (long)Offset + index;
        return _isLarge
            ? (((long*)_offsets)[at], ((long*)_offsets)[at + 1])
            : (((int*)_offsets)[at], ((int*)_offsets)[at + 1]);
    }

    private protected override object? GetValueCore(int index) => GetBytes(index).ToArray();
}

/// <summary>UTF-8 text with 32-bit or 64-bit offsets.</summary>
public abstract class TextArray : VariableBinaryArray
{
    private protected TextArray(ArrowArrayData data)
        : base(data)
    {
    }

    /// <summary>The UTF-8 bytes of a value; empty for a null. Valid while a reference to the array is held.</summary>
    public ReadOnlySpan<byte> GetUtf8(int index) => GetBytes(index);

    /// <summary>The value; null for a null. Bytes that are not UTF-8 become U+FFFD.</summary>
    public string? GetString(int index) => IsValid(index) ? Encoding.UTF8.GetString(GetBytes(index)) : null;

    private protected override object? GetValueCore(int index) => Encoding.UTF8.GetString(GetBytes(index));
}

/// <summary>UTF-8 text with 32-bit offsets.</summary>
public sealed unsafe class StringArray : TextArray
{
    internal StringArray(ArrowArrayData data)
        : base(data)
    {
    }

    /// <summary>Shape [length + 1]: value i lies at Offsets[i]..Offsets[i + 1] of <see cref="Bytes"/>. Empty when there are no values.</summary>
    public ReadOnlySpan<int> Offsets
    {
        get
        {
            ThrowIfReleased();
            return Length == 0 ? default : new ReadOnlySpan<int>((int*)Data.Buffers[1].Pointer + Offset, Length + 1);
        }
    }

    /// <summary>The text of all values, also of those before a slice.</summary>
    public ReadOnlySpan<byte> Bytes
    {
        get
        {
            ThrowIfReleased();
            return Data.Buffers[2].Span;
        }
    }
}

/// <summary>UTF-8 text with 64-bit offsets.</summary>
public sealed class LargeStringArray : TextArray
{
    internal LargeStringArray(ArrowArrayData data)
        : base(data)
    {
    }
}

/// <summary>Bytes with 32-bit offsets.</summary>
public sealed class BinaryArray : VariableBinaryArray
{
    internal BinaryArray(ArrowArrayData data)
        : base(data)
    {
    }
}

/// <summary>Bytes with 64-bit offsets.</summary>
public sealed class LargeBinaryArray : VariableBinaryArray
{
    internal LargeBinaryArray(ArrowArrayData data)
        : base(data)
    {
    }
}

/// <summary>The same number of bytes in every value.</summary>
public sealed unsafe class FixedSizeBinaryArray : ArrowArray
{
    internal FixedSizeBinaryArray(ArrowArrayData data)
        : base(data)
    {
    }

    /// <summary>Bytes of one value.</summary>
    public int ByteWidth => ((FixedSizeBinaryType)Type).ByteWidth;

    /// <summary>The bytes of a value; undefined for a null. Valid while a reference to the array is held.</summary>
    public ReadOnlySpan<byte> GetBytes(int index)
    {
        CheckIndex(index);
        var width = ByteWidth;
        return new ReadOnlySpan<byte>(Data.Buffers[1].Pointer + ((long)Offset + index) * width, width);
    }

    private protected override object? GetValueCore(int index) => GetBytes(index).ToArray();
}
