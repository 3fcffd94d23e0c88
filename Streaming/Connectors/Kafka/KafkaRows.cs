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
    private const string EventTimeKey = "(event time)";
    private const long MicrosPerMilli = 1_000;

    private readonly MetadataRows _metadata;
    private readonly MessageDecoder _decoder;
    private readonly KafkaField[] _fields;
    private readonly byte[] _topic;
    private readonly bool _hasTextKey;

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
    }

    public int HeldRowCount => _decoder.HeldRowCount;

    public void Add(KafkaArrival record, Action<BadRecordException> bad)
    {
        if (_hasTextKey && record.Key is not null && !Utf8.IsValid(record.Key))
        {
            bad(new BadRecordException("its key is no text of UTF-8; declare the column of METADATA FROM 'key' as BYTEA"));
            return;
        }

        _decoder.Add(record.Value, bad);
        while (_metadata.RowCount < _decoder.HeldRowCount)
        {
            for (var place = 0; place < _fields.Length; place++)
            {
                Append(_fields[place], _metadata.Column(place), record);
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

    private void Append(KafkaField field, ArrowArrayBuilder column, in KafkaArrival record)
    {
        switch (field)
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
        _ => throw new FlowException(FlowErrorCode.BadGraph, $"The Kafka source '{operatorId}' does not give '{key}' as {type.Name}."),
    };
}
