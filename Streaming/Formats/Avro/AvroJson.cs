using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Formats.Avro;

/// <summary>Values as JSON, for columns of text: records and maps as objects, bytes in base 64, times as in the format json. A union is the value of its branch. Not thread-safe.</summary>
internal sealed class AvroJson : IDisposable
{
    // Days from the first of January of year 1 to that of 1970.
    private const int EpochDayNumber = 719_162;

    private readonly ArrayBufferWriter<byte> _buffer = new();
    private readonly Utf8JsonWriter _json;

    public AvroJson() => _json = new Utf8JsonWriter(_buffer);

    /// <summary>Reads a value.</summary>
    /// <returns>Its JSON, until the next call; a text without its quotes.</returns>
    public ReadOnlySpan<byte> Read(ref AvroReader reader, AvroType type)
    {
        _buffer.ResetWrittenCount();
        _json.Reset();
        Write(ref reader, type, 0);
        _json.Flush();
        var text = _buffer.WrittenSpan;

        // A text that stands alone is a time, a number or base 64, in which nothing is escaped.
        return text[0] == '"' ? text[1..^1] : text;
    }

    public void Dispose() => _json.Dispose();

    /// <summary>Bytes as text, if they are such.</summary>
    public static ReadOnlySpan<byte> Text(ref AvroReader reader) => reader.Bytes() is var text && Utf8.IsValid(text) ? text : throw reader.Bad("a text is no UTF-8");

    private void Write(ref AvroReader reader, AvroType type, int depth)
    {
        if (depth > AvroReader.DepthMax)
        {
            throw reader.Bad($"it is deeper than {AvroReader.DepthMax} values");
        }

        if (type.Meaning != AvroMeaning.None)
        {
            WriteMeaning(ref reader, type);
            return;
        }

        switch (type.Kind)
        {
            case AvroKind.Null:
                _json.WriteNullValue();
                break;
            case AvroKind.Boolean:
                _json.WriteBooleanValue(reader.Boolean());
                break;
            case AvroKind.Int:
                _json.WriteNumberValue(reader.Int());
                break;
            case AvroKind.Long:
                _json.WriteNumberValue(reader.Long());
                break;
            case AvroKind.Float:
                WriteNumber(reader.Float());
                break;
            case AvroKind.Double:
                WriteNumber(reader.Double());
                break;
            case AvroKind.Bytes:
                _json.WriteBase64StringValue(reader.Bytes());
                break;
            case AvroKind.Fixed:
                _json.WriteBase64StringValue(reader.Take(type.Size));
                break;
            case AvroKind.String:
                _json.WriteStringValue(Text(ref reader));
                break;
            case AvroKind.Enum:
                _json.WriteStringValue(type.Symbols[reader.Choice(type.Symbols.Length, "symbol")]);
                break;
            case AvroKind.Union:
                Write(ref reader, type.Branches[reader.Choice(type.Branches.Count, "branch of the union")], depth + 1);
                break;
            default:
                WriteNested(ref reader, type, depth);
                break;
        }
    }

    private void WriteNested(ref AvroReader reader, AvroType type, int depth)
    {
        if (type.Kind == AvroKind.Record)
        {
            _json.WriteStartObject();
            foreach (var field in type.Fields)
            {
                _json.WritePropertyName(field.Name);
                Write(ref reader, field.Type, depth + 1);
            }

            _json.WriteEndObject();
            return;
        }

        var isMap = type.Kind == AvroKind.Map;
        if (isMap)
        {
            _json.WriteStartObject();
        }
        else
        {
            _json.WriteStartArray();
        }

        for (var count = reader.Block(out _); count > 0; count = reader.Block(out _))
        {
            for (; count > 0; count--)
            {
                reader.Item();
                if (isMap)
                {
                    _json.WritePropertyName(Text(ref reader));
                }

                Write(ref reader, type.Items!, depth + 1);
            }
        }

        if (isMap)
        {
            _json.WriteEndObject();
        }
        else
        {
            _json.WriteEndArray();
        }
    }

    private void WriteMeaning(ref AvroReader reader, AvroType type)
    {
        Span<byte> text = stackalloc byte[64];
        switch (type.Meaning)
        {
            case AvroMeaning.Decimal:
                _json.WriteRawValue(ArrowDecimal.Format(reader.Decimal(type), type.Digits.Scale), skipInputValidation: true);
                break;
            case AvroMeaning.Uuid when type.Kind == AvroKind.Fixed:
                _json.WriteStringValue(text[..UuidText(reader.Take(type.Size), text)]);
                break;
            case AvroMeaning.Uuid:
                _json.WriteStringValue(Text(ref reader));
                break;
            case AvroMeaning.Date:
                var days = reader.Int();
                _json.WriteStringValue(text[..TextOfDate(days, text)]);
                break;
            case AvroMeaning.TimestampMillis:
                _json.WriteStringValue(text[..JsonValueWriter.Format(reader.Long(), TimeUnit.Millisecond, text)]);
                break;
            case AvroMeaning.TimestampMicros:
                _json.WriteStringValue(text[..JsonValueWriter.Format(reader.Long(), TimeUnit.Microsecond, text)]);
                break;
            case AvroMeaning.TimestampNanos:
                _json.WriteStringValue(text[..JsonValueWriter.Format(reader.Long(), TimeUnit.Nanosecond, text)]);
                break;
            default:
                var micros = type.Meaning == AvroMeaning.TimeMillis ? reader.Int() * 1_000L : reader.Long();
                _json.WriteStringValue(
                    micros is >= 0 and < 86_400_000_000 ? new TimeOnly(micros * 10).ToString("HH:mm:ss.ffffff", CultureInfo.InvariantCulture) : throw reader.Bad($"{micros} is no time of day"));
                break;
        }
    }

    /// <summary>A UUID of 16 bytes as text.</summary>
    public static int UuidText(ReadOnlySpan<byte> bytes, Span<byte> text) => Utf8Formatter.TryFormat(new Guid(bytes, bigEndian: true), text, out var length) ? length : 0;

    private static int TextOfDate(int days, Span<byte> text) =>
        (long)days + EpochDayNumber is var number && number >= 0 && number <= DateOnly.MaxValue.DayNumber
            && DateOnly.FromDayNumber((int)number).TryFormat(text, out var length, "yyyy-MM-dd", CultureInfo.InvariantCulture)
            ? length
            : Encoding.UTF8.GetBytes(days.ToString(CultureInfo.InvariantCulture), text);

    private void WriteNumber(double value)
    {
        if (double.IsFinite(value))
        {
            _json.WriteNumberValue(value);
        }
        else
        {
            _json.WriteNullValue();
        }
    }

    private void WriteNumber(float value)
    {
        if (float.IsFinite(value))
        {
            _json.WriteNumberValue(value);
        }
        else
        {
            _json.WriteNullValue();
        }
    }
}
