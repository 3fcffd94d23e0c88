using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Tests.Streaming.Dataflow;

/// <summary>Several inputs that are not equally fast: barriers and watermarks over them.</summary>
public sealed class SkewedInputTests : IDisposable
{
    private readonly CountingAllocator _memory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Assert.Equal(0, _memory.LiveBytes);

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task SkewedInputs_AreAligned_NoRowFromBehindTheLineIsInTheCheckpoint()
    {
        // The fast source has delivered its barrier long before the slow one; its later rows have to wait.
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var atLine = new TaskCompletionSource<(long, long)>(TaskCreationOptions.RunContinuationsAsynchronously);
        var (fast, slow) = (0L, 0L);
        var registry = new OperatorRegistry()
            .Add("fast", _ => LambdaSource.Endless(10))
            .Add("slow", _ => new LambdaSource(async (context, cancellationToken) =>
            {
                await context.EmitAsync(Rows.Of(3, 0, _memory), cancellationToken);
                await release.Task.WaitAsync(cancellationToken);
                await context.EmitAsync(Rows.Of(4, 0, _memory), cancellationToken);
                return (await context.WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken))!.Value;
            }))
            .Add("join", _ => new LambdaOperator
            {
                Process = (batch, input, _, _) =>
                {
                    (fast, slow) = input == 0 ? (fast + batch.RowCount, slow) : (fast, slow + batch.RowCount);
                    batch.Dispose();
                    return ValueTask.CompletedTask;
                },
                Barriers = (_, _) => { atLine.TrySetResult((fast, slow)); return ValueTask.CompletedTask; },
            });
        var program = Jobs.Of(
            [Jobs.Node(1, 1, Jobs.Op("f", "fast", Rows.Numbers)), Jobs.Node(2, 1, Jobs.Op("l", "slow", Rows.Numbers)), Jobs.Node(3, 1, Jobs.Op("j", "join"))],
            Jobs.Edge(1, 3, EdgeKind.LeftJoin, 0), Jobs.Edge(2, 3, EdgeKind.RightJoin, 0));
        await using var engine = new StreamEngine(Jobs.Setup(program, registry, _memory) with { Limits = new StreamEngineLimits { QueueRows = 50 } });
        await engine.StartAsync(Token);
        await engine.CheckpointAsync(new CheckpointRequest { Epoch = 1 }, Token);
        await engine.ReadUntilAsync( said => said.Checkpoint?.Kind == CheckpointEventKind.StartedAlignment);
        var atAlignment = fast;
        release.SetResult();

        Assert.Equal((atAlignment, 7), await atLine.Task);
        await engine.ReadUntilAsync( said => said.CheckpointCompleted?.Subtask.OperatorId == "j");
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task AbortedCheckpoint_LetsBlockedInputsGo_AndTheNextOneSucceeds()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var rowsAfter = 0;
        var registry = new OperatorRegistry()
            .Add("fast", _ => LambdaSource.Endless(10))
            .Add("deaf", _ => new LambdaSource(async (context, cancellationToken) =>
            {
                await release.Task.WaitAsync(cancellationToken);
                return (await context.WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken))!.Value;
            }))
            .Add("join", _ => new LambdaOperator
            {
                Process = (batch, _, _, _) =>
                {
                    rowsAfter += batch.RowCount;
                    if (rowsAfter > 1_000)
                    {
                        arrived.TrySetResult();
                    }

                    batch.Dispose();
                    return ValueTask.CompletedTask;
                },
            });
        var program = Jobs.Of(
            [Jobs.Node(1, 1, Jobs.Op("f", "fast", Rows.Numbers)), Jobs.Node(2, 1, Jobs.Op("d", "deaf", Rows.Numbers)), Jobs.Node(3, 1, Jobs.Op("j", "join"))],
            Jobs.Edge(1, 3, EdgeKind.Shuffle), Jobs.Edge(2, 3, EdgeKind.Shuffle));
        await using var engine = new StreamEngine(Jobs.Setup(program, registry, _memory) with { Limits = new StreamEngineLimits { QueueRows = 50 } });
        await engine.StartAsync(Token);
        await engine.CheckpointAsync(new CheckpointRequest { Epoch = 1 }, Token);
        await engine.ReadUntilAsync( said => said.Checkpoint?.Kind == CheckpointEventKind.StartedAlignment);
        rowsAfter = 0;

        await engine.AbortCheckpointAsync(1, Token);
        await arrived.Task;
        release.SetResult();
        await engine.CheckpointAsync(new CheckpointRequest { Epoch = 2 }, Token);

        var told = await engine.ReadUntilAsync( said => said.CheckpointCompleted?.Subtask.OperatorId == "j");
        Assert.Equal(2, told[^1].CheckpointCompleted.Epoch);
        Assert.DoesNotContain(told, said => said.CheckpointCompleted is { Epoch: 1, Subtask.OperatorId: "j" });
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Watermarks_OverAShuffle_AreTheSmallestOfAllSenders_AndEndWithTheData()
    {
        var seen = new List<Watermark>[] { [], [] };
        var registry = new OperatorRegistry()
            .Add("timed", _ => new LambdaSource(async (context, cancellationToken) =>
            {
                for (var i = 1; i <= 20; i++)
                {
                    await context.EmitWatermarkAsync(Watermark.At(i * (context.Operator.SubtaskIndex + 1)), cancellationToken);
                }

                return SourceEnd.Final;
            }))
            .Add("see", _ => new SeeWatermarks(seen));
        var program = Jobs.Of([Jobs.Node(1, 2, Jobs.Op("t", "timed", Rows.Numbers)), Jobs.Node(2, 2, Jobs.Op("k", "see"))], Jobs.Edge(1, 2, EdgeKind.Shuffle, 0));
        await using var runner = new LocalRunner(Jobs.Setup(program, registry, _memory));

        await runner.RunAsync(Token);

        Assert.All(seen, one =>
        {
            Assert.Equal(one.Select(watermark => watermark.EventTimeMicros).Order(), one.Select(watermark => watermark.EventTimeMicros));
            Assert.Equal(Watermark.End, one[^1]);
            Assert.All(one, watermark => Assert.True(watermark.IsEnd || watermark.EventTimeMicros <= 40));
        });
    }

    private sealed class SeeWatermarks(List<Watermark>[] seen) : StreamOperator
    {
        private int _index;

        public override ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
        {
            _index = context.SubtaskIndex;
            return ValueTask.CompletedTask;
        }

        public override ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
        {
            batch.Dispose();
            return ValueTask.CompletedTask;
        }

        public override ValueTask OnWatermarkAsync(Watermark watermark, IOperatorOutput output, CancellationToken cancellationToken)
        {
            seen[_index].Add(watermark);
            return ValueTask.CompletedTask;
        }
    }
}
