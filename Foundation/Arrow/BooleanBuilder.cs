namespace OrleansFlow.Arrow;

/// <summary>Builds <see cref="BooleanArray"/>.</summary>
public sealed unsafe class BooleanBuilder : ArrowArrayBuilder
{
    private GrowingBuffer _bits;

    /// <summary>Creates the builder.</summary>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    public BooleanBuilder(ArrowAllocator? allocator = null)
        : base(ArrowType.Boolean, allocator) => _bits = new GrowingBuffer(Allocator);

    /// <summary>Appends a value.</summary>
    public void Append(bool value)
    {
        _bits.ZeroUntil(ArrowBitmap.ByteCount((long)Length + 1));
        if (value)
        {
            _bits.Pointer[Length >> 3] |= (byte)(1 << (Length & 7));
        }

        MarkValid();
    }

    /// <summary>Appends a value or a null.</summary>
    public void Append(bool? value)
    {
        if (value is { } present)
        {
            Append(present);
        }
        else
        {
            AppendNull();
        }
    }

    /// <inheritdoc/>
    public override void AppendRange(ArrowArray source, int start, int length)
    {
        ArgumentNullException.ThrowIfNull(source);
        _bits.ZeroUntil(ArrowBitmap.ByteCount((long)Length + length));
        ArrowBitmap.Copy(((BooleanArray)source).Bits, source.Offset + start, new Span<byte>(_bits.Pointer, (int)_bits.Length), Length, length);
        MarkFrom(source, start, length);
    }

    private protected override ArrowArray BuildCore(int length, int nullCount, ArrowBuffer validity) => ArrowArrayFactory.Wrap(
        new ArrowArrayData { Type = Type, Length = length, NullCount = nullCount, Buffers = [validity, _bits.Take()] });

    private protected override void ClearCore() => _bits.Release();

    private protected override void AppendEmptySlot() => _bits.ZeroUntil(ArrowBitmap.ByteCount((long)Length + 1));

    private protected override void AppendValueFrom(ArrowArray source, int index) => Append(((BooleanArray)source).GetBoolean(index));

    private protected override void AppendObjectCore(object value) => Append((bool)value);
}

/// <summary>Builds <see cref="NullArray"/>.</summary>
/// <param name="allocator">Not used: nulls need no memory.</param>
public sealed class NullBuilder(ArrowAllocator? allocator = null) : ArrowArrayBuilder(ArrowType.Null, allocator)
{
    private protected override ArrowArray BuildCore(int length, int nullCount, ArrowBuffer validity)
    {
        validity.Release();
        return new NullArray(length);
    }

    private protected override void ClearCore()
    {
        // Nothing is stored.
    }

    private protected override void AppendEmptySlot()
    {
        // Nothing is stored.
    }

    private protected override void AppendValueFrom(ArrowArray source, int index) => AppendNull();

    private protected override void AppendObjectCore(object value) => throw new InvalidCastException($"A column of nulls cannot hold '{value}'.");
}
