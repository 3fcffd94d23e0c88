using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Functions;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Spilling;
using OrleansFlow.Tests.Streaming.Dataflow;

namespace OrleansFlow.Tests.Streaming.Functions;

/// <summary>
/// Goal: a process function gives the same rows whatever ends its runs and with whatever parallelism they go on; each timer fires once.
/// Method: a function counts rows of a key by the second in a map, and a timer at the second's end takes them out and numbers them by a list.
/// Each seed decides when checkpoints are taken, when runs stop or are killed, and how many subtasks the next one has. With odd seeds all state goes to files at each batch.
/// </summary>
public sealed class ProcessLivesTests : IDisposable
{
    private const int Keys = 23;
    private const int Total = 20_000;
    private const int RowsPerSecond = 1_000;

    private static readonly ArrowSchema Keyed = new(new ArrowField("key", ArrowType.Int64, isNullable: false), EventTime.Field);

    private static readonly ArrowSchema Counted = new(
    [
        .. new[] { "key", "second", "count", "place" }.Select(name => new ArrowField(name, ArrowType.Int64, isNullable: false)),
    ]);

    private readonly string _folder = Directory.CreateTempSubdirectory("process-lives-").FullName;
    private readonly CountingAllocator _memory = new();
    private StreamMemory? _spilling;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _spilling?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task UndisturbedRun_GivesEverySecondOfEveryKeyOnce(uint parallelism)
    {
        using var state = new MemoryStateBackend();

        await FinishAsync(state, null, parallelism);

        AssertEverySecondOnce();

        // Files of the backend are batches in memory, which live as long as it does.
        state.Dispose();
        Assert.Equal(0, _memory.LiveBytes);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [MemberData(nameof(Seeds))]
    public async Task RescaledFromOneToThreeToTwo_GivesTheSame(int seed)
    {
        var random = new Random(seed);
        _spilling = seed % 2 == 1 ? new StreamMemory(1) : null;
        using var state = new MemoryStateBackend();
        var last = await RunAsync(state, random, null, parallelism: 1, isKilled: false);
        last = await RunAsync(state, random, last, parallelism: 3, isKilled: false);

        await FinishAsync(state, last, parallelism: 2);

        AssertEverySecondOnce();

        // Files of the backend are batches in memory, which live as long as it does.
        state.Dispose();
        Assert.Equal(0, _memory.LiveBytes);
        Assert.Equal(0, _spilling?.UsedBytes ?? 0);
        Assert.NotEqual(0, _spilling?.SpilledFiles ?? 1);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [MemberData(nameof(Seeds))]
    public async Task KilledAtRandomAndRescaled_GivesTheSame(int seed)
    {
        var random = new Random(seed);
        _spilling = seed % 2 == 1 ? new StreamMemory(1) : null;
        using var state = new MemoryStateBackend();
        CheckpointManifest? last = null;
        for (var run = 0; run < 5; run++)
        {
            last = await RunAsync(state, random, last, (uint)random.Next(1, 4), isKilled: true);
        }

        await FinishAsync(state, last, (uint)random.Next(1, 4));

        AssertEverySecondOnce();
    }

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 8)];

    /// <summary>Lets time pass and takes checkpoints, some of them by chance; ends with a checkpoint, or without a word.</summary>
    private async Task<CheckpointManifest?> RunAsync(MemoryStateBackend state, Random random, CheckpointManifest? last, uint parallelism, bool isKilled)
    {
        var clock = new ManualTimeProvider();
        await using var runner = Runner(state, clock, parallelism, last);
        var run = await StartAsync(runner);
        for (var step = random.Next(4); step >= 0; step--)
        {
            clock.Advance(TimeSpan.FromMilliseconds(random.Next(1_500)));
            last = random.Next(2) == 0 ? await runner.CheckpointAsync(thenStop: false, Token) : last;
        }

        if (!isKilled)
        {
            last = await runner.CheckpointAsync(thenStop: true, Token);
            await run;
            return last;
        }

        await runner.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        return last;
    }

