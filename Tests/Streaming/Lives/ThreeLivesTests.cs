using System.Text.RegularExpressions;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Objects;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Execution;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Spilling;

namespace OrleansFlow.Tests.Streaming.Lives;

/// <summary>
/// Goal: whatever a streaming text does, it gives what DuckDB gives for a batch query over the same input, and gives it once, whatever happens between.
/// Method: each file of <c>Cases</c> lives three times: straight at parallelism 1; at 2 with a checkpoint every 300 rows and merged files, up to a stop; restored at 3 to the end.
/// </summary>
public sealed class ThreeLivesTests(LifeEngine lives) : IClassFixture<LifeEngine>, IDisposable
{
    private const int CheckpointsOfTheSecondLife = 5;
    private const int CasesPerSpillingCase = 12;
    private const int CasesPerOvertakingCase = 8;

    private static readonly StreamEngineLimits Limits = new() { SourceBatchRows = 50 };

    private readonly string _folder = Directory.CreateTempSubdirectory("three-lives-").FullName;
    private StreamMemory? _memory;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>All, or with <c>FLOW_LIVES</c> those whose names fit it as a regular expression.</summary>
    public static TheoryData<string> Cases => [.. LifeCase.Names.Where(name => Regex.IsMatch(name, Environment.GetEnvironmentVariable("FLOW_LIVES") ?? "", RegexOptions.None, TimeSpan.FromSeconds(1)))];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Those whose state can go to files: with <c>FLOW_LIVES</c> as above, else some of them.</summary>
    public static TheoryData<string> SpillingCases
    {
        get
        {
            var names = LifeCase.Names.Where(name => Regex.IsMatch(name, "^(?!updating|lookup|lateness|early).*(tumbl|hop|cumul|session|window|join)|^updating-(?!.*join|distinct-count|ttl-rows)", RegexOptions.None, TimeSpan.FromSeconds(1)) && LifeCase.Read(name).Fails is null);
            return Environment.GetEnvironmentVariable("FLOW_LIVES") is { } chosen
                ? [.. names.Where(name => Regex.IsMatch(name, chosen, RegexOptions.None, TimeSpan.FromSeconds(1)))]
                : [.. names.Where((_, place) => place % CasesPerSpillingCase == 0)];
        }
    }

    /// <summary>Those that are killed behind unaligned checkpoints: with <c>FLOW_LIVES</c> as above, else some of them; the last life has 2 and 3 subtasks in turn.</summary>
    public static TheoryData<string, uint> OvertakingCases
    {
        get
        {
            var chosen = Environment.GetEnvironmentVariable("FLOW_LIVES");
            var names = LifeCase.Names.Where(name => LifeCase.Read(name) is { Fails: null, IsShort: false })
                .Where((name, place) => chosen is null ? place % CasesPerOvertakingCase == 3 : Regex.IsMatch(name, chosen, RegexOptions.None, TimeSpan.FromSeconds(1)));
            return [.. names.Select((name, place) => (name, (uint)(2 + (place % 2))))];
        }
    }

