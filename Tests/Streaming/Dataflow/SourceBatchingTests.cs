using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Tests.Streaming.Dataflow;

public sealed class SourceBatchingTests : IDisposable
{
    private readonly CountingAllocator _memory = new();
    private readonly RowCollector _rows = new();
    private readonly ManualTimeProvider _clock = new();
    private readonly TaskCompletionSource _arrival = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _rows.Dispose();
        Assert.Equal(0, _memory.LiveBytes);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Rows_LeaveInBatchesOf2048_AndTheRestAtTheEnd()
    {
        await using var runner = Runner(async (context, cancellationToken) =>
        {
            for (var i = 0L; i < 4_200; i++)
            {
                context.Rows.Column<Int64Builder>(0).Append(i);
                await context.RowsAddedAsync(cancellationToken);
            }

            return SourceEnd.Final;
        });

        await runner.RunAsync(Token);

        Assert.Equal([2_048, 2_048, 104], TakeCounts());
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Rows_LeaveAfter100Milliseconds_WhileTheSourceWaits()
    {
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var runner = Runner(async (context, cancellationToken) =>
        {
            context.Rows.Column<Int64Builder>(0).Append(1);
            await context.RowsAddedAsync(cancellationToken);
            var told = context.WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken);
            waiting.SetResult();
            return (await told)!.Value;
        });
        var run = runner.RunAsync(Token);
        await waiting.Task;

        _clock.Advance(TimeSpan.FromMilliseconds(99));
        Assert.False(_arrival.Task.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await _arrival.Task;

        Assert.Equal([1], TakeCounts());
        await runner.StopAsync(Protocol.Streaming.V1.StopMode.Graceful, Token);
        await run;
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Rows_LeaveBeforeABarrier()
    {
        await using var runner = Runner(async (context, cancellationToken) =>
        {
            context.Rows.Column<Int64Builder>(0).Append(1);
            await context.RowsAddedAsync(cancellationToken);
            return (await context.WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken))!.Value;
        });
        var run = runner.RunAsync(Token);

        await runner.CheckpointAsync(thenStop: true, Token);
        await run;

        Assert.Equal([1], TakeCounts());
    }

    private int[] TakeCounts()
    {
        var batches = _rows.Take();
        foreach (var batch in batches)
        {
            batch.Dispose();
        }

        return [.. batches.Select(batch => batch.RowCount)];
    }

    private LocalRunner Runner(Func<SourceContext, CancellationToken, Task<SourceEnd>> source)
    {
        var registry = new OperatorRegistry().Add("source", _ => new LambdaSource(source)).Add("collect", _ => new LambdaOperator
        {
            Process = (batch, _, _, _) =>
            {
                _rows.Add(batch);
                _arrival.TrySetResult();
                return ValueTask.CompletedTask;
            },
        });
        var program = Jobs.Of([Jobs.Node(1, 1, Jobs.Op("s", "source", Rows.Numbers)), Jobs.Node(2, 1, Jobs.Op("k", "collect"))], Jobs.Edge(1, 2));
        return new LocalRunner(Jobs.Setup(program, registry, _memory) with { Clock = _clock });
    }
}
