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
    private const long LookupBytesMaxMax = 1L << 40;

    public override string Name => "single_file";

    public override IReadOnlyList<ConnectorOption> Options { get; } =
    [
        FormatOptions.Type,
        new("path", "The file on the worker's machine. As a sink, subtask n > 0 writes to path.n. Required."),
        .. FormatOptions.All,
        new("lookup.file.max_bytes", "Lookup: bytes of memory that the rows of the file may take on each worker, for each subtask; 1 to 1099511627776. A larger file ends the job. Default 268435456."),
    ];

    public override IReadOnlyList<ConnectorMetadata> Metadata => FileMetadata.All;

    public override StreamOperatorPlan Source(CreateTableStatement table, ArrowSchema columns)
    {
        var options = OptionsOf(table, isSource: true);
        var path = options.Require("path", "/data/in.json");
        var config = new FileSourceConfig { Path = path, Format = FormatOptions.Read(options, path, TableMetadata.DataOf(table, columns)), Metadata = { TableMetadata.Of(table) } };
        return new StreamOperatorPlan(SingleFileSource.Kind, config) { Schema = columns, ParallelismMax = 1 };
    }

    public override StreamOperatorPlan Sink(CreateTableStatement table, ArrowSchema columns)
    {
        var options = OptionsOf(table, isSource: false);
        var path = options.Require("path", "/data/out.json");
        return new StreamOperatorPlan(SingleFileSink.Kind, new SingleFileSinkConfig { Path = path, Rows = FormatOptions.ReadSink(options, path, columns) });
    }

    public override StreamOperatorPlan Lookup(CreateTableStatement table, ArrowSchema columns)
    {
        var options = LookupOptionsOf(table);
        var path = options.Require("path", "/data/customers.csv");
        var format = FormatOptions.Read(options, path, columns);
        return format.Kind == FormatKind.DebeziumJson
            ? throw options.Bad("the option format is 'debezium_json', and rows that change are not looked up in a file")
            : new StreamOperatorPlan(FileLookup.Kind, new FileLookupConfig { Path = path, Format = format, RowsBytesMax = options.Whole("lookup.file.max_bytes", 0, 1, LookupBytesMaxMax) });
    }
}
