using System.Text.Json;
using OrleansFlow.Engine;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Objects;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Execution;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Tests.Streaming.Durable;

/// <summary>A folder of checkpoints and one of output, and SQL jobs that live in them.</summary>
internal sealed class SqlJobFolder : IAsyncDisposable
{
    /// <summary>20 000 numbers in 20 s.</summary>
    public const string Numbers = "CREATE TABLE n WITH (connector = 'impulse', event_rate = '1000', message_count = '20000', event_time_interval_ms = '1');";

    public const int RowsPerSecond = 1_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("flow-local-job-").FullName;
    private EngineInstance? _engine;

    public SqlJobFolder()
    {
        Files = new LocalObjectStore(Path.Combine(_folder, "state"));
        Checkpoints = new CheckpointStore(Files, "job");
    }

    /// <summary>The store as it is, whoever died.</summary>
    public IObjectStore Files { get; }

    public CheckpointStore Checkpoints { get; }

    public string Out => Path.Combine(_folder, "out");

    /// <summary>A sink of two phases.</summary>
    public string Sink => $"CREATE TABLE o WITH (connector = 'single_file', path = '{Path.Combine(Out, "rows.json")}');";

    /// <summary>Counts and sums of 23 keys by second, and how many there are.</summary>
    public string Job => $"{Numbers}{Sink}INSERT INTO o SELECT counter % 23 AS k, count(*) AS c, sum(counter)::BIGINT AS s FROM n GROUP BY tumble(INTERVAL '1 second'), counter % 23;";

    /// <summary>What <see cref="Job"/> gives, by a batch query of the engine.</summary>
    public async Task<List<string>> ExpectedAsync(CancellationToken cancellationToken) =>
        await AskAsync("SELECT i % 23 AS k, count(*) AS c, sum(i)::BIGINT AS s FROM range(20000) AS t(i) GROUP BY i // 1000, i % 23", cancellationToken);

    /// <summary>The rows of a batch query as lines of values, in order of the lines.</summary>
    public async Task<List<string>> AskAsync(string sql, CancellationToken cancellationToken)
    {
        await using var session = (await EngineAsync(cancellationToken)).OpenSession();
        await using var result = await session.QueryAsync($"SELECT to_json(q)::VARCHAR FROM ({sql}) AS q", null, cancellationToken);
        var lines = new List<string>();
        while (await result.ReadAsync(cancellationToken) is { } batch)
        {
            using (batch)
            {
                lines.AddRange(Enumerable.Range(0, batch.RowCount).Select(row => Values(batch.Column<Arrow.StringArray>(0).GetString(row)!)));
            }
        }

        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    /// <summary>All that the sink's files show, as lines of values, in order of the lines.</summary>
    public List<string> Lines() => [.. Directory.GetFiles(Out).Where(file => !file.Contains("staged", StringComparison.Ordinal)).SelectMany(File.ReadAllLines).Select(Values).Order(StringComparer.Ordinal)];

    /// <summary>Small batches, so that little time has to pass until rows leave the source.</summary>
    public static StreamEngineLimits Limits { get; } = new() { SourceBatchRows = 512 };

    public async Task<LocalJobSetup> SetupAsync(TimeProvider clock, uint parallelism = 1, string? text = null, CancellationToken cancellationToken = default)
    {
        var engine = await EngineAsync(cancellationToken);
        return new LocalJobSetup
        {
            Program = await StreamPlanner.PlanAsync(text ?? Job, new StreamPlanOptions { Parallelism = parallelism }, cancellationToken),
            Operators = new OperatorRegistry().AddKnown().AddSql(engine),
            Store = Files,
            Clock = clock,
            Limits = Limits,

            // Tests let hours pass while a sink commits.
            CommitTimeout = TimeSpan.FromDays(10),
        };
    }

    /// <summary>The values of a line of JSON, without the event time.</summary>
    private static string Values(string line)
    {
        using var row = JsonDocument.Parse(line);
        return string.Join('|', row.RootElement.EnumerateObject().Where(value => value.Name != "_timestamp").Select(value => value.Value.GetRawText()));
    }

    public async ValueTask DisposeAsync()
    {
        Files.Dispose();
        await (_engine?.DisposeAsync() ?? ValueTask.CompletedTask);
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<EngineInstance> EngineAsync(CancellationToken cancellationToken) =>
        _engine ??= await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, cancellationToken);
}

/// <summary>A job that runs.</summary>
/// <param name="Job">The job.</param>
/// <param name="Clock">Its time.</param>
/// <param name="Run">Ends with it.</param>
internal sealed record RunningJob(LocalJob Job, ManualTimeProvider Clock, Task Run) : IAsyncDisposable
{
    /// <summary>Starts it; returns when all subtasks have restored, so that time that passes from now on counts.</summary>
    public static async Task<RunningJob> StartAsync(SqlJobFolder folder, Func<LocalJobSetup, LocalJobSetup>? with = null, uint parallelism = 1, string? text = null)
    {
        var token = TestContext.Current.CancellationToken;
        var clock = new ManualTimeProvider();
        var setup = await folder.SetupAsync(clock, parallelism, text, token);
        var job = await LocalJob.OpenAsync(with?.Invoke(setup) ?? setup, token);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var watching = WatchAsync(job, started, token);
        var run = job.RunAsync(token);
        await await Task.WhenAny(started.Task, run, watching);
        return new RunningJob(job, clock, run);
    }

    /// <summary>Lets time pass, and waits until the source has given out what is due, but for a batch that still gathers.</summary>
    public async Task AdvanceAsync(double seconds)
    {
        Clock.Advance(TimeSpan.FromSeconds(seconds));
        var sources = Job.Counters.Count(one => one.OperatorName == "n");
        var due = (Clock.GetElapsedTime(0).TotalSeconds * SqlJobFolder.RowsPerSecond) - (sources * SqlJobFolder.Limits.SourceBatchRows);
        while (!Run.IsCompleted && Job.Counters.Where(one => one.OperatorName == "n").Sum(one => one.MessagesSent) < due)
        {
            await Task.Yield();
        }
    }

    /// <summary>Lets the data come to its end.</summary>
    public async Task FinishAsync()
    {
        // Longer than the data takes, and shorter than what makes an input idle.
        Clock.Advance(TimeSpan.FromMinutes(1));
        await Run;
    }

    /// <summary>Ends it where it is.</summary>
    public async Task KillAsync()
    {
        await Job.DisposeAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => Run);
    }

    public ValueTask DisposeAsync() => Job.DisposeAsync();

    private static async Task WatchAsync(LocalJob job, TaskCompletionSource started, CancellationToken cancellationToken)
    {
        var left = job.SubtaskCount;
        await foreach (var said in job.WatchAsync(cancellationToken))
        {
            if (said.TaskStarted is not null && --left == 0)
            {
                started.TrySetResult();
            }
        }
    }
}
