using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Execution;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.Udfs;
using OrleansFlow.Tests.Streaming.Dataflow;
using OrleansFlow.Tests.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Sql;

/// <summary>Runs a streaming text over events of a test, inside this process.</summary>
internal static class StreamJobRun
{
    /// <summary>The table that texts read: the events of the test.</summary>
    public const string Events = "CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN) WITH (connector = 'events');";

    /// <summary>The same with the event time as a column, and watermarks with each batch.</summary>
    public const string TimedEvents = """
        CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP, WATERMARK FOR ts AS ts - INTERVAL '3 seconds') WITH (connector = 'timed_events');
        """;

    /// <summary>Runs it to the end of the events.</summary>
    /// <returns>What came out, a line a row, in order of the lines; without the event time.</returns>
    public static async Task<List<string>> RunAsync(string text, WindowEvents events, EngineInstance engine, uint parallelism, CancellationToken cancellationToken, UserFunctionSettings? settings = null) =>
        Ordered(await LinesAsync(text, events, engine, parallelism, cancellationToken, settings));

    /// <summary>Runs it to the end of the events.</summary>
    /// <returns>What came out, a line a row, in the order in which it came; without the event time.</returns>
    public static async Task<List<string>> LinesAsync(string text, WindowEvents events, EngineInstance engine, uint parallelism, CancellationToken cancellationToken, UserFunctionSettings? settings = null)
    {
        var (lines, _) = await LifeAsync(text, events, engine, parallelism, new MemoryStateBackend(), restored: null, stopAt: null, cancellationToken, settings);
        return lines;
    }

    /// <summary>Runs it with two subtasks, then three, then one, from checkpoint to checkpoint.</summary>
    /// <returns>What came out of all of them, in the order in which it came.</returns>
    public static async Task<List<string>> RunLivesAsync(string text, WindowEvents events, EngineInstance engine, CancellationToken cancellationToken)
    {
        var backend = new MemoryStateBackend();
        var first = await LifeAsync(text, events, engine, 2, backend, restored: null, events.Count * 2 / 5, cancellationToken);
        var second = await LifeAsync(text, events, engine, 3, backend, first.Manifest, events.Count * 4 / 5, cancellationToken);
        var third = await LifeAsync(text, events, engine, 1, backend, second.Manifest, stopAt: null, cancellationToken);
        return [.. first.Lines, .. second.Lines, .. third.Lines];
    }

    public static List<string> Ordered(List<string> lines) => [.. lines.Order(StringComparer.Ordinal)];

    private static async Task<(List<string> Lines, CheckpointManifest? Manifest)> LifeAsync(
        string text, WindowEvents events, EngineInstance engine, uint parallelism, MemoryStateBackend backend, CheckpointManifest? restored, int? stopAt, CancellationToken cancellationToken, UserFunctionSettings? settings = null)
    {
        var options = new StreamPlanOptions
        {
            Parallelism = parallelism,
            Connectors = [.. KnownConnectors.All, new EventsConnector("events", EventsSource.Plain), new EventsConnector("timed_events", EventsSource.Timed)],
            Preview = new StreamOperatorPlan(CollectSink.Kind, null),
        };
        var program = await StreamPlanner.PlanAsync(text, options, cancellationToken);
        await using var functions = await LoadedFunctions.LoadAsync(program, settings ?? UserFunctionSettings.Local, new FunctionContents(), cancellationToken);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var rows = new RowCollector();
        var registry = new OperatorRegistry()
            .AddKnown()
            .AddSql(engine, functions)
            .Add("events", _ => new EventsSource(events, isTimed: false, stopAt, reached))
            .Add("timed_events", _ => new EventsSource(events, isTimed: true, stopAt, reached))
            .Add(CollectSink.Kind, _ => new CollectSink(rows));
        CheckpointManifest? manifest = null;
        await using (var runner = new LocalRunner(Jobs.Setup(program, registry, state: backend), restored))
        {
            var running = runner.RunAsync(cancellationToken);
            if (stopAt is not null)
            {
                await Task.WhenAny(running, reached.Task).WaitAsync(cancellationToken);
                manifest = running.IsFaulted ? null : await runner.CheckpointAsync(thenStop: true, cancellationToken);
            }

            await running;
        }

        var lines = new List<string>();
        foreach (var batch in rows.Take())
        {
            using (batch)
            using (var shown = batch.Select([.. Enumerable.Range(0, batch.ColumnCount - 1)]))
            {
                lines.AddRange(WindowEvents.Lines(shown));
            }
        }

        return (lines, manifest);
    }

    private sealed class EventsConnector(string name, ArrowSchema schema) : StreamConnector
    {
        public override string Name => name;

        public override StreamOperatorPlan Source(OrleansFlow.Streaming.Sql.Statements.CreateTableStatement table, ArrowSchema columns) => new(name, null) { Schema = schema, ParallelismMax = 1 };
    }
}
