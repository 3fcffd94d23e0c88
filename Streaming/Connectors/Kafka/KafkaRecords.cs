using System.Text;
using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Connectors.Kafka;

/// <summary>Makes a record of each row: its columns by the format, its key by a column, its time by the event time. Not thread-safe.</summary>
internal sealed class KafkaRecords : IDisposable
{
    private readonly SinkRows _rows;
    private readonly int _keyColumn = -1;
    private readonly int _timeColumn;

    /// <summary>Makes it for the rows that come.</summary>
    /// <exception cref="FlowException">The column of the key is not among them (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public KafkaRecords(KafkaSinkConfig config, ArrowSchema input, string operatorId)
    {
        var rows = config.Rows?.Clone() ?? new RowSinkConfig();
        rows.Format ??= new FormatConfig { Kind = FormatKind.Json };
        rows.Format.Framing = rows.Format.Framing == FramingKind.Unspecified ? FramingKind.None : rows.Format.Framing;
        _rows = new SinkRows(rows, input);
        _timeColumn = input.TryIndexOf(EventTime.Column) is var time and >= 0 && input.Fields[time].Type is TimestampType { Unit: TimeUnit.Microsecond } ? time : -1;

        // By the name that the table has for it, which may differ from the one that comes.
        if (config.KeyColumn.Length > 0 && (_keyColumn = _rows.Schema.TryIndexOf(config.KeyColumn)) < 0)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"The sink '{operatorId}' has its key in column '{config.KeyColumn}'; its rows are ({_rows.Schema}).");
        }
    }

    /// <summary>The record of a row; null: nothing is to be written.</summary>
    public KafkaRecord? Make(RecordBatch batch, int row)
    {
        using var one = batch.Slice(row, 1);
        var value = _rows.Write(one);
        var record = new KafkaRecord { Value = ByteString.CopyFrom(value.Span) };
        if (_keyColumn >= 0 && !one.Column(_keyColumn).IsNull(0))
        {
            record.Key = ByteString.CopyFrom(ArrowFormatter.FormatValue(one.Column(_keyColumn), 0), Encoding.UTF8);
        }

        if (_timeColumn >= 0 && !one.Column(_timeColumn).IsNull(0))
        {
            record.TimeMillis = Math.Max(0, one.Column<TimestampArray>(_timeColumn).Values[0] / 1_000);
        }

        return record;
    }

    public void Dispose() => _rows.Dispose();
}
