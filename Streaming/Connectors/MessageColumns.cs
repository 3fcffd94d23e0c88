using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Connectors.Web;

namespace OrleansFlow.Streaming.Connectors;

/// <summary>What a message brings along besides its data; null: nothing of that kind.</summary>
internal readonly record struct MessageOrigin
{
    /// <summary>When it came, in microseconds since 1970, by the worker's clock.</summary>
    public long ReceivedMicros { get; init; }

    /// <summary>Where it came from, without a query.</summary>
    public string? Url { get; init; }

    /// <summary>The type of an event, or of a message of a WebSocket.</summary>
    public string? Type { get; init; }

    /// <summary>The id of an event.</summary>
    public string? Id { get; init; }

    /// <summary>The status of an answer.</summary>
    public int? Status { get; init; }

    /// <summary>The key of a stream.</summary>
    public string? Key { get; init; }

    /// <summary>The namespace of a stream.</summary>
    public string? Namespace { get; init; }

    /// <summary>The provider of a stream.</summary>
    public string? Provider { get; init; }
}

/// <summary>Rows of messages with what these bring along (<c>METADATA FROM</c>). Not thread-safe.</summary>
internal sealed class MessageColumns : IDisposable
{
    private const long MicrosPerMilli = 1_000;

    private readonly MetadataRows _rows;
    private readonly Action<MessageOrigin, ArrowArrayBuilder>[] _fill;

    /// <summary>Makes it.</summary>
    /// <param name="operatorId">The source, for messages.</param>
    /// <param name="schema">The rows of the source.</param>
    /// <param name="columns">Which of them are no part of the data; at least one.</param>
    /// <param name="allocator">Memory of batches.</param>
    /// <exception cref="FlowException">There is no such key, or not of that type (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public MessageColumns(string operatorId, ArrowSchema schema, IReadOnlyList<MetadataColumn> columns, ArrowAllocator allocator)
    {
        _rows = new MetadataRows(operatorId, schema, columns, allocator);
        try
        {
            _fill = [.. columns.Select(column => FillOf(operatorId, column.Key, schema.Field(column.Column).Type))];
        }
        catch
        {
            _rows.Dispose();
            throw;
        }
    }

    /// <summary>The columns that the data has.</summary>
    public ArrowSchema Data => _rows.Data;

    /// <summary>The rows that a message has added to the decoder get what it brings along.</summary>
    public void Fill(MessageDecoder decoder, in MessageOrigin origin)
    {
        while (_rows.RowCount < decoder.HeldRowCount)
        {
            for (var place = 0; place < _fill.Length; place++)
            {
                _fill[place](origin, _rows.Column(place));
            }
        }
    }

    /// <summary>The rows so far, which the caller owns; null for none.</summary>
    public RecordBatch? Build(MessageDecoder decoder)
    {
        using var values = _rows.Take(decoder.BadRows);
        using var data = decoder.Build();
        return data is null ? null : _rows.Join(data, values);
    }

    public void Dispose() => _rows.Dispose();

    private static Action<MessageOrigin, ArrowArrayBuilder> FillOf(string operatorId, string key, ArrowType type) => (key, type) switch
    {
        ("event" or "message_type", StringType { IsLarge: false }) => static (origin, column) => ((Utf8Builder)column).Append(origin.Type),
        ("id", StringType { IsLarge: false }) => static (origin, column) => ((Utf8Builder)column).Append(origin.Id),
        ("url", StringType { IsLarge: false }) => static (origin, column) => ((Utf8Builder)column).Append(origin.Url),
        ("key", StringType { IsLarge: false }) => static (origin, column) => ((Utf8Builder)column).Append(origin.Key),
        ("namespace", StringType { IsLarge: false }) => static (origin, column) => ((Utf8Builder)column).Append(origin.Namespace),
        ("provider", StringType { IsLarge: false }) => static (origin, column) => ((Utf8Builder)column).Append(origin.Provider),
        ("status", IntegerType { FixedBitWidth: 32, IsSigned: true }) => static (origin, column) => AppendStatus(origin.Status, column),
        ("received", TimestampType { Unit: TimeUnit.Microsecond }) => static (origin, column) => ((PrimitiveBuilder<long>)column).Append(origin.ReceivedMicros),
        ("received", IntegerType { FixedBitWidth: 64, IsSigned: true }) => static (origin, column) => ((PrimitiveBuilder<long>)column).Append(origin.ReceivedMicros / MicrosPerMilli),
        _ => throw new FlowException(FlowErrorCode.BadGraph, $"The source '{operatorId}' does not give '{key}' as {type.Name}."),
    };

    private static void AppendStatus(int? status, ArrowArrayBuilder column)
    {
        if (status is { } known)
        {
            ((PrimitiveBuilder<int>)column).Append(known);
        }
        else
        {
            column.AppendNull();
        }
    }
}
