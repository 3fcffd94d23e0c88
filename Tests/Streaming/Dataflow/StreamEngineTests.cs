using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Tests.Streaming.Dataflow;

public sealed class StreamEngineTests : IDisposable
{
    private readonly CountingAllocator _memory = new();
    private readonly RowCollector _rows = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _rows.Dispose();

        // Every test ends here: nothing that the job made may be left.
        Assert.Equal((0, 0), (_memory.LiveBuffers, _memory.LiveBytes));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Program_RunsToItsEnd_AndEveryRowArrives()
    {
        await using var runner = new LocalRunner(Setup(Pipeline(2, EdgeKind.Shuffle, 0), Registry(() => LambdaSource.Batches(10, 100))));

        await runner.RunAsync(Token);

        Assert.Equal(Enumerable.Range(0, 1_000).SelectMany(number => new long[] { number, number }), Numbers());
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Chaining_ChangesNothingButTheSubtasks(bool isChaining)
    {
        var program = Jobs.Of(
            [Jobs.Node(1, 1, Jobs.Op("s", "source", Rows.Numbers)), Jobs.Node(2, 1, Jobs.Op("a", "pass", Rows.Numbers)), Jobs.Node(3, 1, Jobs.Op("b", "pass", Rows.Numbers)), Jobs.Node(4, 1, Jobs.Op("k", "collect"))],
            Jobs.Edge(1, 2), Jobs.Edge(2, 3), Jobs.Edge(3, 4));
        var setup = Setup(program, Registry(() => LambdaSource.Batches(3, 10))) with { Limits = new StreamEngineLimits { IsChaining = isChaining } };
        await using var runner = new LocalRunner(setup);
        var events = ListenAsync(runner);

        await runner.RunAsync(Token);

        Assert.Equal(isChaining ? 3 : 4, (await events).Count(said => said.EventCase == WorkerEvent.EventOneofCase.TaskFinished));
        Assert.Equal(Enumerable.Range(0, 30).Select(number => (long)number), Numbers());
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task AllSubtasks_AreMadeBeforeAnyStarts()
    {
        var made = 0;
        var seen = new List<int>();
        var registry = Registry(() =>
        {
            made++;
            return LambdaSource.Batches(1, 1);
        }).Add("watch", _ =>
        {
            made++;
            return new LambdaOperator { Start = (_, _) => { lock (seen) { seen.Add(made); } return ValueTask.CompletedTask; } };
        });
        await using var runner = new LocalRunner(Setup(Pipeline(3, EdgeKind.Shuffle, kind: "watch"), registry));

        await runner.RunAsync(Token);

        Assert.Equal([6, 6, 6], seen);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Subtask_SaysThatItStartedOnlyAfterItsRestore()
    {
        var restored = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var registry = Registry(LambdaSource.Silent).Add("slow", _ => new LambdaOperator { Start = async (_, cancellationToken) => await restored.Task.WaitAsync(cancellationToken) });
        await using var engine = new StreamEngine(Setup(Pipeline(1, kind: "slow"), registry));
        await engine.StartAsync(Token);

        Assert.True((await engine.Events.ReadAsync(Token)).Initialization.IsSuccess);
        Assert.Equal(1u, (await engine.Events.ReadAsync(Token)).TaskStarted.NodeId);
        Assert.False(engine.Events.TryRead(out _));
        restored.SetResult();
        Assert.Equal(2u, (await engine.Events.ReadAsync(Token)).TaskStarted.NodeId);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task UnknownKind_IsRefusedBeforeAnythingRuns()
    {
        var disposed = 0;
        var registry = Registry(() => LambdaSource.Batches(1, 1)).Add("first", _ => new LambdaOperator { Disposed = () => disposed++ });
        var program = Pipeline(1, kind: "first");
        program.Nodes.Add(Jobs.Node(3, 1, Jobs.Op("z", "no such")));
        await using var engine = new StreamEngine(Setup(program, registry));

        var refused = await Assert.ThrowsAsync<FlowException>(() => engine.StartAsync(Token));

        Assert.Equal(FlowErrorCode.NoHandler, refused.Code);
        Assert.Contains("'no such'", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, disposed);
        Assert.False((await engine.Events.ReadAsync(Token)).Initialization.IsSuccess);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task FailureOfOneSubtask_EndsAll_AndIsToldOnce()
    {
        var registry = Registry(() => LambdaSource.Endless(100)).Add("fail", _ => new LambdaOperator
        {
            Process = (batch, _, _, _) =>
            {
                batch.Dispose();
                throw new FlowException(FlowErrorCode.StoreUnavailable, "The store of the test is away.");
            },
        });
        await using var runner = new LocalRunner(Setup(Pipeline(3, EdgeKind.Shuffle, 0, kind: "fail"), registry));
        var events = ListenAsync(runner);

        var failure = await Assert.ThrowsAsync<FlowException>(() => runner.RunAsync(Token));

        Assert.Equal(FlowErrorCode.StoreUnavailable, failure.Code);
        var told = Assert.Single(await events, said => said.EventCase == WorkerEvent.EventOneofCase.TaskFailed).TaskFailed;
        Assert.Equal((2u, "store_unavailable", ErrorDomain.External, true), (told.Subtask.NodeId, told.Code, told.Domain, told.IsRetryable));
        Assert.DoesNotContain(await events, said => said.EventCase == WorkerEvent.EventOneofCase.TaskFinished);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task NonfatalError_IsToldAndCounted_AndTheJobGoesOn()
    {
        OperatorContext? context = null;
        var registry = Registry(() => LambdaSource.Batches(1, 5)).Add("doubt", _ => new LambdaOperator
        {
            Start = (given, _) => { context = given; return ValueTask.CompletedTask; },
            Process = async (batch, _, _, cancellationToken) =>
            {
                batch.Dispose();
                await context!.ReportErrorAsync(new FlowException(FlowErrorCode.BadInput, "Row 3 is no number."), cancellationToken);
            },
        });
        await using var runner = new LocalRunner(Setup(Pipeline(1, kind: "doubt"), registry));
        var events = ListenAsync(runner);

        await runner.RunAsync(Token);

        var told = Assert.Single(await events, said => said.EventCase == WorkerEvent.EventOneofCase.NonfatalError).NonfatalError;
        Assert.Equal(("k", ErrorDomain.User, "Row 3 is no number."), (told.Subtask.OperatorId, told.Domain, told.Message));
        Assert.Equal(1, runner.Counters.Single(counters => counters.NodeId == 2).NonfatalErrors);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Cancellation_EndsEverything()
    {
        using var cancel = new CancellationTokenSource();
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var registry = Registry(() => LambdaSource.Endless(100)).Add("hold", _ => new LambdaOperator
        {
            Process = async (batch, _, _, cancellationToken) =>
            {
                using var rows = batch;
                arrived.TrySetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            },
        });
        await using var runner = new LocalRunner(Setup(Pipeline(2, EdgeKind.Shuffle, 0, kind: "hold"), registry));
        var run = runner.RunAsync(cancel.Token);
        await arrived.Task;

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task SlowSink_HoldsTheSource_WithinTheBoundOfTheQueue()
    {
        const int Bound = 1_000;
        var blockedAt = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var registry = Registry(() => new LambdaSource(async (context, cancellationToken) =>
        {
            for (var i = 0; i < 50; i++)
            {
                var emit = context.EmitAsync(Rows.Of(100, i * 100, context.Operator.Allocator), cancellationToken);
                if (!emit.IsCompleted)
                {
                    blockedAt.TrySetResult(i * 100);
                }

                await emit;
            }

            return SourceEnd.Final;
        })).Add("gate", _ => new LambdaOperator
        {
            Process = async (batch, _, _, cancellationToken) =>
            {
                _rows.Add(batch);
                await open.Task.WaitAsync(cancellationToken);
            },
        });
        await using var runner = new LocalRunner(Setup(Pipeline(1, kind: "gate"), registry) with { Limits = new StreamEngineLimits { QueueRows = Bound } });
        var run = runner.RunAsync(Token);

        // One batch may be in the hands of the sink already, or be just taken.
        Assert.InRange(await blockedAt.Task, Bound, Bound + 100);
        var source = runner.Counters.Single(counters => counters.NodeId == 1);
        Assert.InRange(source.BackPressure, 0.89, 1);
        Assert.InRange(source.SendQueueBytes, 1, source.BytesSent);
        open.SetResult();
        await run;

        Assert.Equal(5_000, _rows.RowCount);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Counters_ShowWhatWentThroughEachSubtask()
    {
        await using var engine = new StreamEngine(Setup(Pipeline(1), Registry(() => LambdaSource.Batches(4, 25))));
        await engine.StartAsync(Token);
        await engine.Completion;

        var (source, sink) = (engine.Counters[0], engine.Counters[1]);
        Assert.Equal((1u, 0, "node 1", 100L, 4L), (source.NodeId, source.SubtaskIndex, source.OperatorName, source.MessagesSent, source.BatchesSent));
        Assert.Equal((100L, 4L, source.BytesSent), (sink.MessagesReceived, sink.BatchesReceived, sink.BytesReceived));
        Assert.Equal((StreamEngineLimits.Default.QueueRows, StreamEngineLimits.Default.QueueRows, 0L), (source.SendQueueSize, source.SendQueueRemaining, sink.SendQueueSize));
        Assert.Equal((0L, 0L), (source.SendQueueBytes, sink.SendQueueBytes));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task UnkeyedShuffle_DealsBatchesInTurns()
    {
        await using var runner = new LocalRunner(Setup(
            Jobs.Of([Jobs.Node(1, 1, Jobs.Op("s", "source", Rows.Numbers)), Jobs.Node(2, 4, Jobs.Op("k", "collect"))], Jobs.Edge(1, 2, EdgeKind.Shuffle)),
            Registry(() => LambdaSource.Batches(8, 10))));

        await runner.RunAsync(Token);

        Assert.Equal([20L, 20L, 20L, 20L], runner.Counters.Where(counters => counters.NodeId == 2).Select(counters => counters.MessagesReceived));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ForwardEdge_HandsBatchesOverByReference()
    {
        RecordBatch? sent = null;
        RecordBatch? received = null;
        var registry = Registry(() => new LambdaSource(async (context, cancellationToken) =>
        {
            sent = Rows.Of(10, 0, context.Operator.Allocator);
            await context.EmitAsync(sent, cancellationToken);
            return SourceEnd.Final;
        })).Add("see", _ => new LambdaOperator { Process = (batch, _, _, _) => { received = batch; batch.Dispose(); return ValueTask.CompletedTask; } });
        await using var runner = new LocalRunner(Setup(Pipeline(1, kind: "see"), registry));

        await runner.RunAsync(Token);

        Assert.Same(sent, received);
    }

    private static async Task<List<WorkerEvent>> CollectAsync(IAsyncEnumerable<WorkerEvent> events)
    {
        var all = new List<WorkerEvent>();
        await foreach (var said in events)
        {
            all.Add(said);
        }

        return all;
    }

    private static Task<List<WorkerEvent>> ListenAsync(LocalRunner runner) => CollectAsync(runner.WatchAsync(Token));

    private static Program Pipeline(uint parallelism, EdgeKind edge = EdgeKind.Forward, uint? key = null, string kind = "collect") => Jobs.Of(
        [Jobs.Node(1, parallelism, Jobs.Op("s", "source", Rows.Numbers)), Jobs.Node(2, parallelism, Jobs.Op("k", kind))],
        Jobs.Edge(1, 2, edge, key is { } column ? [column] : []));

    private OperatorRegistry Registry(Func<StreamSource> source) => new OperatorRegistry()
        .Add("source", _ => source())
        .Add("pass", _ => new LambdaOperator())
        .Add("collect", _ => new CollectSink(_rows));

    private StreamEngineSetup Setup(Program program, OperatorRegistry registry) => Jobs.Setup(program, registry, _memory);

    private List<long> Numbers()
    {
        var numbers = new List<long>();
        foreach (var batch in _rows.Take())
        {
            using (batch)
            {
                numbers.AddRange(batch.Column<Int64Array>(0).Values);
            }
        }

        numbers.Sort();
        return numbers;
    }
}
