using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.Sql.Statements;

namespace OrleansFlow.Streaming.Sql.Connectors;

/// <summary>A sink without options.</summary>
internal sealed class PlainConnector(string name, string kind) : StreamConnector
{
    public override string Name => name;

    public override IReadOnlyList<ConnectorOption> Options { get; } = [FormatOptions.Type];

    public override StreamOperatorPlan Sink(CreateTableStatement table, ArrowSchema columns)
    {
        OptionsOf(table, isSource: false);
        return new StreamOperatorPlan(kind, null);
    }

    public override bool TakesChanges(CreateTableStatement table) => true;
}
