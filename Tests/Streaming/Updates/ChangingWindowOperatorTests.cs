using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Updates;

namespace OrleansFlow.Tests.Streaming.Updates;

/// <summary>Goal: when results of a tumbling window of 10 s go out, are corrected and taken back, of rows (key, number, second).</summary>
public sealed class ChangingWindowOperatorTests : ChangingOperatorTests
{
    protected override WindowConfig Window => new() { Tumbling = new TumblingWindow { WidthMicros = 10 * Second } };

    [Fact]
    public async Task RowsInTime_ComeOutOnceAtTheWatermark()
    {
        await using var one = await StartAsync(lateness: 20, early: 0);
        await one.ProcessAsync(Of((1, 5, 3), (2, 7, 4), (1, 6, 9)));
        await MoveToAsync(one, 9);
        await TickAsync(one, 5);
        Assert.Empty(Said(one));

        await MoveToAsync(one, 10);
        await TickAsync(one, 5);
        await MoveToAsync(one, 100);

        Assert.Equal(["+1 2 6 0-10", "+2 1 7 0-10"], Said(one));
    }

    [Fact]
    public async Task RowWithinTheLateness_TakesItsResultBackAndCorrectsIt_WithTheNextTick()
    {
        await using var one = await StartAsync(lateness: 20, early: 0);
        await one.ProcessAsync(Of((1, 5, 3), (2, 7, 4)));
        await MoveToAsync(one, 29);
        Said(one);

        await one.ProcessAsync(Of((1, 9, 5)));
        await one.ProcessAsync(Of((1, 1, 5)));
        Assert.Empty(Said(one));
        await TickAsync(one, 1);

        Assert.Equal(["-1 1 5 0-10", "+1 3 9 0-10"], Said(one));
        await TickAsync(one, 5);
        Assert.Empty(Said(one));
    }

    [Fact]
    public async Task LateRowOfANewKey_OrOfAWindowThatHadNone_TakesNothingBack()
    {
        await using var one = await StartAsync(lateness: 60, early: 0);
        await one.ProcessAsync(Of((1, 5, 3)));
        await MoveToAsync(one, 40);
        Said(one);

        await one.ProcessAsync(Of((3, 9, 5), (3, 8, 25)));
        await TickAsync(one, 1);

        Assert.Equal(["+3 1 9 0-10", "+3 1 8 20-30"], Said(one));
    }

    [Fact]
    public async Task CorrectionThatWaits_GoesOutBeforeItsWindowIsForgotten()
    {
        await using var one = await StartAsync(lateness: 20, early: 0);
        await one.ProcessAsync(Of((1, 5, 3)));
        await MoveToAsync(one, 29);
        Said(one);

        await one.ProcessAsync(Of((1, 9, 5)));
        await MoveToAsync(one, 30);

        Assert.Equal(["-1 1 5 0-10", "+1 2 9 0-10"], Said(one));
    }

    [Fact]
    public async Task RowBeyondTheLateness_IsLeftOutAndCounted()
    {
        await using var one = await StartAsync(lateness: 20, early: 0);
        await one.ProcessAsync(Of((1, 5, 3)));
        await MoveToAsync(one, 30);
        Said(one);

        await one.ProcessAsync(Of((1, 9, 5), (2, 1, 12)));
        await TickAsync(one, 1);
        await MoveToAsync(one, 100);

        Assert.Equal(["+2 1 1 10-20"], Said(one));
        Assert.Equal(1, ((ChangingWindowOperator)one.Operator).LateRowCount);
    }

    [Fact]
    public async Task EarlyResults_GoOutAtTheInterval_OnlyWhereTheyChanged_AndAreReplacedAtTheWatermark()
    {
        await using var one = await StartAsync(lateness: 0, early: 1);
        await one.ProcessAsync(Of((1, 5, 3), (2, 7, 4)));
        await TickAsync(one, 1);
        Assert.Equal(["+1 1 5 0-10", "+2 1 7 0-10"], Said(one));

        await TickAsync(one, 3);
        Assert.Empty(Said(one));
        await one.ProcessAsync(Of((1, 4, 5)));
        await TickAsync(one, 1);
        Assert.Equal(["-1 1 5 0-10", "+1 2 5 0-10"], Said(one));

        await one.ProcessAsync(Of((2, 9, 6)));
        await MoveToAsync(one, 10);
        Assert.Equal(["-2 1 7 0-10", "+2 2 9 0-10"], Said(one));
    }

