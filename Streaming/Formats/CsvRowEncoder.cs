using System.Buffers;
using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;

namespace OrleansFlow.Streaming.Formats;

/// <summary>Fields between delimiters, by RFC 4180; a null is an unquoted field, text that could be taken for one is quoted.</summary>
internal sealed class CsvRowEncoder : RowEncoder
{
    private readonly ArrowSchema _schema;
    private readonly FormatConfig _format;
    private readonly byte _delimiter;
    private readonly byte[] _null;
    private readonly byte[] _text = new byte[64];
    private readonly SearchValues<byte> _special;

    public CsvRowEncoder(ArrowSchema schema, FormatConfig format)
    {
        if (schema.Fields.FirstOrDefault(field => field.Type.Children.Count > 0) is { } nested)
        {
            throw new FlowException(FlowErrorCode.Unsupported, $"Column '{nested.Name}' is of type {nested.Type.Name}, which CSV does not hold. Cast it to TEXT in the query, or write JSON.");
        }

        (_schema, _format) = (schema, format);
        _delimiter = CsvRowDecoder.DelimiterOf(format);
        _null = Encoding.UTF8.GetBytes(format.CsvNull);
        _special = SearchValues.Create([_delimiter, (byte)'"', (byte)'\r', (byte)'\n']);
    }

    public override void EncodeHead(IBufferWriter<byte> target)
    {
        if (!_format.CsvHasNoHeader)
        {
            for (var i = 0; i < _schema.Fields.Count; i++)
            {
                WriteDelimiter(i, target);
                WriteField(Encoding.UTF8.GetBytes(_schema.Fields[i].Name), target);
            }

            target.Write("\n"u8);
        }
    }

    public override void Encode(RecordBatch batch, int row, IBufferWriter<byte> target)
    {
        for (var i = 0; i < batch.ColumnCount; i++)
        {
            WriteDelimiter(i, target);
            var column = batch.Column(i);
            if (column.IsNull(row))
            {
                target.Write(_null);
            }
            else
            {
                WriteValue(column, row, target);
            }
        }
    }

    private void WriteValue(ArrowArray column, int row, IBufferWriter<byte> target)
    {
        switch (column)
        {
            case TextArray text:
                WriteField(text.GetUtf8(row), target);
                break;
            case Int64Array numbers:
                numbers.Values[row].TryFormat(_text, out var written, default, System.Globalization.CultureInfo.InvariantCulture);
                WriteField(_text.AsSpan(0, written), target);
                break;
            case TimestampArray instants:
                WriteField(_text.AsSpan(0, JsonValueWriter.Format(instants.Values[row], instants.Unit, _text)), target);
                break;
            case VariableBinaryArray bytes:
                WriteField(Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes.GetBytes(row))), target);
                break;
            case Time64Array { Unit: TimeUnit.Microsecond } times:
                WriteField(Encoding.ASCII.GetBytes(new TimeOnly(times.Values[row] * 10).ToString("HH:mm:ss.ffffff", System.Globalization.CultureInfo.InvariantCulture)), target);
                break;
            default:
                WriteField(Encoding.UTF8.GetBytes(ArrowFormatter.FormatValue(column, row)), target);
                break;
        }
    }

    private void WriteDelimiter(int place, IBufferWriter<byte> target)
    {
        if (place > 0)
        {
            target.GetSpan(1)[0] = _delimiter;
            target.Advance(1);
        }
    }

    private void WriteField(ReadOnlySpan<byte> text, IBufferWriter<byte> target)
    {
        if (text.IndexOfAny(_special) < 0 && !text.SequenceEqual(_null))
        {
            target.Write(text);
            return;
        }

        target.Write("\""u8);
        foreach (var one in text)
        {
            target.Write(one == '"' ? "\"\""u8 : [one]);
        }

        target.Write("\""u8);
    }
}
