using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Connectors.Web;
using OrleansFlow.Streaming.Formats;

namespace OrleansFlow.Streaming.Connectors.Kafka;

/// <summary>Makes rows from records; the time of each record is behind its rows. Not thread-safe.</summary>
internal sealed class KafkaRows : IDisposable
{
    private readonly ArrowSchema _schema;
    private readonly ArrowAllocator _allocator;
    private readonly MessageDecoder _decoder;

    // One for each row that the decoder holds, those of bad records among them.
    private readonly List<long> _times = [];

    /// <summary>Makes it.</summary>
    /// <param name="format">How records are written.</param>
    /// <param name="schema">The rows, the event time last.</param>
    /// <param name="allocator">Memory.</param>
    public KafkaRows(FormatConfig format, ArrowSchema schema, ArrowAllocator allocator)
    {
        (_schema, _allocator) = (schema, allocator);
        _decoder = new MessageDecoder(format, new ArrowSchema([.. schema.Fields.Take(schema.Fields.Count - 1)]), allocator);
    }

    public int HeldRowCount => _decoder.HeldRowCount;

    public void Add(KafkaArrival record, Action<BadRecordException> bad)
    {
        _decoder.Add(record.Value, bad);
        while (_times.Count < _decoder.HeldRowCount)
        {
            _times.Add(record.TimeMicros);
        }
    }

    /// <summary>The rows so far, which the caller owns; null for none.</summary>
    public RecordBatch? Build()
    {
        using var builder = new TimestampBuilder((TimestampType)_schema.Fields[^1].Type, _allocator);
        var (bad, next) = (_decoder.BadRows, 0);
        for (var row = 0; row < _times.Count; row++)
        {
            if (next < bad.Count && bad[next] == row)
            {
                next++;
                continue;
            }

            builder.Append(_times[row]);
        }

        _times.Clear();
        if (_decoder.Build() is not { } batch)
        {
            return null;
        }

        // The new batch takes over the references of the old one.
        return new RecordBatch(_schema, [.. batch.Columns, builder.Build()], batch.RowCount);
    }

    public void Dispose() => _decoder.Dispose();
}
