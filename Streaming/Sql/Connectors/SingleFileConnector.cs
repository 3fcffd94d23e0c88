using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.Connectors.Files;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.Sql.Statements;

namespace OrleansFlow.Streaming.Sql.Connectors;

/// <summary>Tables of one file.</summary>
internal sealed class SingleFileConnector : StreamConnector
{
    public override string Name => "single_file";

    public override IReadOnlyList<ConnectorOption> Options { get; } =
    [
        FormatOptions.Type,
        new("path", "The file on the worker's machine. As a sink, subtask n > 0 writes to path.n. Required."),
        .. FormatOptions.All,
    ];

    public override StreamOperatorPlan Source(CreateTableStatement table, ArrowSchema columns)
    {
        var options = OptionsOf(table, isSource: true);
        var path = options.Require("path", "/data/in.json");
        var config = new FileSourceConfig { Path = path, Format = FormatOptions.Read(options, path, columns) };
        return new StreamOperatorPlan(SingleFileSource.Kind, config) { Schema = columns, ParallelismMax = 1 };
    }

    public override StreamOperatorPlan Sink(CreateTableStatement table, ArrowSchema columns)
    {
        var options = OptionsOf(table, isSource: false);
        var path = options.Require("path", "/data/out.json");
        return new StreamOperatorPlan(SingleFileSink.Kind, new SingleFileSinkConfig { Path = path, Rows = FormatOptions.ReadSink(options, path, columns) });
    }
}
