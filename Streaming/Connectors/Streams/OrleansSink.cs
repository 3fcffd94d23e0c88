using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Connectors.Streams;

/// <summary>
/// Publishes each row as an event of a stream of Orleans. A row is published before the next one is taken, so that all rows before a barrier are: each comes at least once, and those
/// behind the last checkpoint come again after a failure, since streams have no transactions.
/// </summary>
/// <param name="config">Where, and how rows are written.</param>
/// <param name="streams">The host's; null when it has none.</param>
public sealed class OrleansSink(OrleansSinkConfig config, IEventStreams? streams) : StreamOperator
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "orleans_sink";

    // Events and bytes that are published at once: a message of the runtime holds them.
    private const int EventsMax = 256;
    private const int BytesMax = 1 << 20;

    private readonly Dictionary<string, List<ReadOnlyMemory<byte>>> _events = new(StringComparer.Ordinal);
    private SinkRows? _rows;
    private string _id = "";
    private int _keyColumn = -1;
    private long _bytes;

    /// <inheritdoc/>
    public override ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        _id = context.OperatorId;
        if (config.Key.Length == 0 == (config.KeyColumn.Length == 0))
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"The sink '{_id}' of streams needs a key or a column of keys.");
        }

        return streams is null ? throw NoStreams($"Sink '{_id}' writes") : ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override async ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using var owned = batch;
        _rows ??= MakeRows(batch.Schema);
        for (var row = 0; row < batch.RowCount; row++)
        {
            var key = KeyOf(batch, row);
            if (!_events.TryGetValue(key, out var events))
            {
                _events[key] = events = [];
            }

            using var one = batch.Slice(row, 1);
            var record = _rows.Write(one).ToArray();
            events.Add(record);
            _bytes += record.Length;
            if (events.Count >= EventsMax || _bytes >= BytesMax)
            {
                await PublishAsync(cancellationToken);
            }
        }

        await PublishAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _rows?.Dispose();
        return base.DisposeAsync();
    }

    /// <summary>What to say where the host has no streams.</summary>
    internal static FlowException NoStreams(string who) => new(
        FlowErrorCode.Unsupported, $"{who} streams of Orleans, and this worker has none: it runs in a silo, or in a client of one whose host says UseOrleansStreams().");

    private SinkRows MakeRows(ArrowSchema schema)
    {
        var rows = config.Rows?.Clone() ?? new RowSinkConfig();
        rows.Format ??= new FormatConfig { Kind = FormatKind.Json };
        if (rows.Format.Framing == FramingKind.Unspecified)
        {
            rows.Format.Framing = FramingKind.None;
        }

        if (config.KeyColumn.Length > 0 && (_keyColumn = rows.Columns.Count > 0 ? rows.Columns.IndexOf(config.KeyColumn) : schema.TryIndexOf(config.KeyColumn)) < 0)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"The sink '{_id}' has its keys in column '{config.KeyColumn}'; its rows are ({schema}).");
        }

        return new SinkRows(rows, schema);
    }

    private string KeyOf(RecordBatch batch, int row) =>
        _keyColumn < 0 ? config.Key
        : !batch.Column(_keyColumn).IsNull(row) && ArrowFormatter.FormatValue(batch.Column(_keyColumn), row) is { Length: > 0 } key ? key
        : throw new FlowException(FlowErrorCode.BadInput, $"Sink '{_id}' has a row without a stream: its column '{config.KeyColumn}' is null or empty. Leave such rows out.");

    private async ValueTask PublishAsync(CancellationToken cancellationToken)
    {
        foreach (var (key, events) in _events)
        {
            var stream = new EventStreamName(config.Provider, config.Namespace, key, config.Event);
            try
            {
                await streams!.PublishAsync(stream, events, cancellationToken);
            }
            catch (Exception exception) when (exception is not (FlowException or OperationCanceledException))
            {
                throw new FlowException(FlowErrorCode.StoreUnavailable, $"Sink '{_id}' could not publish {events.Count} events to stream {stream}: {exception.Message}", exception);
            }
        }

        // Keys may be many: none is kept.
        _events.Clear();
        _bytes = 0;
    }
}
