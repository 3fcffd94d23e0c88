using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;

namespace OrleansFlow.Streaming.Formats;

/// <summary>Values of columns as JSON: structs and maps as objects, lists as arrays, bytes in base 64, instants as RFC 3339 in UTC or as numbers.</summary>
/// <remarks>Numbers that JSON has no way to write (NaN, infinities) become null. Values of rare types become text.</remarks>
internal sealed class JsonValueWriter(JsonTimes times, bool isDecimalText)
{
    private const string SecondsFormat = "yyyy-MM-ddTHH:mm:ss";

    /// <summary>Writes a value.</summary>
    public void Write(Utf8JsonWriter json, ArrowArray array, int row)
    {
        if (array.IsNull(row))
        {
            json.WriteNullValue();
            return;
        }

        switch (array)
        {
            case Int64Array numbers:
                json.WriteNumberValue(numbers.Values[row]);
                break;
            case UInt64Array numbers:
                json.WriteNumberValue(numbers.Values[row]);
                break;
            case Int32Array numbers:
                json.WriteNumberValue(numbers.Values[row]);
                break;
            case UInt32Array numbers:
                json.WriteNumberValue(numbers.Values[row]);
                break;
            case Int16Array numbers:
                json.WriteNumberValue(numbers.Values[row]);
                break;
            case UInt16Array numbers:
                json.WriteNumberValue(numbers.Values[row]);
                break;
            case Int8Array numbers:
                json.WriteNumberValue(numbers.Values[row]);
                break;
            case UInt8Array numbers:
                json.WriteNumberValue(numbers.Values[row]);
                break;
            case DoubleArray numbers when double.IsFinite(numbers.Values[row]):
                json.WriteNumberValue(numbers.Values[row]);
                break;
            case FloatArray numbers when float.IsFinite(numbers.Values[row]):
                json.WriteNumberValue(numbers.Values[row]);
                break;
            case DoubleArray or FloatArray:
                json.WriteNullValue();
                break;
            case BooleanArray truths:
                json.WriteBooleanValue(truths.GetBoolean(row));
                break;
            case TextArray text:
                json.WriteStringValue(text.GetUtf8(row));
                break;
            case TimestampArray instants:
                WriteInstant(json, instants, row);
                break;
            default:
                WriteNested(json, array, row);
                break;
        }
    }

    private void WriteNested(Utf8JsonWriter json, ArrowArray array, int row)
    {
        switch (array)
        {
            case StructArray one:
                json.WriteStartObject();
                for (var i = 0; i < one.FieldCount; i++)
                {
                    json.WritePropertyName(one.Type.Children[i].Name);
                    Write(json, one.Field(i), row);
                }

                json.WriteEndObject();
                break;
            case MapArray map:
                var (first, count) = map.GetRange(row);
                json.WriteStartObject();
                for (var i = first; i < first + count; i++)
                {
                    json.WritePropertyName(map.Keys is TextArray keys ? keys.GetString(i)! : ArrowFormatter.FormatValue(map.Keys, i));
                    Write(json, map.Values, i);
                }

                json.WriteEndObject();
                break;
            case VariableListArray list:
                var (start, length) = list.GetRange(row);
                json.WriteStartArray();
                for (var i = start; i < start + length; i++)
                {
                    Write(json, list.Items, i);
                }

                json.WriteEndArray();
                break;
            case VariableBinaryArray bytes:
                json.WriteBase64StringValue(bytes.GetBytes(row));
                break;
            case { Type: DecimalType }:
                WriteDecimal(json, array, row);
                break;
            case { Type: TimeType }:
                json.WriteStringValue(TimeOfDay(array, row));
                break;
            default:
                json.WriteStringValue(ArrowFormatter.FormatValue(array, row));
                break;
        }
    }

    private void WriteDecimal(Utf8JsonWriter json, ArrowArray array, int row)
    {
        var text = ArrowFormatter.FormatValue(array, row);
        if (isDecimalText)
        {
            json.WriteStringValue(text);
        }
        else
        {
            json.WriteRawValue(text, skipInputValidation: false);
        }
    }

    private void WriteInstant(Utf8JsonWriter json, TimestampArray instants, int row)
    {
        var value = instants.Values[row];
        if (times != JsonTimes.Unspecified)
        {
            var wanted = times switch { JsonTimes.UnixSeconds => 1, JsonTimes.UnixMillis => 1_000, _ => 1_000_000 };
            var scaled = (Int128)value * wanted;
            var per = TimeText.PerSecond(instants.Unit);
            json.WriteNumberValue((long)(scaled / per) - (scaled % per < 0 ? 1 : 0));
            return;
        }

        Span<byte> text = stackalloc byte[64];
        json.WriteStringValue(text[..Format(value, instants.Unit, text)]);
    }

    /// <summary>RFC 3339 in UTC, with as many digits behind the point as the unit has, but six for the usual ones.</summary>
    internal static int Format(long value, TimeUnit unit, Span<byte> text)
    {
        var per = TimeText.PerSecond(unit);
        var (seconds, rest) = Math.DivRem(value, per);
        (seconds, rest) = rest < 0 ? (seconds - 1, rest + per) : (seconds, rest);
        if (seconds is < -62_135_596_800 or > 253_402_300_799)
        {
            // Beyond the years of the calendar: infinity, and what is as far.
            return Encoding.UTF8.GetBytes(value.ToString(CultureInfo.InvariantCulture), text);
        }

        DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime.TryFormat(text, out var length, SecondsFormat, CultureInfo.InvariantCulture);
        var digits = unit == TimeUnit.Nanosecond ? 9 : 6;
        var fraction = digits == 9 ? rest : rest * (1_000_000 / per);
        text[length++] = (byte)'.';
        fraction.TryFormat(text[length..], out var written, digits == 9 ? "D9" : "D6", CultureInfo.InvariantCulture);
        text[length + written] = (byte)'Z';
        return length + written + 1;
    }

    private static string TimeOfDay(ArrowArray array, int row) => array switch
    {
        Time64Array { Unit: TimeUnit.Microsecond } one => new TimeOnly(one.Values[row] * 10).ToString("HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
        _ => ArrowFormatter.FormatValue(array, row),
    };
}
