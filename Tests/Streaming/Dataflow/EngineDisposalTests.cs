using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Tests.Streaming.Dataflow;

/// <summary>Goal: the engine ends in a bounded time, whatever an operator does, and says what it had to leave behind.</summary>
public sealed class EngineDisposalTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task OperatorThatIgnoresItsToken_IsLeftBehindByName_AndLetGoWhenItEnds()
    {
        var memory = new CountingAllocator();
        var (isInside, free, isLetGo) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        var clock = new ManualTimeProvider();
        var registry = new OperatorRegistry()
            .Add("source", _ => LambdaSource.Endless(10))
            .Add("deaf", _ => new LambdaOperator
            {
                Process = async (batch, _, _, _) =>
                {
                    isInside.TrySetResult();
                    await free.Task;
                    batch.Dispose();
                },
                Disposed = () => isLetGo.TrySetResult(),
            });
        var program = Jobs.Of([Jobs.Node(1, 1, Jobs.Op("s", "source", Rows.Numbers)), Jobs.Node(2, 1, Jobs.Op("d", "deaf"))], Jobs.Edge(1, 2));
        var engine = new StreamEngine(Jobs.Setup(program, registry, memory) with { Clock = clock });
        await engine.StartAsync(Token);
        await isInside.Task.WaitAsync(Token);
        while (engine.Events.TryRead(out _))
        {
        }

        var timers = clock.ArmedTimerCount;
        var disposing = engine.DisposeAsync().AsTask();
        while (clock.ArmedTimerCount <= timers && !disposing.IsCompleted)
        {
            await Task.Yield();
        }

        Assert.False(disposing.IsCompleted);
        clock.Advance(StreamEngineLimits.Default.DisposeTimeout);
        await disposing;

        const string Words = "Subtask 0 of node 2 did not end 30 s after it was told to (DisposeTimeout): an operator among 'd' (deaf) does not honour its token.";

        // The source may be among them: it was told to end in the same moment, and had no time.
        Assert.Single(engine.LeftBehind, words => words.StartsWith(Words, StringComparison.Ordinal));
        var told = new List<WorkerEvent>();
        while (engine.Events.TryRead(out var said))
        {
            told.Add(said);
        }

        var error = Assert.Single(told, said => said.NonfatalError?.Subtask.NodeId == 2).NonfatalError;
        Assert.StartsWith(Words, error.Message, StringComparison.Ordinal);
        Assert.Equal(FlowErrorKind.Of(FlowErrorCode.DeadlineExceeded).Wire, error.Code);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.Completion);

        free.SetResult();
        await isLetGo.Task.WaitAsync(Token);
        Assert.Equal(0, memory.LiveBytes);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task OperatorsThatEnd_AreNotWaitedForAnyLonger_AndNothingIsLeftBehind()
    {
        var rows = new RowCollector();
        var registry = new OperatorRegistry().Add("source", _ => LambdaSource.Endless(10)).Add("pass", _ => new LambdaOperator()).Add("collect", _ => new CollectSink(rows));
        var program = Jobs.Of(
            [Jobs.Node(1, 1, Jobs.Op("s", "source", Rows.Numbers)), Jobs.Node(2, 1, Jobs.Op("p", "pass", Rows.Numbers)), Jobs.Node(3, 1, Jobs.Op("k", "collect"))], Jobs.Edge(1, 2), Jobs.Edge(2, 3));
        var engine = new StreamEngine(Jobs.Setup(program, registry) with { Clock = new ManualTimeProvider() });
        await engine.StartAsync(Token);

        // Its clock stands still: nothing but the end of the operators ends this.
        await engine.DisposeAsync();

        Assert.Empty(engine.LeftBehind);
        rows.Dispose();
    }
}
