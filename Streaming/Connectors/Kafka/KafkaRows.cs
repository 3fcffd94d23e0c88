using System.Text;
using System.Text.Unicode;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Connectors.Web;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Connectors.Kafka;

/// <summary>Makes rows from records; the time of each record is behind its rows. Not thread-safe.</summary>
internal sealed class KafkaRows : IDisposable
{
    /// <summary>What keys of a single header begin with.</summary>
    public const string HeaderPrefix = "header:";

    private const string EventTimeKey = "(event time)";
    private const long MicrosPerMilli = 1_000;

    private readonly MetadataRows _metadata;
    private readonly MessageDecoder _decoder;
    private readonly KafkaField[] _fields;
    private readonly byte[] _topic;
    private readonly bool _hasTextKey;

    // The names of single headers, by the place of their column; null for what is none.
    private readonly string?[] _headers;
    private readonly string[] _textHeaders;

    /// <summary>Makes it.</summary>
    /// <param name="operatorId">The source, for messages.</param>
    /// <param name="config">How records are written, and what of them is no part of the data.</param>
    /// <param name="schema">The rows, the event time last.</param>
    /// <param name="allocator">Memory.</param>
    /// <exception cref="FlowException">The rows do not fit (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public KafkaRows(string operatorId, KafkaSourceConfig config, ArrowSchema schema, ArrowAllocator allocator)
    {
        _metadata = new MetadataRows(operatorId, schema, [.. config.Metadata, new MetadataColumn { Column = EventTime.Column, Key = EventTimeKey }], allocator);
        _fields = [.. _metadata.Keys.Select((key, place) => FieldOf(operatorId, key, _metadata.Column(place).Type))];
        _hasTextKey = _fields.Contains(KafkaField.KeyText);
        _headers = [.. _metadata.Keys.Select(key => key.StartsWith(HeaderPrefix, StringComparison.Ordinal) ? key[HeaderPrefix.Length..] : null)];
        _textHeaders = [.. _headers.Where((name, place) => name is not null && _fields[place] == KafkaField.HeaderText).OfType<string>().Distinct(StringComparer.Ordinal)];
        _topic = Encoding.UTF8.GetBytes(config.Client.Topic);
        _decoder = new MessageDecoder(config.Format, _metadata.Data, allocator);
    }

    /// <summary>What a column holds that is no part of the data.</summary>
    private enum KafkaField
    {
        Topic = 0,
        Partition = 1,
        Offset = 2,
        TimeMicros = 3,
        TimeMillis = 4,
        KeyText = 5,
        KeyBytes = 6,
        Headers = 7,
        HeaderText = 8,
        HeaderBytes = 9,
    }

    public int HeldRowCount => _decoder.HeldRowCount;

    public void Add(KafkaArrival record, Action<BadRecordException> bad)
    {
        if (_hasTextKey && record.Key is not null && !Utf8.IsValid(record.Key))
        {
            bad(new BadRecordException("its key is no text of UTF-8; declare the column of METADATA FROM 'key' as BYTEA"));
            return;
        }

        foreach (var name in _textHeaders)
        {
            if (KafkaHeaders.Last(record.Headers, name) is { } value && !Utf8.IsValid(value))
            {
                bad(new BadRecordException($"its header '{name}' is no text of UTF-8; declare the column of METADATA FROM '{HeaderPrefix}{name}' as BYTEA"));
                return;
            }
        }

        _decoder.Add(record.Value, bad);
        while (_metadata.RowCount < _decoder.HeldRowCount)
        {
            for (var place = 0; place < _fields.Length; place++)
            {
                Append(place, _metadata.Column(place), record);
            }
        }
    }

    /// <summary>The rows so far, which the caller owns; null for none.</summary>
    public RecordBatch? Build()
    {
        using var values = _metadata.Take(_decoder.BadRows);
        using var data = _decoder.Build();
        return data is null ? null : _metadata.Join(data, values);
    }

    public void Dispose()
    {
        _decoder.Dispose();
        _metadata.Dispose();
    }

    private void Append(int place, ArrowArrayBuilder column, in KafkaArrival record)
    {
        switch (_fields[place])
        {
            case KafkaField.Topic:
                ((VariableBinaryBuilder)column).Append(_topic);
                break;
            case KafkaField.Partition:
                ((PrimitiveBuilder<int>)column).Append(record.Partition);
                break;
            case KafkaField.Offset:
                ((PrimitiveBuilder<long>)column).Append(record.NextOffset - 1);
                break;
            case KafkaField.TimeMicros:
                ((PrimitiveBuilder<long>)column).Append(record.TimeMicros);
                break;
            case KafkaField.TimeMillis:
                ((PrimitiveBuilder<long>)column).Append(record.TimeMicros / MicrosPerMilli);
                break;
            case KafkaField.KeyText or KafkaField.KeyBytes when record.Key is { } key:
                ((VariableBinaryBuilder)column).Append(key);
                break;
            case KafkaField.Headers:
                ((VariableBinaryBuilder)column).Append(KafkaHeaders.Json(record.Headers).Span);
                break;
            case KafkaField.HeaderText or KafkaField.HeaderBytes when KafkaHeaders.Last(record.Headers, _headers[place]!) is { } value:
                ((VariableBinaryBuilder)column).Append(value);
                break;
            default:
                column.AppendNull();
                break;
        }
    }

    private static KafkaField FieldOf(string operatorId, string key, ArrowType type) => (key, type) switch
    {
        ("topic", StringType { IsLarge: false }) => KafkaField.Topic,
        ("partition", IntegerType { FixedBitWidth: 32, IsSigned: true }) => KafkaField.Partition,
        ("offset" or "offset_id", IntegerType { FixedBitWidth: 64, IsSigned: true }) => KafkaField.Offset,
        ("timestamp" or EventTimeKey, TimestampType { Unit: TimeUnit.Microsecond }) => KafkaField.TimeMicros,
        ("timestamp", IntegerType { FixedBitWidth: 64, IsSigned: true }) => KafkaField.TimeMillis,
        ("key", StringType { IsLarge: false }) => KafkaField.KeyText,
        ("key", BinaryType { IsLarge: false }) => KafkaField.KeyBytes,
        ("headers", StringType { IsLarge: false }) => KafkaField.Headers,
        (_, StringType { IsLarge: false }) when IsHeader(key) => KafkaField.HeaderText,
        (_, BinaryType { IsLarge: false }) when IsHeader(key) => KafkaField.HeaderBytes,
        _ => throw new FlowException(FlowErrorCode.BadGraph, $"The Kafka source '{operatorId}' does not give '{key}' as {type.Name}."),
    };

    private static bool IsHeader(string key) => key.Length > HeaderPrefix.Length && key.StartsWith(HeaderPrefix, StringComparison.Ordinal);
}
