using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;

namespace OrleansFlow.Streaming.Formats;

/// <summary>Whole numbers and floating point numbers. A whole number may be written with zeros behind a point, or an exponent.</summary>
internal sealed class NumberCell<T>(PrimitiveBuilder<T> builder) : Cell
    where T : unmanaged, INumberBase<T>
{
    public override JsonValue Takes => JsonValue.Number;

    public override bool TryAppend(ReadOnlySpan<byte> text)
    {
        if (!T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        builder.Append(value);
        return true;
    }
}

/// <summary>True and false.</summary>
internal sealed class TruthCell(BooleanBuilder builder) : Cell
{
    public override JsonValue Takes => JsonValue.Truth;

    public override bool TryAppend(ReadOnlySpan<byte> text)
    {
        if (!Utf8Parser.TryParse(text, out bool value, out var used) || used != text.Length)
        {
            return false;
        }

        builder.Append(value);
        return true;
    }
}

/// <summary>Text.</summary>
internal sealed class TextCell(Utf8Builder builder) : Cell
{
    public override JsonValue Takes => JsonValue.Any;

    public override bool TryAppend(ReadOnlySpan<byte> text)
    {
        if (!System.Text.Unicode.Utf8.IsValid(text))
        {
            return false;
        }

        builder.Append(text);
        return true;
    }
}

/// <summary>Bytes, in base 64.</summary>
internal sealed class BytesCell(BinaryBuilder builder) : Cell
{
    private byte[] _bytes = [];

    public override JsonValue Takes => JsonValue.Text;

    public override bool TryAppend(ReadOnlySpan<byte> text)
    {
        var most = Base64.GetMaxDecodedFromUtf8Length(text.Length);
        if (_bytes.Length < most)
        {
            _bytes = new byte[Math.Max(most, 2 * _bytes.Length)];
        }

        if (Base64.DecodeFromUtf8(text, _bytes, out var used, out var written) != System.Buffers.OperationStatus.Done || used != text.Length)
        {
            return false;
        }

        builder.Append(_bytes.AsSpan(0, written));
        return true;
    }
}

/// <summary>Dates.</summary>
internal sealed class DateCell(Date32Builder builder) : Cell
{
    public override JsonValue Takes => JsonValue.Text;

    public override bool TryAppend(ReadOnlySpan<byte> text)
    {
        if (!TimeText.TryDate(text, out var days))
        {
            return false;
        }

        builder.Append(days);
        return true;
    }
}

/// <summary>Times of day.</summary>
internal sealed class TimeOfDayCell(Time64Builder builder) : Cell
{
    private readonly TimeUnit _unit = ((TimeType)builder.Type).Unit;

    public override JsonValue Takes => JsonValue.Text;

    public override bool TryAppend(ReadOnlySpan<byte> text)
    {
        if (!TimeText.TryTimeOfDay(text, _unit, out var value))
        {
            return false;
        }

        builder.Append(value);
        return true;
    }
}

/// <summary>Points in time: text, or a number since 1970 where the format says of what.</summary>
internal sealed class TimestampCell(TimestampBuilder builder, JsonTimes times) : Cell
{
    private readonly TimeUnit _unit = ((TimestampType)builder.Type).Unit;

    public override JsonValue Takes => times == JsonTimes.Unspecified ? JsonValue.Text : JsonValue.Number;

    public override bool TryAppend(ReadOnlySpan<byte> text)
    {
        if (times == JsonTimes.Unspecified || text.IsEmpty || !Utf8Parser.TryParse(text, out long number, out var used) || used != text.Length)
        {
            if (!TimeText.TryTimestamp(text, _unit, out var value))
            {
                return false;
            }

            builder.Append(value);
            return true;
        }

        var scaled = (Int128)number * TimeText.PerSecond(_unit) / times switch { JsonTimes.UnixSeconds => 1, JsonTimes.UnixMillis => 1_000, _ => 1_000_000 };
        if (scaled < long.MinValue || scaled > long.MaxValue)
        {
            return false;
        }

        builder.Append((long)scaled);
        return true;
    }
}

/// <summary>Decimals; digits behind the scale are bad.</summary>
internal sealed class DecimalCell<T>(PrimitiveBuilder<T> builder) : Cell
    where T : unmanaged, INumberBase<T>, IComparisonOperators<T, T, bool>
{
    private readonly DecimalType _type = (DecimalType)builder.Type;
    private readonly BigInteger _end = BigInteger.Pow(10, ((DecimalType)builder.Type).Precision);

    public override JsonValue Takes => JsonValue.Number;

    public override bool TryAppend(ReadOnlySpan<byte> text)
    {
        var point = text.IndexOf((byte)'.');
        scoped var digits = text;
        Span<byte> joined = stackalloc byte[128];
        var behind = 0;
        if (point >= 0)
        {
            if (text.Length > joined.Length)
            {
                return false;
            }

            text[..point].CopyTo(joined);
            text[(point + 1)..].CopyTo(joined[point..]);
            digits = joined[..(text.Length - 1)];
            behind = text.Length - point - 1;
        }

        if (!BigInteger.TryParse(System.Text.Encoding.UTF8.GetString(digits), NumberStyles.AllowLeadingSign | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var unscaled))
        {
            return false;
        }

        if (behind <= _type.Scale)
        {
            unscaled *= BigInteger.Pow(10, _type.Scale - behind);
        }
        else
        {
            unscaled = BigInteger.DivRem(unscaled, BigInteger.Pow(10, behind - _type.Scale), out var lost);
            if (!lost.IsZero)
            {
                return false;
            }
        }

        if (BigInteger.Abs(unscaled) >= _end)
        {
            return false;
        }

        builder.Append(T.CreateChecked(unscaled));
        return true;
    }
}