    private async Task FinishAsync(MemoryStateBackend state, CheckpointManifest? last, uint parallelism)
    {
        var clock = new ManualTimeProvider();
        await using var runner = Runner(state, clock, parallelism, last);
        var run = await StartAsync(runner);
        clock.Advance(TimeSpan.FromHours(1));
        await run;
    }

    /// <summary>Runs it; returns the run when all subtasks have restored, so that time that passes from now on counts.</summary>
    private static async Task<Task> StartAsync(LocalRunner runner)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var watching = WatchAsync(runner.WatchAsync(Token), runner.SubtaskCount, started);
        var run = runner.RunAsync(Token);
        await await Task.WhenAny(started.Task, run, watching);
        return run;
    }

    private static async Task WatchAsync(IAsyncEnumerable<WorkerEvent> events, int subtasks, TaskCompletionSource started)
    {
        await foreach (var said in events)
        {
            if (said.EventCase == WorkerEvent.EventOneofCase.TaskStarted && --subtasks == 0)
            {
                started.TrySetResult();
            }
        }
    }

    private LocalRunner Runner(MemoryStateBackend state, TimeProvider clock, uint parallelism, CheckpointManifest? restored)
    {
        var impulse = new ImpulseConfig { EventRate = RowsPerSecond, EventTimeIntervalMicros = 1_000, MessageCount = Total, StartTimeMicros = 0 };
        var program = Jobs.Of(
            [
                Jobs.Node(1, parallelism, Jobs.Op("source", ImpulseSource.Kind, ImpulseSource.Schema, impulse)),
                Jobs.Node(2, parallelism, Jobs.Op("key", "key", Keyed)),
                Jobs.Node(3, parallelism, Jobs.Op("watermark", WatermarkOperator.Kind, Keyed, new WatermarkConfig { DelayMicros = 0, IdleMicros = -1 })),
                Jobs.Node(4, parallelism, FunctionOperators.Process("count", "seconds", ["key"], Counted)),
                Jobs.Node(5, parallelism, Jobs.Op("sink", SingleFileSink.Kind, null, new SingleFileSinkConfig { Path = Path.Combine(_folder, "out.jsonl") })),
            ],
            Jobs.Edge(1, 2), Jobs.Edge(2, 3), Jobs.Edge(3, 4, EdgeKind.Shuffle, 0), Jobs.Edge(4, 5));
        var registry = new OperatorRegistry().AddKnown()
            .Add("key", _ => new ProjectionOperator(Keyed, [new DelegateExpression(ArrowType.Int64, KeyOf), new ColumnExpression(2, EventTime.Field.Type)]))
            .AddProcess("seconds", () => new SecondsFunction());
        return new LocalRunner(Jobs.Setup(program, registry, _memory, state) with { Clock = clock, Memory = _spilling }, restored);
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

    private void AssertEverySecondOnce()
    {
        var expected = Enumerable.Range(0, Total)
            .GroupBy(number => (Key: number % Keys, Second: number / RowsPerSecond))
            .Select(group => $"{{\"key\":{group.Key.Key},\"second\":{group.Key.Second},\"count\":{group.Count()},\"place\":{group.Key.Second + 1}}}");
        var actual = Directory.GetFiles(_folder).SelectMany(File.ReadAllLines);
        Assert.Equal(expected.Order(StringComparer.Ordinal), actual.Order(StringComparer.Ordinal));
    }

    private sealed class SecondsFunction : ProcessFunction
    {
        private const long Second = 1_000_000;

        public override void ProcessRow(ProcessContext context, RecordBatch rows, int row)
        {
            var second = rows.Column<TimestampArray>(1).Values[row] / Second;
            var open = context.Map<long, long>("open");
            open.TryGet(second, out var count);
            open.Set(second, count + 1);
            context.SetTimer(TimerKind.EventTime, (second + 1) * Second);
        }

        public override void OnTimer(ProcessContext context, TimerKind kind, long timeMicros)
        {
            var second = (timeMicros / Second) - 1;
            var (open, done) = (context.Map<long, long>("open"), context.List<long>("done"));
            open.TryGet(second, out var count);
            open.Remove(second);
            done.Add(second);
            context.Output.AppendRow(context.Keys.Column<Int64Array>(0).Values[context.KeyRow], second, count, (long)done.Count);
        }
    }
}
