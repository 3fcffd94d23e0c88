using System.Globalization;
using System.Numerics;

namespace OrleansFlow.Arrow;

/// <summary>What the decimal arrays share: <c>value = unscaled / 10^scale</c>.</summary>
public static class ArrowDecimal
{
    private static readonly Int128 MaxMantissa = ((Int128)1 << 96) - 1;

    /// <summary>Digits with the point in its place, such as <c>-12.30</c>.</summary>
    public static string Format(BigInteger unscaled, int scale)
    {
        if (scale <= 0)
        {
            return (unscaled * BigInteger.Pow(10, -scale)).ToString(CultureInfo.InvariantCulture);
        }

        var digits = BigInteger.Abs(unscaled).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        return (unscaled.Sign < 0 ? "-" : "") + digits[..^scale] + "." + digits[^scale..];
    }

    /// <summary>As a .NET decimal.</summary>
    /// <exception cref="OverflowException">More than 96 bits or more than 28 digits behind the point.</exception>
    public static decimal ToDecimal(Int128 unscaled, int scale)
    {
        for (; scale < 0; scale++)
        {
            unscaled = checked(unscaled * 10);
        }

        for (; scale > 28 && unscaled % 10 == 0; scale--)
        {
            unscaled /= 10;
        }

        var magnitude = Int128.Abs(unscaled);
        if (scale > 28 || magnitude > MaxMantissa)
        {
            throw new OverflowException($"{Format((BigInteger)unscaled, scale)} does not fit System.Decimal.");
        }

        return new decimal((int)(magnitude & 0xFFFF_FFFF), (int)((magnitude >> 32) & 0xFFFF_FFFF), (int)(magnitude >> 64), unscaled < 0, (byte)scale);
    }

    /// <summary>The unscaled integer of a .NET decimal.</summary>
    /// <param name="value">The number.</param>
    /// <param name="scale">Digits behind the point in the result.</param>
    /// <exception cref="ArgumentException">The number has more digits behind the point than <paramref name="scale"/>.</exception>
    public static Int128 FromDecimal(decimal value, int scale)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        var magnitude = ((Int128)(uint)parts[2] << 64) | ((Int128)(uint)parts[1] << 32) | (uint)parts[0];
        var has = (parts[3] >> 16) & 0xFF;
        for (; has < scale; has++)
        {
            magnitude = checked(magnitude * 10);
        }

        for (; has > scale; has--)
        {
            if (magnitude % 10 != 0)
            {
                throw new ArgumentException($"{value} has more than {scale} digits behind the point.", nameof(value));
            }

            magnitude /= 10;
        }

        return parts[3] < 0 ? -magnitude : magnitude;
    }
}

/// <summary>Decimals of up to 9 digits; <see cref="PrimitiveArray{T}.Values"/> are the unscaled integers.</summary>
public sealed class Decimal32Array : PrimitiveArray<int>
{
    internal Decimal32Array(ArrowArrayData data)
        : base(data)
    {
    }

    /// <summary>Digits behind the point.</summary>
    public int Scale => ((DecimalType)Type).Scale;

    /// <summary>The number, or null.</summary>
    public decimal? GetDecimal(int index) => IsValid(index) ? ArrowDecimal.ToDecimal(At(index), Scale) : null;

    private protected override object? GetValueCore(int index) => ArrowDecimal.Format(At(index), Scale);
}

/// <summary>Decimals of up to 18 digits; <see cref="PrimitiveArray{T}.Values"/> are the unscaled integers.</summary>
public sealed class Decimal64Array : PrimitiveArray<long>
{
    internal Decimal64Array(ArrowArrayData data)
        : base(data)
    {
    }

    /// <summary>Digits behind the point.</summary>
    public int Scale => ((DecimalType)Type).Scale;

    /// <summary>The number, or null.</summary>
    public decimal? GetDecimal(int index) => IsValid(index) ? ArrowDecimal.ToDecimal(At(index), Scale) : null;

    private protected override object? GetValueCore(int index) => ArrowDecimal.Format(At(index), Scale);
}

/// <summary>Decimals of up to 38 digits; <see cref="PrimitiveArray{T}.Values"/> are the unscaled integers.</summary>
public sealed class Decimal128Array : PrimitiveArray<Int128>
{
    internal Decimal128Array(ArrowArrayData data)
        : base(data)
    {
    }

    /// <summary>Digits behind the point.</summary>
    public int Scale => ((DecimalType)Type).Scale;

    /// <summary>The number, or null.</summary>
    /// <exception cref="OverflowException">It does not fit System.Decimal.</exception>
    public decimal? GetDecimal(int index) => IsValid(index) ? ArrowDecimal.ToDecimal(At(index), Scale) : null;

    private protected override object? GetValueCore(int index) => ArrowDecimal.Format((BigInteger)At(index), Scale);
}

/// <summary>Decimals of up to 76 digits.</summary>
public sealed unsafe class Decimal256Array : ArrowArray
{
    internal Decimal256Array(ArrowArrayData data)
        : base(data)
    {
    }

    /// <summary>Digits behind the point.</summary>
    public int Scale => ((DecimalType)Type).Scale;

    /// <summary>The unscaled integer; undefined for a null.</summary>
    public BigInteger GetUnscaled(int index)
    {
        CheckIndex(index);
        return new BigInteger(new ReadOnlySpan<byte>(Data.Buffers[1].Pointer + ((long)Offset + index) * 32, 32));
    }

    private protected override object? GetValueCore(int index) => ArrowDecimal.Format(GetUnscaled(index), Scale);
}
