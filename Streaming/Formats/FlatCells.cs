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
        // The platform takes zero bytes behind a number, and makes infinity of digits that no floating point number reaches.
        if (!T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || text[^1] == 0 || (T.IsInfinity(value) && text.ContainsAnyInRange((byte)'0', (byte)'9')))
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

        var per = times switch { JsonTimes.UnixSeconds => 1L, JsonTimes.UnixMillis => 1_000, _ => 1_000_000 };
        if (!TimeScale.TryScale(number, per, TimeText.PerSecond(_unit), out var scaled))
        {
            return false;
        }

        builder.Append(scaled);
        return true;
    }
}
