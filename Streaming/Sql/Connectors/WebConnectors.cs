using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Connectors.Web;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.Sql.Statements;

namespace OrleansFlow.Streaming.Sql.Connectors;

/// <summary>Tables of the answers to a request that is made again and again.</summary>
internal sealed class HttpPollingConnector : StreamConnector
{
    public override string Name => "http_polling";

    public override IReadOnlyList<ConnectorOption> Options { get; } =
    [
        FormatOptions.Type, .. WebOptions.Endpoint, WebOptions.Method, new("body", "What is sent, as JSON unless a header says otherwise. Default nothing."), .. WebOptions.Cursor,
        new("poll_interval", "From an answer to the next request, 1 ms to 1 hour; with a cursor the request behind an answer with rows is made at once. Default 1 second."),
        new("emit_behavior", "all: each answer is read; changed: one of the same bytes as the one before is passed over. Default all."),
        .. FormatOptions.All,
    ];

    public override IReadOnlyList<ConnectorMetadata> Metadata { get; } =
    [
        WebOptions.Url,
        new("status", [ArrowType.Int32], "The HTTP status of the answer, such as 200."),
        WebOptions.Received,
    ];

    public override StreamOperatorPlan Source(CreateTableStatement table, ArrowSchema columns)
    {
        var options = OptionsOf(table, isSource: true);
        var endpoint = WebOptions.Read(options, "https://example.org/rows", "http", "https");
        var data = TableMetadata.DataOf(table, columns);
        var config = new HttpPollingConfig
        {
            Endpoint = endpoint,
            Format = FormatOptions.Read(options, null, data, isMessage: true),
            Metadata = { TableMetadata.Of(table) },
            Cursor = WebOptions.ReadCursor(options, data, endpoint.Url, endpoint.Body),
            IntervalMicros = WebOptions.Micros(options, "poll_interval"),
            EmitsChangedOnly = options.OneOf("emit_behavior", false, ("all", false), ("changed", true)),
        };
        return new StreamOperatorPlan(HttpPollingSource.Kind, config) { Schema = columns, ParallelismMax = 1 };
    }
}

/// <summary>Tables of server-sent events.</summary>
internal sealed class SseConnector : StreamConnector
{
    public override string Name => "sse";

    public override IReadOnlyList<ConnectorOption> Options { get; } =
    [
        FormatOptions.Type, .. WebOptions.Endpoint,
        new("events", "Types of events that are read, between commas. Default all."),
        new("idle_timeout", "A connection on which nothing comes for so long is made anew, 1 ms to 1 hour. Default 5 minutes."),
        .. FormatOptions.All,
    ];

    public override IReadOnlyList<ConnectorMetadata> Metadata { get; } =
    [
        new("event", [ArrowType.Utf8], "The type of the event; message where it names none."),
        new("id", [ArrowType.Utf8], "The id of the event, or the last one before it; null: there was none."),
        WebOptions.Url,
        WebOptions.Received,
    ];

    public override StreamOperatorPlan Source(CreateTableStatement table, ArrowSchema columns)
    {
        var options = OptionsOf(table, isSource: true);
        var config = new SseConfig
        {
            Endpoint = WebOptions.Read(options, "https://example.org/events", "http", "https"),
            Format = FormatOptions.Read(options, null, TableMetadata.DataOf(table, columns), isMessage: true),
            Metadata = { TableMetadata.Of(table) },
            Events = { options.Text("events").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) },
            IdleTimeoutMicros = WebOptions.Micros(options, "idle_timeout"),
        };
        return new StreamOperatorPlan(SseSource.Kind, config) { Schema = columns, ParallelismMax = 1 };
    }
}

/// <summary>Tables of the messages of a WebSocket.</summary>
internal sealed class WebSocketConnector : StreamConnector
{
    public override string Name => "websocket";

    public override IReadOnlyList<ConnectorOption> Options { get; } =
    [
        FormatOptions.Type, .. WebOptions.Endpoint,
        new("subscription_message", "What is sent, as a text, when a connection is open. Default nothing."),
        .. WebOptions.Cursor, .. FormatOptions.All,
    ];

    public override IReadOnlyList<ConnectorMetadata> Metadata { get; } =
    [
        WebOptions.Url,
        new("message_type", [ArrowType.Utf8], "text or binary."),
        WebOptions.Received,
    ];

    public override StreamOperatorPlan Source(CreateTableStatement table, ArrowSchema columns)
    {
        var options = OptionsOf(table, isSource: true);
        var endpoint = WebOptions.Read(options, "wss://example.org/feed", "ws", "wss");
        var data = TableMetadata.DataOf(table, columns);
        var config = new WebSocketConfig
        {
            Endpoint = endpoint,
            Format = FormatOptions.Read(options, null, data, isMessage: true),
            Metadata = { TableMetadata.Of(table) },
            Cursor = WebOptions.ReadCursor(options, data, endpoint.Url, options.Text("subscription_message")),
        };
        if (options.Has("subscription_message"))
        {
            config.Messages.Add(options.Text("subscription_message"));
        }

        return new StreamOperatorPlan(WebSocketSource.Kind, config) { Schema = columns, ParallelismMax = 1 };
    }
}

/// <summary>Tables whose rows are sent to a service.</summary>
internal sealed class WebhookConnector : StreamConnector
{
    private const int InFlightMaxMax = 1_000;
    private const int BatchRowsMax = 100_000;

    public override string Name => "webhook";

    public override IReadOnlyList<ConnectorOption> Options { get; } =
    [
        FormatOptions.Type, .. WebOptions.Endpoint, WebOptions.Method,
        new("in_flight.max", "Requests of a subtask under way at once, 1 to 1000; 1 keeps the order of rows. Default 8."),
        new("batch.rows", "Rows of a request at most, 1 to 100000; they are framed by newlines unless framing.method = 'json_array'. Default 1."),
        .. FormatOptions.All,
    ];

    public override StreamOperatorPlan Sink(CreateTableStatement table, ArrowSchema columns)
    {
        var options = OptionsOf(table, isSource: false);
        return new StreamOperatorPlan(WebhookSink.Kind, new WebhookConfig
        {
            Endpoint = WebOptions.Read(options, "https://example.org/rows", "http", "https"),
            Rows = FormatOptions.ReadSink(options, null, columns, isMessage: true),
            InFlightMax = (int)options.Whole("in_flight.max", 0, 1, InFlightMaxMax),
            BatchRows = (int)options.Whole("batch.rows", 0, 1, BatchRowsMax),
        });
    }
}
