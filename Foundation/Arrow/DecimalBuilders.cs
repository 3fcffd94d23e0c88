using System.Globalization;
using System.Numerics;

namespace OrleansFlow.Arrow;

/// <summary>Builds <see cref="Decimal32Array"/> from unscaled integers.</summary>
/// <param name="type">Precision and scale, 32 bits wide.</param>
/// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
public sealed class Decimal32Builder(DecimalType type, ArrowAllocator? allocator = null) : PrimitiveBuilder<int>(type, allocator)
{
    private protected override void AppendObjectCore(object value) =>
        Append(checked((int)ArrowDecimal.FromDecimal(Convert.ToDecimal(value, CultureInfo.InvariantCulture), ((DecimalType)Type).Scale)));
}

/// <summary>Builds <see cref="Decimal64Array"/> from unscaled integers.</summary>
/// <param name="type">Precision and scale, 64 bits wide.</param>
/// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
public sealed class Decimal64Builder(DecimalType type, ArrowAllocator? allocator = null) : PrimitiveBuilder<long>(type, allocator)
{
    private protected override void AppendObjectCore(object value) =>
        Append(checked((long)ArrowDecimal.FromDecimal(Convert.ToDecimal(value, CultureInfo.InvariantCulture), ((DecimalType)Type).Scale)));
}

/// <summary>Builds <see cref="Decimal128Array"/>; <see cref="PrimitiveBuilder{T}.Append(T)"/> takes unscaled integers.</summary>
/// <param name="type">Precision and scale, 128 bits wide.</param>
/// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
public sealed class Decimal128Builder(DecimalType type, ArrowAllocator? allocator = null) : PrimitiveBuilder<Int128>(type, allocator)
{
    /// <summary>Builds decimals of a precision and scale.</summary>
    public Decimal128Builder(int precision, int scale, ArrowAllocator? allocator = null)
        : this(ArrowType.Decimal128(precision, scale), allocator)
    {
    }

    /// <summary>Appends a number.</summary>
    /// <exception cref="ArgumentException">It has more digits behind the point than the type.</exception>
    public void Append(decimal value) => Append(ArrowDecimal.FromDecimal(value, ((DecimalType)Type).Scale));

    private protected override void AppendObjectCore(object value)
    {
        if (value is Int128 unscaled)
        {
            Append(unscaled);
        }
        else
        {
            Append(Convert.ToDecimal(value, CultureInfo.InvariantCulture));
        }
    }
}

/// <summary>Builds <see cref="Decimal256Array"/> from unscaled integers.</summary>
public sealed class Decimal256Builder : ArrowArrayBuilder
{
    private GrowingBuffer _values;

    /// <summary>Creates the builder.</summary>
    /// <param name="type">Precision and scale, 256 bits wide.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    public Decimal256Builder(DecimalType type, ArrowAllocator? allocator = null)
        : base(type, allocator) => _values = new GrowingBuffer(Allocator);

    /// <summary>Appends an unscaled integer.</summary>
    /// <exception cref="OverflowException">It does not fit 256 bits.</exception>
    public void Append(BigInteger unscaled)
    {
        Span<byte> bytes = stackalloc byte[32];
        bytes.Fill(unscaled.Sign < 0 ? (byte)0xFF : (byte)0);
        if (!unscaled.TryWriteBytes(bytes, out _))
        {
            throw new OverflowException($"{unscaled} does not fit 256 bits.");
        }

        _values.Append(bytes);
        MarkValid();
    }

    private protected override ArrowArray BuildCore(int length, int nullCount, ArrowBuffer validity) => ArrowArrayFactory.Wrap(
        new ArrowArrayData { Type = Type, Length = length, NullCount = nullCount, Buffers = [validity, _values.Take()] });

    private protected override void ClearCore() => _values.Release();

    private protected override void AppendEmptySlot() => _values.ZeroUntil(_values.Length + 32);

    private protected override void AppendValueFrom(ArrowArray source, int index) => Append(((Decimal256Array)source).GetUnscaled(index));

    private protected override void AppendObjectCore(object value) => Append((BigInteger)value);
}
