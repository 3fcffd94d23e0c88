using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Connectors.Streams;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.Sql.Statements;

namespace OrleansFlow.Streaming.Sql.Connectors;

/// <summary>Tables of the events of streams of Orleans.</summary>
internal sealed class OrleansConnector : StreamConnector
{
    private const int KeysMax = 10_000;

    public override string Name => "orleans";

    public override IReadOnlyList<ConnectorOption> Options { get; } =
    [
        FormatOptions.Type,
        new("provider", "The stream provider, by its name in the host of the worker. Required."),
        new("namespace", "The namespace of the streams. Default none."),
        new("key", "The key of the stream, as text; of a Guid its 32 hexadecimal digits. Source: keys between commas, at most 10000, each read by one subtask. Required, but of a sink with key.column."),
        new("key.column", "Sink: the column that holds the key of the stream of each row. Default none."),
        new("event", "What the events are: bytes, text, or a kind that the host of the worker adds. Default bytes."),
        new("on_gap", "Source: what becomes of a job that misses events, since the provider keeps them no longer: fail, or skip, which is reported. Default fail."),
        .. FormatOptions.All,
    ];

    public override IReadOnlyList<ConnectorMetadata> Metadata { get; } =
    [
        new("key", [ArrowType.Utf8], "The key of the stream that the event came by."),
        new("namespace", [ArrowType.Utf8], "Its namespace; null: it has none."),
        new("provider", [ArrowType.Utf8], "Its provider."),
        WebOptions.Received,
    ];

    public override StreamOperatorPlan Source(CreateTableStatement table, ArrowSchema columns)
    {
        var options = OptionsOf(table, isSource: true);
        var keys = options.Require("key", "device-1").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal).ToList();
        if (keys.Count is 0 or > KeysMax || options.Has("key.column"))
        {
            throw options.Bad($"a source has the option key, with 1 to {KeysMax} keys between commas, and not key.column");
        }

        var config = new OrleansSourceConfig
        {
            Provider = options.Require("provider", "Default"),
            Namespace = options.Text("namespace"),
            Keys = { keys },
            Event = options.Text("event", "bytes"),
            Format = FormatOptions.Read(options, null, TableMetadata.DataOf(table, columns), isMessage: true),
            Metadata = { TableMetadata.Of(table) },
            SkipsGaps = options.OneOf("on_gap", false, ("fail", false), ("skip", true)),
        };
        return new StreamOperatorPlan(OrleansSource.Kind, config) { Schema = columns, ParallelismMax = (uint)keys.Count };
    }

    public override StreamOperatorPlan Sink(CreateTableStatement table, ArrowSchema columns)
    {
        var options = OptionsOf(table, isSource: false);
        if (options.Has("key") == options.Has("key.column") || options.Has("on_gap"))
        {
            throw options.Bad("a sink has one of the options key and key.column, and no on_gap");
        }

        if (options.Has("key.column") && columns.TryIndexOf(options.Text("key.column")) < 0)
        {
            throw options.Bad($"the option key.column is '{options.Text("key.column")}'; the table has the columns: {string.Join(", ", columns.Fields.Select(field => field.Name))}");
        }

        return new StreamOperatorPlan(OrleansSink.Kind, new OrleansSinkConfig
        {
            Provider = options.Require("provider", "Default"),
            Namespace = options.Text("namespace"),
            Key = options.Has("key") ? options.Require("key", "device-1") : "",
            KeyColumn = options.Text("key.column"),
            Event = options.Text("event", "bytes"),
            Rows = FormatOptions.ReadSink(options, null, columns, isMessage: true),
        });
    }
}
