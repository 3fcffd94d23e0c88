using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Tests.Streaming.Dataflow;

/// <summary>What the coordinator says to an engine, and what it hears of it.</summary>
public sealed class CheckpointAndStopTests : IDisposable
{
    private readonly CountingAllocator _memory = new();
    private readonly RowCollector _rows = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _rows.Dispose();
        Assert.Equal(0, _memory.LiveBytes);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Checkpoint_TellsEachStepOfEachOperatorInOrder()
    {
        await using var engine = await StartAsync(Registry(LambdaSource.Silent), parallelism: 2, EdgeKind.Shuffle);

        await engine.CheckpointAsync(new CheckpointRequest { Epoch = 7 }, Token);

        var told = await engine.ReadUntilAsync( said => said.EventCase == WorkerEvent.EventOneofCase.CheckpointCompleted, times: 4);
        var steps = told.Where(said => said.EventCase == WorkerEvent.EventOneofCase.Checkpoint && said.Checkpoint.Subtask is { NodeId: 2, SubtaskIndex: 1 }).Select(said => said.Checkpoint).ToList();
        Assert.Equal(
            [("", CheckpointEventKind.StartedAlignment), ("k", CheckpointEventKind.StartedCheckpointing), ("k", CheckpointEventKind.FinishedOperatorSetup), ("k", CheckpointEventKind.FinishedSync)],
            steps.Select(step => (step.Subtask.OperatorId, step.Kind)));
        Assert.All(steps, step => Assert.Equal(7, step.Epoch));
        Assert.Equal(
            ["k0", "k1", "s0", "s1"],
            told.Where(said => said.EventCase == WorkerEvent.EventOneofCase.CheckpointCompleted).Select(said => $"{said.CheckpointCompleted.Subtask.OperatorId}{said.CheckpointCompleted.Subtask.SubtaskIndex}").Order(StringComparer.Ordinal));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task CheckpointThenStop_EndsEverySubtaskAtTheSameLine()
    {
        var lines = new List<long>();
        var counted = 0L;
        var registry = Registry(() => LambdaSource.Endless(10)).Add("line", _ => new LambdaOperator
        {
            Process = (batch, _, _, _) => { counted += batch.RowCount; batch.Dispose(); return ValueTask.CompletedTask; },
            Barriers = (barrier, _) => { lines.Add(counted); return ValueTask.CompletedTask; },
        });
        await using var runner = new LocalRunner(Jobs.Setup(Program(1, EdgeKind.Forward, "line"), registry, _memory));
        var run = runner.RunAsync(Token);

        var manifest = await runner.CheckpointAsync(thenStop: true, Token);
        await run;

        Assert.Equal([counted], lines);
        Assert.Equal(runner.Counters[0].MessagesSent, counted);
        Assert.Equal(["k", "s"], manifest.Operators.Select(one => one.OperatorId).Order(StringComparer.Ordinal));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task CommittingSink_WaitsForItsCommit_BeforeItEndsWithACheckpoint()
    {
        var commits = new List<string>();
        await using var engine = await StartAsync(Registry(LambdaSource.Silent).Add("two phases", _ => TwoPhases(commits, "staged")), 1, EdgeKind.Forward, "two phases");
        await engine.CheckpointAsync(new CheckpointRequest { Epoch = 3, ThenStop = true }, Token);
        var told = await engine.ReadUntilAsync( said => said.CheckpointCompleted?.Subtask.OperatorId == "k");
        Assert.True(told[^1].CheckpointCompleted.NeedsCommit);
        Assert.Equal("staged", told[^1].CheckpointCompleted.State.CommitData.ToStringUtf8());
        Assert.False(engine.Completion.IsCompleted);

        await engine.CommitAsync(Commit(3, "k", "staged"), Token);
        await engine.Completion;

        Assert.Equal(["3 staged"], commits);
        await engine.ReadUntilAsync( said => said.Checkpoint is { Kind: CheckpointEventKind.FinishedCommit, Epoch: 3 });
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task EachSubtask_GetsItsOwnBytesToCommit()
    {
        var commits = new List<string>();
        await using var engine = await StartAsync(Registry(LambdaSource.Silent).Add("two phases", _ => TwoPhases(commits, "x")), 2, EdgeKind.Forward, "two phases");

        await engine.CommitAsync(
            new CommitRequest { Epoch = 5, Commits = { new SubtaskCommit { OperatorId = "k", SubtaskIndex = 1, Data = ByteString.CopyFromUtf8("of one") }, new SubtaskCommit { OperatorId = "k", SubtaskIndex = 3, Data = ByteString.CopyFromUtf8("of three, which is no more") } } },
            Token);
        var told = await engine.ReadUntilAsync( said => said.Checkpoint?.Kind == CheckpointEventKind.FinishedCommit, times: 2);

        Assert.Equal(["5 of one", "5 of three, which is no more"], commits);
        Assert.All(told.Where(said => said.Checkpoint is not null), said => Assert.Equal(1u, said.Checkpoint.Subtask.SubtaskIndex));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task CheckpointThatIsACommit_ReachesEverySinkWithoutBytes()
    {
        var commits = new List<string>();
        await using var engine = await StartAsync(Registry(LambdaSource.Silent).Add("two phases", _ => TwoPhases(commits, "x")), 1, EdgeKind.Forward, "two phases");

        await engine.CheckpointAsync(new CheckpointRequest { Epoch = 4, IsCommit = true }, Token);
        await engine.ReadUntilAsync( said => said.Checkpoint?.Kind == CheckpointEventKind.FinishedCommit);

        Assert.Equal(["4 "], commits);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task CommitOrCompaction_OfAnOperatorThatIsNotThere_IsNotFound()
    {
        await using var engine = await StartAsync(Registry(LambdaSource.Silent), 1, EdgeKind.Forward);

        var unknown = await Assert.ThrowsAsync<FlowException>(() => engine.CommitAsync(Commit(1, "nobody", "x"), Token).AsTask());
        var noSink = await Assert.ThrowsAsync<FlowException>(() => engine.CommitAsync(Commit(1, "s", "x"), Token).AsTask());
        var compaction = await Assert.ThrowsAsync<FlowException>(() => engine.LoadCompactedDataAsync(new LoadCompactedDataRequest { OperatorId = "nobody" }, Token).AsTask());

        Assert.All([unknown, noSink, compaction], refused => Assert.Equal(FlowErrorCode.NotFound, refused.Code));
        await engine.LoadCompactedDataAsync(new LoadCompactedDataRequest { OperatorId = "k" }, Token);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task GracefulStop_FlowsThroughBehindTheLastRows_AndGivesNothingOutEarly()
    {
        var ends = 0;
        var registry = Registry(() => LambdaSource.Endless(10)).Add("end", _ => new LambdaOperator { Process = Collect, End = (_, _) => { ends++; return ValueTask.CompletedTask; } });
        await using var runner = new LocalRunner(Jobs.Setup(Program(2, EdgeKind.Shuffle, "end"), registry, _memory));
        var run = runner.RunAsync(Token);

        await runner.StopAsync(StopMode.Graceful, Token);
        await run;

        Assert.Equal(0, ends);
        Assert.Equal(runner.Counters.Where(counters => counters.NodeId == 1).Sum(counters => counters.MessagesSent), _rows.RowCount);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ImmediateStop_EndsSubtasksWhereverTheyAre_AndIsNoFailure()
    {
        var registry = Registry(() => LambdaSource.Endless(10)).Add("stuck", _ => new LambdaOperator
        {
            Process = async (batch, _, _, cancellationToken) =>
            {
                using var rows = batch;
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            },
        });
        await using var engine = await StartAsync(registry, 2, EdgeKind.Shuffle, "stuck");

        await engine.StopAsync(StopMode.Immediate, Token);
        await engine.Completion;

        var told = await engine.ReadUntilAsync( said => said.EventCase == WorkerEvent.EventOneofCase.TaskFinished, times: 4);
        Assert.DoesNotContain(told, said => said.EventCase == WorkerEvent.EventOneofCase.TaskFailed);
    }

    private static LambdaOperator TwoPhases(List<string> commits, string staged) => new()
    {
        Process = (batch, _, _, _) => { batch.Dispose(); return ValueTask.CompletedTask; },
        Staged = () => System.Text.Encoding.UTF8.GetBytes(staged),
        Commit = (epoch, data) =>
        {
            lock (commits)
            {
                commits.Add($"{epoch} {System.Text.Encoding.UTF8.GetString(data.Span)}");
            }

            return ValueTask.CompletedTask;
        },
    };

    private static CommitRequest Commit(long epoch, string operatorId, string data) =>
        new() { Epoch = epoch, Commits = { new SubtaskCommit { OperatorId = operatorId, Data = ByteString.CopyFromUtf8(data) } } };

    private ValueTask Collect(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        _rows.Add(batch);
        return ValueTask.CompletedTask;
    }

    private static Program Program(uint parallelism, EdgeKind edge, string kind = "collect") => Jobs.Of(
        [Jobs.Node(1, parallelism, Jobs.Op("s", "source", Rows.Numbers)), Jobs.Node(2, parallelism, Jobs.Op("k", kind))], Jobs.Edge(1, 2, edge));

    private OperatorRegistry Registry(Func<StreamSource> source) => new OperatorRegistry().Add("source", _ => source()).Add("collect", _ => new CollectSink(_rows));

    private async Task<StreamEngine> StartAsync(OperatorRegistry registry, uint parallelism, EdgeKind edge, string kind = "collect")
    {
        var engine = new StreamEngine(Jobs.Setup(Program(parallelism, edge, kind), registry, _memory));
        await engine.StartAsync(Token);
        return engine;
    }
}
