using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Tests.Streaming.Dataflow;

/// <summary>
/// Goal: whatever ends a run, and with whatever parallelism the next one goes on from the last complete checkpoint, every row counts once.
/// Method: numbers are counted by key over a shuffle and written by a sink of two phases; each seed decides when a checkpoint is taken,
/// when the run is killed, and how many subtasks the next one has. The lines of all files are those of an undisturbed run.
/// </summary>
public sealed class ExactlyOnceTests : IDisposable
{
    private const int Keys = 23;
    private const int Total = 20_000;
    private const int RowsPerSecond = 1_000;

    private static readonly ArrowSchema Keyed = new(new ArrowField("key", ArrowType.Int64, isNullable: false), EventTime.Field);

    private readonly string _folder = Directory.CreateTempSubdirectory("exactly-once-").FullName;
    private readonly CountingAllocator _memory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task UndisturbedRun_WritesEveryCountOfEveryKeyOnce()
    {
        using var state = new MemoryStateBackend();
        var clock = new ManualTimeProvider();
        await using var runner = Runner(state, clock, parallelism: 2, restored: null);

        var job = await StartAsync(runner);
        clock.Advance(TimeSpan.FromHours(1));
        await job.Run;

        AssertEveryCountOnce();
        Assert.Equal(0, _memory.LiveBytes);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [MemberData(nameof(Seeds))]
    public async Task KilledAtRandom_AndRestoredFromTheLastCheckpoint_WritesTheSame(int seed)
    {
        var random = new Random(seed);
        using var state = new MemoryStateBackend();
        CheckpointManifest? last = null;
        for (var run = 0; run < 6; run++)
        {
            last = await RunAndKillAsync(state, random, last, parallelism: 2);
        }

        await FinishAsync(state, last, parallelism: 2);

        AssertEveryCountOnce();
        Assert.Equal(0, _memory.LiveBytes);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [MemberData(nameof(Seeds))]
    public async Task RescaledFromOneToTwoToThreeToOne_WritesTheSame(int seed)
    {
        var random = new Random(seed);
        using var state = new MemoryStateBackend();
        CheckpointManifest? last = null;
        foreach (var parallelism in new uint[] { 1, 2, 3 })
        {
            var before = last;
            last = await RunAndStopAsync(state, random, last, parallelism);
            Assert.NotSame(before, last);
        }

        await FinishAsync(state, last, parallelism: 1);

        AssertEveryCountOnce();
        Assert.Equal(0, _memory.LiveBytes);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [MemberData(nameof(Seeds))]
    public async Task KilledAndRescaledAtOnce_WritesTheSame(int seed)
    {
        var random = new Random(seed);
        using var state = new MemoryStateBackend();
        CheckpointManifest? last = null;
        for (var run = 0; run < 6; run++)
        {
            last = await RunAndKillAsync(state, random, last, (uint)random.Next(1, 4));
        }

        await FinishAsync(state, last, (uint)random.Next(1, 4));

        AssertEveryCountOnce();
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task CheckpointTakenAfterTheSourceEnded_HoldsItsEnd()
    {
        using var state = new MemoryStateBackend();
        CheckpointManifest checkpoint;
        var clock = new ManualTimeProvider();
        await using (var runner = Runner(state, clock, parallelism: 1, restored: null, extraSource: true))
        {
            var (run, ended) = await StartAsync(runner);
            clock.Advance(TimeSpan.FromHours(1));
            Assert.Equal(1u, (await ended).NodeId);
            checkpoint = await runner.CheckpointAsync(thenStop: false, Token);
            await runner.DisposeAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        }

        await using var second = Runner(state, clock, parallelism: 1, checkpoint, extraSource: true);
        var again = await StartAsync(second);
        await second.StopAsync(StopMode.Graceful, Token);
        await again.Run;

        AssertEveryCountOnce();
    }

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 12)];

    /// <summary>Lets time pass and takes checkpoints by chance, then ends everything without a word.</summary>
    private async Task<CheckpointManifest?> RunAndKillAsync(MemoryStateBackend state, Random random, CheckpointManifest? last, uint parallelism)
    {
        var clock = new ManualTimeProvider();
        await using var runner = Runner(state, clock, parallelism, last);
        var (run, _) = await StartAsync(runner);
        for (var step = random.Next(4); step >= 0; step--)
        {
            clock.Advance(TimeSpan.FromMilliseconds(random.Next(400)));
            if (random.Next(2) == 0)
            {
                last = await runner.CheckpointAsync(thenStop: false, Token);
            }
        }

        // Now and then in the middle of a checkpoint: it counts only if it is complete.
        var open = random.Next(2) == 0 ? runner.CheckpointAsync(thenStop: false, Token) : null;
        await runner.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        if (open is not null)
        {
            await open.ContinueWith(static _ => { }, Token, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        return open is { IsCompletedSuccessfully: true } ? await open : last;
    }

    private async Task<CheckpointManifest> RunAndStopAsync(MemoryStateBackend state, Random random, CheckpointManifest? last, uint parallelism)
    {
        var clock = new ManualTimeProvider();
        await using var runner = Runner(state, clock, parallelism, last);
        var (run, _) = await StartAsync(runner);
        clock.Advance(TimeSpan.FromMilliseconds(random.Next(100, 1_500)));
        await runner.CheckpointAsync(thenStop: false, Token);
        clock.Advance(TimeSpan.FromMilliseconds(random.Next(400)));
        var stopped = await runner.CheckpointAsync(thenStop: true, Token);
        await run;
        return stopped;
    }

    private async Task FinishAsync(MemoryStateBackend state, CheckpointManifest? last, uint parallelism)
    {
        var clock = new ManualTimeProvider();
        await using var runner = Runner(state, clock, parallelism, last);
        var (run, _) = await StartAsync(runner);
        clock.Advance(TimeSpan.FromHours(1));
        await run;
    }

    /// <summary>Runs it; returns when all subtasks have restored, so that time that passes from now on counts.</summary>
    private static async Task<(Task Run, Task<SubtaskId> FirstEnd)> StartAsync(LocalRunner runner)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new TaskCompletionSource<SubtaskId>(TaskCreationOptions.RunContinuationsAsynchronously);
        var watching = WatchAsync(runner.WatchAsync(Token), runner.SubtaskCount, started, ended);
        var run = runner.RunAsync(Token);
        await await Task.WhenAny(started.Task, run, watching);
        return (run, ended.Task);
    }

    private static async Task WatchAsync(IAsyncEnumerable<WorkerEvent> events, int subtasks, TaskCompletionSource started, TaskCompletionSource<SubtaskId> ended)
    {
        await foreach (var said in events)
        {
            switch (said.EventCase)
            {
                case WorkerEvent.EventOneofCase.TaskStarted when --subtasks == 0:
                    started.TrySetResult();
                    break;
                case WorkerEvent.EventOneofCase.TaskFinished:
                    ended.TrySetResult(said.TaskFinished);
                    break;
                default:
                    break;
            }
        }
    }

    private LocalRunner Runner(MemoryStateBackend state, TimeProvider clock, uint parallelism, CheckpointManifest? restored, bool extraSource = false)
    {
        var impulse = new ImpulseConfig { EventRate = RowsPerSecond, EventTimeIntervalMicros = 1_000, MessageCount = Total, StartTimeMicros = 0 };
        var program = Jobs.Of(
            [
                Jobs.Node(1, parallelism, Jobs.Op("source", ImpulseSource.Kind, ImpulseSource.Schema, impulse)),
                Jobs.Node(2, parallelism, Jobs.Op("key", "key", Keyed)),
                Jobs.Node(3, parallelism, Jobs.Op("count", "count", CountPerKey.Schema)),
                Jobs.Node(4, parallelism, Jobs.Op("sink", SingleFileSink.Kind, null, new SingleFileSinkConfig { Path = Path.Combine(_folder, "out.jsonl") })),
            ],
            Jobs.Edge(1, 2), Jobs.Edge(2, 3, EdgeKind.Shuffle, 0), Jobs.Edge(3, 4));
        if (extraSource)
        {
            program.Nodes.Add(Jobs.Node(9, parallelism, Jobs.Op("silent", "silent", Keyed)));
            program.Edges.Add(Jobs.Edge(9, 3, EdgeKind.Shuffle, 0));
        }

        var registry = new OperatorRegistry().AddKnown()
            .Add("silent", _ => LambdaSource.Silent())
            .Add("key", _ => new ProjectionOperator(Keyed, [new DelegateExpression(ArrowType.Int64, KeyOf), new ColumnExpression(2, EventTime.Field.Type)]))
            .Add("count", _ => new CountPerKey());
        return new LocalRunner(Jobs.Setup(program, registry, _memory, state) with { Clock = clock }, restored);
    }

    private static ArrowArray KeyOf(RecordBatch batch, ArrowAllocator allocator)
    {
        using var builder = new Int64Builder(allocator);
        foreach (var counter in batch.Column<Int64Array>(0).Values)
        {
            builder.Append(counter % Keys);
        }

        return builder.Build();
    }

    private void AssertEveryCountOnce()
    {
        var expected = Enumerable.Range(0, Total).Select(number => $"{{\"key\":{number % Keys},\"count\":{(number / Keys) + 1}}}");
        var actual = Directory.GetFiles(_folder).SelectMany(File.ReadAllLines);
        Assert.Equal(expected.Order(StringComparer.Ordinal), actual.Order(StringComparer.Ordinal));
        Assert.DoesNotContain(Directory.GetFiles(_folder), file => file.Contains("staged", StringComparison.Ordinal));
    }
}
