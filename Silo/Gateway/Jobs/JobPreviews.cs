using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.Sql.Statements;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Jobs.Previews;

namespace OrleansFlow.Silo.Gateway.Jobs;

/// <summary>Tables of jobs that people look at: sinks of the kind <c>preview</c>, each a live stream <c>JOB.TABLE</c>.</summary>
internal static class JobPreviews
{
    /// <summary>The table of a query that inserts nowhere.</summary>
    private const string QueryTable = "preview";

    private static readonly IReadOnlyList<StreamConnector> Writing = [.. KnownConnectors.All, new Connector()];
    private static readonly IReadOnlyList<StreamConnector> Shown = [.. KnownConnectors.All.Select(plain => new ShownConnector(plain)), new Connector()];

    /// <summary>How a text is planned.</summary>
    /// <param name="parallelism">Subtasks of each node.</param>
    /// <param name="showsAll">Whether nothing is written, and all that is inserted is looked at instead.</param>
    public static StreamPlanOptions Options(uint parallelism, bool showsAll) => new()
    {
        Parallelism = parallelism,
        Connectors = showsAll ? Shown : Writing,
        Preview = new StreamOperatorPlan(PreviewSink.Kind, null),
        PreviewConfig = static names => new PreviewConfig { Stream = QueryTable, Columns = { names } },
    };

    /// <summary>The live stream of a table.</summary>
    public static string StreamOf(string jobId, string table) => $"{jobId}.{table}";

    /// <summary>Makes every sink of a program a table that is looked at; nothing is written elsewhere then.</summary>
    public static void ShowAll(Program program)
    {
        foreach (var node in program.Nodes.Where(node => program.Edges.All(edge => edge.Source != node.Id)))
        {
            var sink = node.Chain[^1];
            var config = sink.Kind == PreviewSink.Kind ? PreviewSink.ConfigOf(sink.Id, sink.Config.Memory) : new PreviewConfig();
            if (sink.Kind != PreviewSink.Kind || (config.Stream.Length == 0 && config.Columns.Count > 0))
            {
                config.Stream = TableOf(sink.Id);
                (sink.Kind, sink.Config) = (PreviewSink.Kind, config.ToByteString());
            }
        }
    }

    /// <summary>Tells the tables that are looked at which streams they are.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: the name of a table cannot be part of a stream's.</exception>
    public static void Name(Program program, string jobId)
    {
        var hasQuery = false;
        foreach (var sink in program.Nodes.SelectMany(node => node.Chain).Where(one => one.Kind == PreviewSink.Kind))
        {
            var config = PreviewSink.ConfigOf(sink.Id, sink.Config.Memory);
            var table = config.Stream.Length == 0 ? sink.Id : config.Stream;
            if (table == QueryTable)
            {
                // A second query of the text has other columns: a stream of its own.
                (table, hasQuery) = (hasQuery ? sink.Id : table, true);
            }

            config.Stream = StreamOf(jobId, table);
            sink.Config = IdText.IsValid(config.Stream)
                ? config.ToByteString()
                : throw new FlowException(
                    FlowErrorCode.BadInput, $"Table '{table}' of job '{jobId}' cannot be looked at: '{config.Stream}' is no name of a live stream, which has at most {IdText.MaxLength} letters, digits, '_', '-' or '.'.");
        }
    }

    /// <summary>The table that a sink of a text writes: the planner numbers operators of one name.</summary>
    private static string TableOf(string id)
    {
        var dash = id.LastIndexOf('-');
        return dash > 0 && dash + 1 < id.Length && id.AsSpan(dash + 1).IndexOfAnyExceptInRange('0', '9') < 0 ? id[..dash] : id;
    }

    private static IEnumerable<string> NamesOf(ArrowSchema columns) => columns.Fields.Select(field => field.Name);

    private sealed class Connector : StreamConnector
    {
        public override string Name => PreviewSink.Kind;

        public override StreamOperatorPlan Sink(CreateTableStatement table, ArrowSchema columns)
        {
            OptionsOf(table, isSource: false);
            return new StreamOperatorPlan(PreviewSink.Kind, new PreviewConfig { Stream = table.Name, Columns = { NamesOf(columns) } });
        }

        public override bool TakesChanges(CreateTableStatement table) => true;
    }

    /// <summary>A connector whose tables are read as ever, and looked at instead of written: the names of their columns are only known while the text is planned.</summary>
    private sealed class ShownConnector(StreamConnector plain) : StreamConnector
    {
        public override string Name => plain.Name;

        public override IReadOnlyList<StreamColumn> DefaultColumns => plain.DefaultColumns;

        public override IReadOnlyList<ConnectorOption> Options => plain.Options;

        public override IReadOnlyList<ConnectorMetadata> Metadata => plain.Metadata;

        public override StreamOperatorPlan Source(CreateTableStatement table, ArrowSchema columns) => plain.Source(table, columns);

        /// <summary>What the table would be refused for, it is refused for here, too.</summary>
        public override StreamOperatorPlan Sink(CreateTableStatement table, ArrowSchema columns) =>
            plain.Sink(table, columns) with { Kind = PreviewSink.Kind, Config = new PreviewConfig { Columns = { NamesOf(columns) } } };

        public override StreamOperatorPlan Lookup(CreateTableStatement table, ArrowSchema columns) => plain.Lookup(table, columns);

        public override bool TakesChanges(CreateTableStatement table) => plain.TakesChanges(table);

        public override bool GivesChanges(CreateTableStatement table) => plain.GivesChanges(table);
    }
}