    [Theory(Timeout = Watchdog.Milliseconds * 2)]
    [MemberData(nameof(OvertakingCases))]
    public async Task Case_KilledBehindUnalignedCheckpoints_GivesTheSame_WithRowsThatWereOnTheirWay(string name, uint parallelism)
    {
        var life = LifeCase.Read(name);
        Assert.SkipWhen(life.SharedFile is { } file && SharedData.Find(file) is null, "The shared data is not on this machine.");
        var events = await PrepareAsync(life);
        var (folder, clock, gate) = (Path.Combine(_folder, "killed"), new LifeClock(), new StepGate());
        using var store = new LocalObjectStore(Path.Combine(_folder, "state"));
        await using (var job = await OpenAsync(life, folder, gate.Before(Operators(lives.Engine, events)), 2, clock.Time, store, isUnaligned: true))
        {
            var run = await LifeClock.StartAsync(job.WatchAsync(Token), job.SubtaskCount, () => job.RunAsync(Token));
            for (var i = 1; i <= CheckpointsOfTheSecondLife; i++)
            {
                gate.Close();
                await clock.AdvanceAsync(job, run, life.RowsBetweenCheckpoints, gatheredMax: 2 * Limits.SourceBatchRows, Token);
                var checkpoint = job.CheckpointAsync(thenStop: false, Token);
                await gate.StepUntilAsync(checkpoint);
                await checkpoint;
                gate.Open();
            }

            Assert.True(job.Counters.Sum(one => one.ChannelStateBytes) > 0, "No checkpoint held rows on their way; the case shows nothing.");
            await job.DisposeAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        }

        clock = new LifeClock();
        await using var last = await OpenAsync(life, folder, Operators(lives.Engine, events), parallelism, clock.Time, store, isUnaligned: true);
        Assert.NotNull(last.Restored);
        await clock.FinishAsync(await LifeClock.StartAsync(last.WatchAsync(Token), last.SubtaskCount, () => last.RunAsync(Token)));

        await AssertGoldensAsync(life, folder, lives.Session);
    }

    [Theory(Timeout = Watchdog.Milliseconds * 2)]
    [MemberData(nameof(SpillingCases))]
    public async Task Case_WithAlmostNoMemory_GivesTheSameFromFiles(string name)
    {
        using (_memory = new StreamMemory(1, Path.Combine(_folder, "spilled")))
        {
            await Case_GivesWhatABatchQueryGives_InEachOfThreeLives(name);
            Assert.Equal(0, _memory.UsedBytes);
            Assert.True(_memory.SpilledFiles > 0);
        }

        Assert.True(!Directory.Exists(Path.Combine(_folder, "spilled")) || !Directory.EnumerateFileSystemEntries(Path.Combine(_folder, "spilled")).Any());
    }

    [Theory(Timeout = Watchdog.Milliseconds * 2)]
    [MemberData(nameof(Cases))]
    public async Task Case_GivesWhatABatchQueryGives_InEachOfThreeLives(string name)
    {
        var life = LifeCase.Read(name);
        Assert.SkipWhen(life.SharedFile is { } file && SharedData.Find(file) is null, "The shared data is not on this machine.");
        if (life.Fails is { } words)
        {
            var refused = await Assert.ThrowsAsync<FlowException>(() => PlanAsync(life, 1, _folder));
            Assert.Contains(words, refused.Message, StringComparison.Ordinal);
            return;
        }

        var (engine, session, events) = (lives.Engine, lives.Session, await PrepareAsync(life));
        var straight = Path.Combine(_folder, "straight");
        await RunStraightAsync(life, straight, engine, events);
        await AssertGoldensAsync(life, straight, session);

        var moved = Path.Combine(_folder, "moved");
        var isThrough = await RunAndStopAsync(life, moved, engine, events);
        Assert.False(isThrough && !life.IsShort, "The second life got to the end of the data; give the case more rows.");
        if (!isThrough)
        {
            await RestoreAsync(life, moved, engine, events);
        }

        await AssertGoldensAsync(life, moved, session);
    }

    private async Task<EventTable> PrepareAsync(LifeCase life)
    {
        var events = await lives.EventsAsync(life.EventCount, Token);
        foreach (var (made, query) in life.Files)
        {
            Directory.CreateDirectory(Path.Combine(_folder, "input"));
            await lives.Session.ExecuteAsync($"COPY ({query}) TO '{Path.Combine(_folder, "input", made)}'", null, Token);
        }

        return events;
    }

    private async Task AssertGoldensAsync(LifeCase life, string folder, EngineSession session)
    {
        foreach (var (sink, golden) in life.Goldens)
        {
            var expected = await LifeRows.AskAsync(session, Filled(golden, folder), Token);
            Assert.Equal(life.IsEmpty, expected.Count == 0);
            Assert.Equal(expected, LifeRows.Read(folder, sink));
        }
    }

