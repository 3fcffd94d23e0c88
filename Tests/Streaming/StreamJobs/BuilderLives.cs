using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.StreamJobs;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Objects;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Execution;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.State;
using OrleansFlow.Tests.Streaming.Lives;

namespace OrleansFlow.Tests.Streaming.StreamJobs;

/// <summary>
/// The three lives of a job of the typed builder: straight at parallelism 1; at 2 with checkpoints and a stop; restored at 3 to the end. Each time its sinks have to
/// hold what DuckDB gives for batch queries over the same events.
/// </summary>
internal sealed class BuilderLives(LifeEngine lives, string folder, Action<OperatorRegistry>? functions = null)
{
    private const int EventCount = 4_000;
    private const int RowsBetweenCheckpoints = 500;
    private const int Checkpoints = 5;

    private static readonly StreamEngineLimits Limits = new() { SourceBatchRows = 50 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The rows of the table <c>e</c> of the golden queries.</summary>
    public static JobRows<LifeEvent> Events(StreamJob job) => job.Source<LifeEvent>("e", new JobConnector("events"), e => e.Ts, TimeSpan.FromSeconds(5));

    /// <summary>A sink whose rows are looked at.</summary>
    public static JobConnector File(string folder, string sink) => JobConnector.SingleFile(Path.Combine(folder, sink + ".json"));

    /// <summary>Lives three times.</summary>
    /// <param name="make">Makes the job, whose sinks write to a folder.</param>
    /// <param name="goldens">Batch queries over <c>e</c>, by sink.</param>
    public async Task AssertAsync(Action<StreamJob, string> make, params (string Sink, string Query)[] goldens)
    {
        var events = await lives.EventsAsync(EventCount, Token);
        var straight = Path.Combine(folder, "straight");
        await RunStraightAsync(make, straight, events);
        await AssertGoldensAsync(goldens, straight);

        var moved = Path.Combine(folder, "moved");
        await RunAndStopAsync(make, moved, events);
        await RestoreAsync(make, moved, events);
        await AssertGoldensAsync(goldens, moved);
    }

    private static string TextOf(Action<StreamJob, string> make, string folder)
    {
        var job = new StreamJob();
        make(job, folder);
        return job.ToSql();
    }

    private async Task AssertGoldensAsync((string Sink, string Query)[] goldens, string folder)
    {
        foreach (var (sink, query) in goldens)
        {
            var expected = await LifeRows.AskAsync(lives.Session, query, Token);
            Assert.NotEmpty(expected);
            Assert.Equal(expected, LifeRows.Read(folder, sink));
        }
    }

    private async Task RunStraightAsync(Action<StreamJob, string> make, string folder, EventTable events)
    {
        var clock = new LifeClock();
        await using var runner = new LocalRunner(new StreamEngineSetup
        {
            Program = await PlanAsync(make, 1, folder),
            Operators = Operators(events),
            State = MemoryStateBackend.WithoutCheckpoints,
            KeepsState = false,
            Clock = clock.Time,
        });
        var run = await LifeClock.StartAsync(runner.WatchAsync(Token), runner.SubtaskCount, () => runner.RunAsync(Token));
        await clock.FinishAsync(run);
    }

    private async Task RunAndStopAsync(Action<StreamJob, string> make, string folder, EventTable events)
    {
        var clock = new LifeClock();
        using var store = new LocalObjectStore(Path.Combine(folder, "state"));
        await using var job = await OpenAsync(make, 2, folder, events, clock.Time, store);
        var run = await LifeClock.StartAsync(job.WatchAsync(Token), job.SubtaskCount, () => job.RunAsync(Token));
        for (var i = 1; i <= Checkpoints; i++)
        {
            await clock.AdvanceAsync(job, run, RowsBetweenCheckpoints, gatheredMax: 2 * Limits.SourceBatchRows, Token);
            Assert.False(run.IsCompleted, "The second life got to the end of the data.");
            await job.CheckpointAsync(thenStop: i == Checkpoints, Token);
        }

        await run;
    }

    private async Task RestoreAsync(Action<StreamJob, string> make, string folder, EventTable events)
    {
        var clock = new LifeClock();
        using var store = new LocalObjectStore(Path.Combine(folder, "state"));
        await using var job = await OpenAsync(make, 3, folder, events, clock.Time, store);
        Assert.NotNull(job.Restored);
        var run = await LifeClock.StartAsync(job.WatchAsync(Token), job.SubtaskCount, () => job.RunAsync(Token));
        await clock.FinishAsync(run);
    }

    private async Task<LocalJob> OpenAsync(Action<StreamJob, string> make, uint parallelism, string folder, EventTable events, TimeProvider clock, IObjectStore store) => await LocalJob.OpenAsync(
        new LocalJobSetup
        {
            Program = await PlanAsync(make, parallelism, folder),
            Operators = Operators(events),
            Store = store,
            CompactedCheckpoints = 2,
            RetainedCheckpoints = 1,
            CheckpointTimeout = TimeSpan.FromDays(10),
            CommitTimeout = TimeSpan.FromDays(10),
            Limits = Limits,
            Clock = clock,
        },
        Token);

    private static Task<Program> PlanAsync(Action<StreamJob, string> make, uint parallelism, string folder) =>
        StreamPlanner.PlanAsync(TextOf(make, folder), new StreamPlanOptions { Parallelism = parallelism, Connectors = [.. KnownConnectors.All, new EventsConnector()] }, Token);

    private OperatorRegistry Operators(EventTable events)
    {
        var registry = new OperatorRegistry().AddKnown().Add(EventsSource.Kind, _ => new EventsSource(events)).AddSql(lives.Engine);
        functions?.Invoke(registry);
        return registry;
    }
}
