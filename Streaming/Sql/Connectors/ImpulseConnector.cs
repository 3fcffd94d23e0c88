using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.Sql.Statements;

namespace OrleansFlow.Streaming.Sql.Connectors;

/// <summary>Tables of numbers.</summary>
internal sealed class ImpulseConnector : StreamConnector
{
    public override string Name => "impulse";

    public override IReadOnlyList<StreamColumn> DefaultColumns { get; } = [new("counter", "BIGINT"), new("subtask_index", "BIGINT")];

    public override IReadOnlyList<ConnectorOption> Options { get; } =
    [
        FormatOptions.Type,
        new("event_rate", "Rows a second over all subtasks. Default 0: as fast as they are taken."),
        new("message_count", "Rows over all subtasks. Default 0: without end."),
        new("event_time_interval_ms", "Event time between two rows, in milliseconds. Default: the time of the machine."),
        new("start_time_micros", "Event time of the first row in microseconds since 1970, with an interval. Default 0."),
    ];

    public override StreamOperatorPlan Source(CreateTableStatement table, ArrowSchema columns)
    {
        var options = OptionsOf(table, isSource: true);
        var own = ImpulseSource.Schema.Fields.Take(ImpulseSource.Schema.Fields.Count - 1);
        if (!columns.Fields.Select(field => (field.Name, field.Type)).SequenceEqual(own.Select(field => (field.Name, field.Type))))
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Table '{table.Name}' of connector impulse has the columns counter BIGINT, subtask_index BIGINT, or none that are written down.");
        }

        var config = new ImpulseConfig { EventRate = options.Number("event_rate"), MessageCount = (long)options.Number("message_count") };
        if (options.Has("event_time_interval_ms"))
        {
            config.EventTimeIntervalMicros = (long)(options.Number("event_time_interval_ms") * 1_000);
            config.StartTimeMicros = (long)options.Number("start_time_micros");
        }

        return new StreamOperatorPlan(ImpulseSource.Kind, config) { Schema = ImpulseSource.Schema };
    }
}
