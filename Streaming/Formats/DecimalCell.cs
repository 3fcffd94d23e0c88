using System.Numerics;
using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Formats;

/// <summary>Decimals, with a point and an exponent where the text has them; digits that the type does not hold are bad.</summary>
/// <remarks>
/// Zeros at both ends are counted and not computed with, so that neither a long text nor an exponent of a billion costs more than to read it.
/// </remarks>
internal sealed class DecimalCell<T>(PrimitiveBuilder<T> builder) : Cell
    where T : unmanaged, INumberBase<T>
{
    // The digits of the widest type, decimal128.
    private const int DigitsMax = 38;

    // Beyond any number of digits that a record can have, and far from the end of a long.
    private const long ExponentMax = 1L << 40;

    private readonly DecimalType _type = (DecimalType)builder.Type;

    public override JsonValue Takes => JsonValue.Number;

    public override bool TryAppend(ReadOnlySpan<byte> text)
    {
        var isNegative = text.Length > 0 && text[0] == '-';
        var rest = text.Length > 0 && text[0] is (byte)'-' or (byte)'+' ? text[1..] : text;
        if (!TryDigits(ref rest, out var digits, out var digitCount, out var exponent) || !TryExponent(rest, ref exponent))
        {
            return false;
        }

        var shift = exponent + _type.Scale;
        if (digitCount > 0 && (shift < 0 || digitCount + shift > _type.Precision))
        {
            return false;
        }

        for (; digitCount > 0 && shift > 0; shift--)
        {
            digits *= 10;
        }

        builder.Append(T.CreateChecked(isNegative ? -digits : digits));
        return true;
    }

    /// <summary>Takes digits, with a point among them or not.</summary>
    /// <param name="text">Then what stands behind them.</param>
    /// <param name="digits">Those from the first that is not zero to the last.</param>
    /// <param name="count">How many they are; 0: the number is zero.</param>
    /// <param name="exponent">The power of ten that the last of them counts.</param>
    private static bool TryDigits(ref ReadOnlySpan<byte> text, out Int128 digits, out int count, out long exponent)
    {
        (digits, count, exponent) = (0, 0, 0);
        var (read, zeros, point, at) = (0, 0, -1, 0);
        for (; at < text.Length; at++)
        {
            if (text[at] == '.' && point < 0)
            {
                point = read;
                continue;
            }

            if (text[at] is < (byte)'0' or > (byte)'9')
            {
                break;
            }

            read++;
            if (text[at] == '0')
            {
                zeros += count > 0 ? 1 : 0;
                continue;
            }

            count += zeros + 1;
            if (count > DigitsMax)
            {
                return false;
            }

            for (; zeros >= 0; zeros--)
            {
                digits *= 10;
            }

            digits += text[at] - '0';
            (zeros, exponent) = (0, read);
        }

        exponent = (point < 0 ? read : point) - exponent;
        text = text[at..];
        return read > 0;
    }

    private static bool TryExponent(ReadOnlySpan<byte> text, ref long exponent)
    {
        if (text.IsEmpty)
        {
            return true;
        }

        if (text[0] is not ((byte)'e' or (byte)'E'))
        {
            return false;
        }

        var isNegative = text.Length > 1 && text[1] == '-';
        var digits = text.Length > 1 && text[1] is (byte)'-' or (byte)'+' ? text[2..] : text[1..];
        var value = 0L;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            value = Math.Min((value * 10) + (digit - '0'), ExponentMax);
        }

        exponent += isNegative ? -value : value;
        return !digits.IsEmpty;
    }
}
