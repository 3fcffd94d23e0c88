using System.Text.Json;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats;

namespace OrleansFlow.Streaming.Connectors.Web;

/// <summary>Makes rows from whole messages: each is one record, or several by the framing. Not thread-safe.</summary>
internal sealed class MessageDecoder : IDisposable
{
    private readonly FormatConfig _format;
    private readonly RowDecoder _decoder;

    /// <summary>Makes one.</summary>
    /// <exception cref="Errors.FlowException">The rows do not fit the format.</exception>
    public MessageDecoder(FormatConfig format, ArrowSchema schema, ArrowAllocator allocator)
    {
        _format = format;
        _decoder = RowFormats.Decoder(format, schema, allocator);
        RecordBytesMax = format.RecordBytesMax > 0 ? format.RecordBytesMax : RowFormats.DefaultRecordBytesMax;
    }

    /// <summary>Most bytes of a message.</summary>
    public int RecordBytesMax { get; }

    /// <summary>Rows that it holds.</summary>
    public int HeldRowCount => _decoder.HeldRowCount;

    /// <summary>Those of them that are left out, ascending.</summary>
    public IReadOnlyList<int> BadRows => _decoder.BadRows;

    /// <summary>Adds the rows of a message.</summary>
    /// <param name="message">All of it.</param>
    /// <param name="bad">Told of each record that cannot be read.</param>
    public void Add(ReadOnlySpan<byte> message, Action<BadRecordException> bad)
    {
        if (_format.Kind is FormatKind.Json or FormatKind.JsonValue or FormatKind.DebeziumJson or FormatKind.Csv && _format.Framing != FramingKind.Length && message.StartsWith("\uFEFF"u8))
        {
            // A mark of the encoding is no part of the text.
            message = message[3..];
        }

        switch (_format.Framing)
        {
            case FramingKind.JsonArray:
                AddElements(message, bad);
                break;
            case FramingKind.None or FramingKind.Unspecified when _format.Kind != FormatKind.Csv:
                AddOne(message, bad);
                break;
            default:
                AddFramed(message, bad);
                break;
        }
    }

    /// <summary>The rows so far, which the caller owns; null for none.</summary>
    public RecordBatch? Build() => _decoder.Build();

    public void Dispose() => _decoder.Dispose();

    private void AddOne(ReadOnlySpan<byte> record, Action<BadRecordException> bad)
    {
        try
        {
            _decoder.Add(record);
        }
        catch (BadRecordException exception)
        {
            bad(exception);
        }
    }

    private void AddFramed(ReadOnlySpan<byte> message, Action<BadRecordException> bad)
    {
        var framer = RowFormats.Framer(_format);
        var isHeader = _decoder is CsvRowDecoder && !_format.CsvHasNoHeader;
        try
        {
            while (framer.TryFind(message, isEnd: true, out var frame))
            {
                var record = message.Slice(frame.Start, frame.Length);
                message = message[frame.Taken..];
                if (isHeader)
                {
                    // Without names nothing of the message can be read.
                    ((CsvRowDecoder)_decoder).ReadHeader(record);
                    isHeader = false;
                    continue;
                }

                AddOne(record, bad);
            }
        }
        catch (BadRecordException exception)
        {
            bad(exception);
        }
    }

    private void AddElements(ReadOnlySpan<byte> message, Action<BadRecordException> bad)
    {
        try
        {
            var json = new Utf8JsonReader(message);
            if (!json.Read() || json.TokenType != JsonTokenType.StartArray)
            {
                throw new BadRecordException("it is no JSON array, as framing.method = 'json_array' asks for");
            }

            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            {
                var start = (int)json.TokenStartIndex;
                json.Skip();
                AddOne(message[start..(int)json.BytesConsumed], bad);
            }

            // Throws when something follows.
            json.Read();
        }
        catch (JsonException exception)
        {
            bad(new BadRecordException($"it is no JSON: {exception.Message}"));
        }
        catch (BadRecordException exception)
        {
            bad(exception);
        }
    }
}
