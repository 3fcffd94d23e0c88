using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Functions.Typed;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;
using OrleansFlow.Tests.Streaming.Operators;

namespace OrleansFlow.Tests.Streaming.StreamJobs;

/// <summary>Order, bound, time and state of async calls, which the test ends one by one.</summary>
public sealed class AsyncOperatorTests : IDisposable
{
    private static readonly ArrowSchema Schema = new(new ArrowField("Value", ArrowType.Int64), EventTime.Field);

    private readonly MemoryStateBackend _backend = new();
    private readonly ManualTimeProvider _clock = new();
    private readonly Dictionary<long, TaskCompletionSource<long>> _calls = [];
    private readonly List<long> _started = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _backend.Dispose();

    [Fact]
    public async Task Ordered_GivesRowsAsTheyCame_AndWatermarksBehindThem()
    {
        await using var one = await StartAsync(AsyncOrder.Ordered);
        await one.ProcessAsync(Rows(1, 2));
        await WatermarkAsync(one, 5);
        End(2);
        await TickAsync(one);
        Assert.Empty(one.Log);

        End(1);
        await TickAsync(one);

        Assert.Equal(["rows 2", "5 us"], one.Log);
        Assert.Equal([10, 20], Values(one));
    }

    [Fact]
    public async Task Unordered_GivesRowsAsTheyAreReady_ButNotAcrossAWatermark()
    {
        await using var one = await StartAsync(AsyncOrder.Unordered);
        await one.ProcessAsync(Rows(1, 2));
        await WatermarkAsync(one, 5);
        await one.ProcessAsync(Rows(3));
        End(3);
        End(2);
        await TickAsync(one);
        Assert.Equal([20], Values(one));

        End(1);
        await TickAsync(one);

        Assert.Equal([20, 10, 30], Values(one));
        Assert.Equal("5 us", one.Log[2]);
    }

    [Fact]
    public async Task RowsUnderWay_AreCalledAgainAfterARestore_AndThoseThatLeftAreNot()
    {
        OperatorState state;
        await using (var before = await StartAsync(AsyncOrder.Ordered))
        {
            await before.ProcessAsync(Rows(1, 2, 3));
            await before.CheckpointAsync();
            End(1);
            await TickAsync(before);
            state = StateOf(await before.CheckpointAsync());
        }

        _started.Clear();
        _calls.Clear();
        await using var after = await StartAsync(AsyncOrder.Ordered, restored: state);
        Assert.Equal([2, 3], _started);
        await after.ProcessAsync(Rows(4));
        End(2);
        End(3);
        End(4);
        await TickAsync(after);

        Assert.Equal([20, 30, 40], Values(after));
    }

    [Fact]
    public async Task MoreRowsThanMayBeUnderWay_Wait()
    {
        await using var one = await StartAsync(AsyncOrder.Ordered, inFlight: 2);

        var taking = one.ProcessAsync(Rows(1, 2, 3)).AsTask();
        Assert.False(taking.IsCompleted);
        Assert.Equal([1, 2], _started);
        End(1);
        await taking.WaitAsync(Token);

        Assert.Equal([1, 2, 3], _started);
        Assert.Equal([10], Values(one));
    }

    [Fact]
    public async Task CallThatTakesTooLong_IsTriedAgain_AndThenFailsTheJob()
    {
        await using var one = await StartAsync(AsyncOrder.Ordered, attempts: 2);
        await one.ProcessAsync(Rows(1));
        _clock.Advance(TimeSpan.FromSeconds(30));
        await SpinAsync(() => _started.Count == 2);
        _clock.Advance(TimeSpan.FromSeconds(30));

        var failed = await Assert.ThrowsAsync<FlowException>(async () => await WatermarkAsync(one, long.MaxValue));

        Assert.Equal([1, 1], _started);
        Assert.Contains("The call took longer than 00:00:30.", failed.Message, StringComparison.Ordinal);
    }

    private static async Task SpinAsync(Func<bool> isThere)
    {
        while (!isThere())
        {
            Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static RecordBatch Rows(params long[] values)
    {
        using var builder = new RecordBatchBuilder(Schema);
        foreach (var value in values)
        {
            builder.Column<Int64Builder>(0).Append(value);
            builder.Column<PrimitiveBuilder<long>>(1).Append(value);
        }

        return builder.Build();
    }

    private static List<long> Values(OperatorHarness one) => [.. one.Batches.SelectMany(batch => batch.Column<Int64Array>(0).Values.ToArray())];

    private static OperatorState StateOf(SubtaskState state) => new() { OperatorId = "one", Parallelism = 1, Tables = { state.Tables } };

    private static ValueTask WatermarkAsync(OperatorHarness one, long micros) => one.Operator.OnWatermarkAsync(Watermark.At(micros), one, Token);

    /// <summary>Lets rows out whose calls have ended; the ends may still be on their way to the operator.</summary>
    private static async Task TickAsync(OperatorHarness one)
    {
        for (var turn = 0; turn < 100; turn++)
        {
            await Task.Yield();
            await one.Operator.OnTickAsync(one, Token);
        }
    }

    private async Task<OperatorHarness> StartAsync(AsyncOrder order, uint inFlight = 10, uint attempts = 1, OperatorState? restored = null)
    {
        var config = new AsyncFunctionConfig { Order = order, TimeoutMicros = 30_000_000, InFlightMax = inFlight, AttemptsMax = attempts };
        var definition = new OperatorDefinition("one", "async:f", default, [Schema], Schema);
        return await OperatorHarness.StartAsync(new AsyncOperator<long, long>(definition, config, new ByHand(this)), Schema, _backend, restored, _clock);
    }

    // Continuations run at once, so that a call has ended when the test goes on.
    private void End(long row) => _calls[row].SetResult(row * 10);

    private sealed class ByHand(AsyncOperatorTests test) : AsyncFunction<long, long>
    {
        public override Task<long> InvokeAsync(long row, CancellationToken cancellationToken)
        {
            test._started.Add(row);
            return (test._calls[row] = new TaskCompletionSource<long>()).Task;
        }
    }
}
