using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Connectors.Nexmark;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.Sql.Statements;

namespace OrleansFlow.Streaming.Sql.Connectors;

/// <summary>Tables of the events of an auction house.</summary>
internal sealed class NexmarkConnector : StreamConnector
{
    private const long DefaultRate = 10_000;
    private const double MicrosPerSecond = 1_000_000;

    public override string Name => "nexmark";

    public override IReadOnlyList<StreamColumn> DefaultColumns { get; } =
    [
        new("person", "STRUCT(id BIGINT, name TEXT, email_address TEXT, credit_card TEXT, city TEXT, state TEXT, datetime TIMESTAMP, extra TEXT)"),
        new("auction", "STRUCT(id BIGINT, item_name TEXT, description TEXT, initial_bid BIGINT, reserve BIGINT, datetime TIMESTAMP, expires TIMESTAMP, seller BIGINT, category BIGINT, extra TEXT)"),
        new("bid", "STRUCT(auction BIGINT, bidder BIGINT, price BIGINT, channel TEXT, url TEXT, datetime TIMESTAMP, extra TEXT)"),
    ];

    public override IReadOnlyList<ConnectorOption> Options { get; } =
    [
        FormatOptions.Type,
        new("event_rate", "Events a second over all subtasks. Default 0: as fast as they are taken, with event times of 10000 a second."),
        new("message_count", "Events over all subtasks. Default 0: without end."),
        new("seed", "Which events: the same ones in each run of a seed. Default 0."),
        new("start_time_micros", "Event time of the first event in microseconds since 1970. Default: the time of the first start."),
    ];

    public override StreamOperatorPlan Source(CreateTableStatement table, ArrowSchema columns)
    {
        var options = OptionsOf(table, isSource: true);
        if (!columns.Fields.Select(field => (field.Name, field.Type)).SequenceEqual(NexmarkSource.Schema.Fields.Take(columns.Fields.Count).Select(field => (field.Name, field.Type))) || columns.Fields.Count != DefaultColumns.Count)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Table '{table.Name}' of connector nexmark has columns of its own; write none down.");
        }

        var rate = options.Number("event_rate");
        var config = new NexmarkConfig
        {
            EventRate = rate,
            EventCount = options.Whole("message_count"),
            Seed = options.Whole("seed", 0, long.MinValue),
            EventTimeIntervalMicros = Math.Max(1, (long)(MicrosPerSecond / (rate > 0 ? rate : DefaultRate))),
        };
        if (options.Has("start_time_micros"))
        {
            config.StartTimeMicros = options.Whole("start_time_micros");
        }

        return new StreamOperatorPlan(NexmarkSource.Kind, config) { Schema = NexmarkSource.Schema };
    }
}
