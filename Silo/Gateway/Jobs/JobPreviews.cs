using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.Sql.Statements;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Jobs.Previews;

namespace OrleansFlow.Silo.Gateway.Jobs;

/// <summary>Tables of jobs that people look at: sinks of the kind <c>preview</c>, each a live stream <c>JOB.TABLE</c>.</summary>
internal static class JobPreviews
{
    /// <summary>A query that inserts nowhere, and tables with <c>connector = 'preview'</c>.</summary>
    /// <remarks>It says its table itself: without, the planner would tell the sink the names of columns, and the last of them would be read as the stream.</remarks>
    public static readonly StreamOperatorPlan Plan = new(PreviewSink.Kind, new StringValue { Value = QueryTable });

    /// <summary>The table of a query that inserts nowhere.</summary>
    private const string QueryTable = "preview";

    /// <summary>The connectors of jobs in a silo.</summary>
    public static IReadOnlyList<StreamConnector> Connectors { get; } = [.. KnownConnectors.All, new Connector()];

    /// <summary>The live stream of a table.</summary>
    public static string StreamOf(string jobId, string table) => $"{jobId}.{table}";

    /// <summary>Makes every sink of a program a table that is looked at; nothing is written elsewhere then.</summary>
    public static void ShowAll(Program program)
    {
        foreach (var node in program.Nodes.Where(node => program.Edges.All(edge => edge.Source != node.Id)))
        {
            var sink = node.Chain[^1];
            if (sink.Kind != PreviewSink.Kind)
            {
                (sink.Kind, sink.Config) = (PreviewSink.Kind, PreviewSink.ConfigOf(TableOf(sink.Id)));
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
            var table = sink.Config.IsEmpty ? sink.Id : PreviewSink.StreamOf(sink.Id, sink.Config.Memory);
            if (table == QueryTable)
            {
                // A second query of the text has other columns: a stream of its own.
                (table, hasQuery) = (hasQuery ? sink.Id : table, true);
            }

            var stream = StreamOf(jobId, table);
            sink.Config = IdText.IsValid(stream)
                ? PreviewSink.ConfigOf(stream)
                : throw new FlowException(
                    FlowErrorCode.BadInput, $"Table '{table}' of job '{jobId}' cannot be looked at: '{stream}' is no name of a live stream, which has at most {IdText.MaxLength} letters, digits, '_', '-' or '.'.");
        }
    }

    /// <summary>The table that a sink of a text writes: the planner numbers operators of one name.</summary>
    private static string TableOf(string id)
    {
        var dash = id.LastIndexOf('-');
        return dash > 0 && dash + 1 < id.Length && id.AsSpan(dash + 1).IndexOfAnyExceptInRange('0', '9') < 0 ? id[..dash] : id;
    }

    private sealed class Connector : StreamConnector
    {
        public override string Name => PreviewSink.Kind;

        public override StreamOperatorPlan Sink(CreateTableStatement table, ArrowSchema columns)
        {
            OptionsOf(table, isSource: false);
            return new StreamOperatorPlan(PreviewSink.Kind, new StringValue { Value = table.Name });
        }

        public override bool TakesChanges(CreateTableStatement table) => true;
    }
}
