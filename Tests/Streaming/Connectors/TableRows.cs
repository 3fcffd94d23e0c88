using OrleansFlow.Engine;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors.Streams;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Execution;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Tests.Streaming.Connectors.Conformance;
using OrleansFlow.Tests.Streaming.Dataflow;

namespace OrleansFlow.Tests.Streaming.Connectors;

/// <summary>Reads the table <c>t</c> of a text, from its planning to its rows.</summary>
internal static class TableRows
{
    /// <returns>The first rows, as text with a bar between values, without the event time behind them where <paramref name="hasTime"/> says that it is there.</returns>
    public static async Task<List<string>> ReadAsync(string columns, string with, int rowCount, bool hasTime, TimeProvider? clock = null, IEventStreams? streams = null)
    {
        var token = TestContext.Current.CancellationToken;
        await using var engine = await EngineInstance.OpenAsync(null, token);
        var program = await StreamPlanner.PlanAsync(
            $"CREATE TABLE t ({columns}) WITH ({with}); SELECT * FROM t;", new StreamPlanOptions { Preview = new StreamOperatorPlan("watched", null) }, token);
        var rows = new WatchedRows(rowCount);
        var setup = Jobs.Setup(program, new OperatorRegistry().AddKnown(streams).AddSql(engine).Add("watched", _ => rows.Operator()));
        await using var runner = new LocalRunner(clock is null ? setup : setup with { Clock = clock });
        var run = runner.RunAsync(token);

        // What goes wrong in the job is told before what waits for its rows in vain.
        await await Task.WhenAny(run, rows.Reached);
        if (!run.IsCompleted)
        {
            await runner.StopAsync(StopMode.Immediate, token);
        }

        await run;
        return hasTime ? rows.Lines.ConvertAll(static line => line[..line.LastIndexOf('|')]) : rows.Lines;
    }
}
