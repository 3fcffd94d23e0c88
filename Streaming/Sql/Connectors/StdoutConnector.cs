using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.Sql.Statements;

namespace OrleansFlow.Streaming.Sql.Connectors;

/// <summary>Tables that are shown on the standard output of the worker.</summary>
internal sealed class StdoutConnector : StreamConnector
{
    public override string Name => "stdout";

    public override IReadOnlyList<ConnectorOption> Options { get; } = [FormatOptions.Type, .. FormatOptions.All];

    public override StreamOperatorPlan Sink(CreateTableStatement table, ArrowSchema columns) =>
        new(StdoutSink.Kind, FormatOptions.ReadSink(OptionsOf(table, isSource: false), null, columns));
}