    [Fact]
    public async Task LongEarlyInterval_IsWaitedFor_WhileCorrectionsComeEachSecond()
    {
        await using var one = await StartAsync(lateness: 20, early: 2.5);
        Assert.Equal(TimeSpan.FromSeconds(2.5 / 3), one.Operator.TickInterval);
        await one.ProcessAsync(Of((1, 5, 3)));
        await MoveToAsync(one, 10);
        await one.ProcessAsync(Of((1, 6, 3), (1, 1, 12)));
        Said(one);

        await TickAsync(one, 1);
        Assert.Equal(["-1 1 5 0-10", "+1 2 6 0-10"], Said(one));
        await TickAsync(one, 1);
        Assert.Empty(Said(one));
        await TickAsync(one, 1);

        Assert.Equal(["+1 1 1 10-20"], Said(one));
    }

    [Fact]
    public async Task Barrier_BringsOutWhatIsChangedOfResultsThatWentOut_AndNothingElse()
    {
        await using var one = await StartAsync(lateness: 20, early: 0);
        await one.ProcessAsync(Of((1, 5, 3)));
        await MoveToAsync(one, 10);
        Said(one);
        await one.ProcessAsync(Of((1, 6, 3), (1, 1, 12)));

        await one.CheckpointAsync(1);

        Assert.Equal(["-1 1 5 0-10", "+1 2 6 0-10"], Said(one));
    }

    [Fact]
    public async Task Restored_ItTakesBackWhatItGaveBefore_AndGivesNothingTwice()
    {
        OperatorState state;
        await using (var before = await StartAsync(lateness: 20, early: 1))
        {
            await before.ProcessAsync(Of((1, 5, 3), (2, 7, 4)));
            await MoveToAsync(before, 10);
            await before.ProcessAsync(Of((3, 2, 12)));
            await TickAsync(before, 1);
            await before.ProcessAsync(Of((4, 3, 12), (4, 4, 31)));
            Said(before);
            state = StateOf(await before.CheckpointAsync(1));
            Assert.Equal(["+4 1 3 10-20"], Said(before));
        }

        await using var after = await StartAsync(lateness: 20, early: 1, state);
        await after.ProcessAsync(Of((1, 8, 5), (3, 9, 13)));
        await TickAsync(after, 1);
        Assert.Equal(["-1 1 5 0-10", "+1 2 8 0-10", "-3 1 2 10-20", "+3 2 9 10-20", "+4 1 4 30-40"], Said(after));
        await after.Operator.OnWatermarkAsync(Watermark.End, after, Token);

        Assert.Empty(Said(after));
    }

    [Fact]
    public async Task SubtasksThatHandedOutAtDifferentTimes_ComeTogetherWithoutLossOrDoubt()
    {
        var states = new List<SubtaskState>();
        for (var index = 0; index < 2; index++)
        {
            await using var before = await StartAsync(lateness: 0, early: 1, index: index, parallelism: 2);
            await before.ProcessAsync(Of((index == 0 ? KeyOf(0) : KeyOf(1), 5, 3)));
            await TickAsync(before, index);
            states.Add(await before.CheckpointAsync(1));
        }

        await using var after = await StartAsync(lateness: 0, early: 1, StateOf([.. states]));
        await after.ProcessAsync(Of((KeyOf(1), 6, 4)));
        await MoveToAsync(after, 10);

        // The first one had not gone out, the second one had.
        Assert.Equal([$"-{KeyOf(1)} 1 5 0-10", $"+{KeyOf(0)} 1 5 0-10", $"+{KeyOf(1)} 2 6 0-10"], Said(after));
    }

    [Fact]
    public async Task IdleInput_MovesNothing()
    {
        await using var one = await StartAsync(lateness: 20, early: 0);
        await one.ProcessAsync(Of((1, 5, 3)));

        await one.Operator.OnWatermarkAsync(Watermark.Idle, one, Token);

        Assert.Empty(Said(one));
        Assert.Equal([Watermark.Idle], one.Watermarks);
    }

    [Fact]
    public void NoWindow_IsRefused()
    {
        var config = Config(1, 0);
        config.Window.ClearWindow();

        var exception = Assert.Throws<FlowException>(() => ChangingWindowOperator.Create(Definition(), config));

        Assert.Equal(FlowErrorCode.BadGraph, exception.Code);
        Assert.Contains("a window of kind None does not change", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, 0, 10, "a width is -1 us")]
    [InlineData(0, -1, 10, "a width is -1 us")]
    [InlineData(0, 0, 7, "a width of 7 us is no multiple of 5 us")]
    public void LengthThatIsNone_IsRefusedByItsValue(long lateness, long early, long width, string words)
    {
        var config = new ChangingWindowConfig { Window = Config(0, 0).Window, AllowedLatenessMicros = lateness, EarlyIntervalMicros = early };
        config.Window.Hopping = new HoppingWindow { SlideMicros = 5, WidthMicros = width };

        var exception = Assert.Throws<FlowException>(() => ChangingWindowOperator.Create(Definition(), config));

        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
    }
}