    private async Task RunStraightAsync(LifeCase life, string folder, EngineInstance engine, EventTable events)
    {
        var clock = new LifeClock();
        await using var runner = new LocalRunner(new StreamEngineSetup
        {
            Program = await PlanAsync(life, 1, folder),
            Operators = Operators(engine, events),
            State = MemoryStateBackend.WithoutCheckpoints,
            KeepsState = false,
            Clock = clock.Time,
            Memory = _memory,
        });
        var run = await LifeClock.StartAsync(runner.WatchAsync(Token), runner.SubtaskCount, () => runner.RunAsync(Token));
        await clock.FinishAsync(run);
    }

    /// <summary>The second life.</summary>
    /// <returns>Whether it came to the end of the data before it was stopped.</returns>
    private async Task<bool> RunAndStopAsync(LifeCase life, string folder, EngineInstance engine, EventTable events)
    {
        var clock = new LifeClock();
        using var store = new LocalObjectStore(Path.Combine(_folder, "state"));
        await using var job = await OpenAsync(life, folder, Operators(engine, events), 2, clock.Time, store);
        var run = await LifeClock.StartAsync(job.WatchAsync(Token), job.SubtaskCount, () => job.RunAsync(Token));
        for (var i = 1; i <= CheckpointsOfTheSecondLife; i++)
        {
            await clock.AdvanceAsync(job, run, life.RowsBetweenCheckpoints, gatheredMax: 2 * Limits.SourceBatchRows, Token);
            if (run.IsCompleted)
            {
                await run;
                return true;
            }

            await job.CheckpointAsync(thenStop: i == CheckpointsOfTheSecondLife, Token);
        }

        await run;
        return false;
    }

    private async Task RestoreAsync(LifeCase life, string folder, EngineInstance engine, EventTable events)
    {
        var clock = new LifeClock();
        using var store = new LocalObjectStore(Path.Combine(_folder, "state"));
        await using var job = await OpenAsync(life, folder, Operators(engine, events), 3, clock.Time, store);
        Assert.NotNull(job.Restored);
        var run = await LifeClock.StartAsync(job.WatchAsync(Token), job.SubtaskCount, () => job.RunAsync(Token));
        await clock.FinishAsync(run);
    }

    private async Task<LocalJob> OpenAsync(LifeCase life, string folder, OperatorRegistry operators, uint parallelism, TimeProvider clock, IObjectStore store, bool isUnaligned = false)
    {
        var program = await PlanAsync(life, parallelism, folder);
        new CheckpointBarriers { IsUnaligned = isUnaligned, AlignmentTimeout = TimeSpan.Zero }.WriteTo(program);
        return await LocalJob.OpenAsync(
            new LocalJobSetup
            {
                Program = program,
                Operators = operators,
                Store = store,
                CompactedCheckpoints = 2,
                RetainedCheckpoints = 1,
                CheckpointTimeout = TimeSpan.FromDays(10),
                CommitTimeout = TimeSpan.FromDays(10),
                Limits = Limits,
                Clock = clock,
                Memory = _memory,
            },
            Token);
    }

    private Task<Program> PlanAsync(LifeCase life, uint parallelism, string folder) => StreamPlanner.PlanAsync(
        Filled(life.Sql, folder), new StreamPlanOptions { Parallelism = parallelism, Connectors = [.. KnownConnectors.All.Select(one => one.Name == "single_file" ? new PacedFileConnector(one) : one), new EventsConnector()] }, Token);

    private static OperatorRegistry Operators(EngineInstance engine, EventTable events) => new OperatorRegistry()
        .AddKnown()
        .Add(EventsSource.Kind, _ => new EventsSource(events))
        .Add(PacedFileSource.Kind, definition => new PacedFileSource(KnownOperators.Read(FileSourceConfig.Parser, definition)))
        .AddSql(engine);

    private string Filled(string sql, string folder) =>
        sql.Replace("$output", folder, StringComparison.Ordinal).Replace("$input", Path.Combine(_folder, "input"), StringComparison.Ordinal).Replace("$shared", SharedData.Folder ?? "", StringComparison.Ordinal);
}
