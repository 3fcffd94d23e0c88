using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Tests.Streaming.Operators;

public class WatermarkOperatorTests
{
    private const long Second = 1_000_000;

    private static readonly ArrowSchema Times = new(EventTime.Field);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rows_GoOnBeforeTheirWatermark_WhichIsASecondBehindTheFirstOfThem()
    {
        await using var one = await OperatorHarness.StartAsync(new WatermarkOperator(new WatermarkConfig()), Times);

        await one.ProcessAsync(Of(7 * Second, 5 * Second));

        Assert.Equal(["rows 2", $"{4 * Second} us"], one.Log);
    }

    [Fact]
    public async Task NextWatermark_ComesWhenEventTimeHasMovedByMoreThanASecond()
    {
        await using var one = await OperatorHarness.StartAsync(new WatermarkOperator(new WatermarkConfig { DelayMicros = 0 }), Times);
        await one.ProcessAsync(Of(5 * Second));

        await one.ProcessAsync(Of(6 * Second));
        Assert.Equal([Watermark.At(5 * Second)], one.Watermarks);
        await one.ProcessAsync(Of((6 * Second) + 1));

        Assert.Equal([Watermark.At(5 * Second), Watermark.At((6 * Second) + 1)], one.Watermarks);
    }

    [Fact]
    public async Task Straggler_NeverMovesTheWatermarkBack()
    {
        await using var one = await OperatorHarness.StartAsync(new WatermarkOperator(new WatermarkConfig { DelayMicros = 0 }), Times);
        await one.ProcessAsync(Of(10 * Second));

        await one.ProcessAsync(Of(3 * Second, 20 * Second));

        Assert.Equal([Watermark.At(10 * Second), Watermark.At(10 * Second)], one.Watermarks);
    }

    [Fact]
    public async Task RandomTimes_GiveWatermarksThatOnlyGrow()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            await using var one = await OperatorHarness.StartAsync(new WatermarkOperator(new WatermarkConfig()), Times);
            for (var i = 0; i < 50; i++)
            {
                await one.ProcessAsync(Of([.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => (i * Second) + (random.Next(-20, 20) * Second))]));
            }

            Assert.Equal(one.Watermarks.Select(watermark => watermark.EventTimeMicros).Order(), one.Watermarks.Select(watermark => watermark.EventTimeMicros));
        }
    }

    [Fact]
    public async Task NamedColumn_IsTheWatermarkItself()
    {
        var schema = new ArrowSchema(EventTime.Field, new ArrowField("safe", ArrowType.Timestamp(TimeUnit.Microsecond), isNullable: false));
        await using var one = await OperatorHarness.StartAsync(new WatermarkOperator(new WatermarkConfig { Column = "safe" }), schema);
        using var builder = new RecordBatchBuilder(schema);
        builder.Column<TimestampBuilder>(0).AppendRange([9 * Second, 8 * Second]);
        builder.Column<TimestampBuilder>(1).AppendRange([3 * Second, 2 * Second]);

        await one.ProcessAsync(builder.Build());

        Assert.Equal([Watermark.At(2 * Second)], one.Watermarks);
    }

    [Fact]
    public async Task WithoutRowsForTheIdleTime_TheSubtaskIsIdle_OnceAndUntilTheNextRows()
    {
        var clock = new ManualTimeProvider();
        await using var one = await OperatorHarness.StartAsync(new WatermarkOperator(new WatermarkConfig { DelayMicros = 0 }), Times, clock: clock);
        await one.ProcessAsync(Of(5 * Second));
        Assert.Equal(TimeSpan.FromSeconds(1), one.Operator.TickInterval);

        clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        await one.Operator.OnTickAsync(one, Token);
        Assert.Single(one.Watermarks);
        clock.Advance(TimeSpan.FromSeconds(1));
        await one.Operator.OnTickAsync(one, Token);
        await one.Operator.OnTickAsync(one, Token);
        await one.ProcessAsync(Of(5 * Second));

        Assert.Equal([Watermark.At(5 * Second), Watermark.Idle, Watermark.At(5 * Second)], one.Watermarks);
    }

    [Fact]
    public void IdleTimeOfMinusOne_SwitchesIdlenessOff() =>
        Assert.Null(new WatermarkOperator(new WatermarkConfig { IdleMicros = -1 }).TickInterval);

    [Fact]
    public async Task EndOfData_GoesOn_WhileWatermarksFromBeforeDoNot()
    {
        await using var one = await OperatorHarness.StartAsync(new WatermarkOperator(new WatermarkConfig()), Times);

        await one.Operator.OnWatermarkAsync(Watermark.At(99), one, Token);
        await one.Operator.OnWatermarkAsync(Watermark.Idle, one, Token);
        await one.Operator.OnWatermarkAsync(Watermark.End, one, Token);

        Assert.Equal([Watermark.Idle, Watermark.End], one.Watermarks);
    }

    [Fact]
    public async Task RestoredSubtask_DoesNotGoBehindTheCheckpoint()
    {
        using var backend = new MemoryStateBackend();
        await using var before = await OperatorHarness.StartAsync(new WatermarkOperator(new WatermarkConfig { DelayMicros = 0 }), Times, backend);
        await before.ProcessAsync(Of(50 * Second));
        var state = OperatorStates.Merge("one", [await before.CheckpointAsync()]);

        await using var after = await OperatorHarness.StartAsync(new WatermarkOperator(new WatermarkConfig { DelayMicros = 0 }), Times, backend, state, index: 1, parallelism: 2);
        await after.ProcessAsync(Of(10 * Second));

        Assert.Equal([Watermark.At(50 * Second)], after.Watermarks);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task EventTime_ThatIsMissingOrMayBeNull_IsRefused(bool isMissing)
    {
        var schema = new ArrowSchema(isMissing ? new ArrowField("other", ArrowType.Int64) : new ArrowField(EventTime.Column, EventTime.Field.Type, isNullable: true));

        var refused = await Assert.ThrowsAsync<FlowException>(() => OperatorHarness.StartAsync(new WatermarkOperator(new WatermarkConfig()), schema));

        Assert.Equal(FlowErrorCode.BadGraph, refused.Code);
        Assert.Contains(EventTime.Column, refused.Message, StringComparison.Ordinal);
    }

    private static RecordBatch Of(params long[] times)
    {
        using var builder = new RecordBatchBuilder(Times);
        builder.Column<TimestampBuilder>(0).AppendRange(times);
        return builder.Build();
    }
}
