using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Updates;

namespace OrleansFlow.Tests.Streaming.Updates;

/// <summary>Goal: when results of sessions with a gap of 5 s go out, are corrected, merged and taken back, of rows (key, number, second).</summary>
public sealed class ChangingSessionOperatorTests : ChangingOperatorTests
{
    protected override WindowConfig Window => new() { Session = new SessionWindow { GapMicros = 5 * Second } };

    [Fact]
    public async Task LateRowBetweenTwoSessions_TakesBothBack_AndGivesTheOneThatTheyBecame()
    {
        await using var one = await StartAsync(lateness: 30, early: 0);
        await one.ProcessAsync(Of((1, 5, 3), (1, 7, 11), (2, 1, 4)));
        await MoveToAsync(one, 20);
        Assert.Equal(["+2 1 1 4-9", "+1 1 5 3-8", "+1 1 7 11-16"], Said(one).OrderBy(line => line[1] == '1'));

        await one.ProcessAsync(Of((1, 6, 7)));
        Assert.Empty(Said(one));
        await TickAsync(one, 1);

        Assert.Equal(["+1 3 7 3-16", "-1 1 5 3-8", "-1 1 7 11-16"], Said(one).Order(StringComparer.Ordinal));
        await MoveToAsync(one, 100);
        Assert.Empty(Said(one));
    }

    [Fact]
    public async Task LateRowThatReachesBeyondTheWatermark_OpensItsSessionAgain_UntilItsNewEnd()
    {
        await using var one = await StartAsync(lateness: 30, early: 0);
        await one.ProcessAsync(Of((1, 5, 3)));
        await MoveToAsync(one, 8);
        Assert.Equal(["+1 1 5 3-8"], Said(one));

        await one.ProcessAsync(Of((1, 6, 7)));
        await TickAsync(one, 3);
        Assert.Empty(Said(one));
        await MoveToAsync(one, 12);

        Assert.Equal(["-1 1 5 3-8", "+1 2 6 3-12"], Said(one));
    }

    [Fact]
    public async Task RowsOfAsMuchLateness_AreTaken_AndThoseBehindThemLeftOut()
    {
        await using var one = await StartAsync(lateness: 20, early: 0);
        await MoveToAsync(one, 30);
        await one.ProcessAsync(Of((1, 5, 10), (1, 5, 9)));
        await TickAsync(one, 1);

        Assert.Equal(["+1 1 5 10-15"], Said(one));
        Assert.Equal(1, ((ChangingWindowOperator)one.Operator).LateRowCount);
    }

    [Fact]
    public async Task LateRowThatChangesNoResult_TakesNothingBack()
    {
        await using var one = await StartAsync(lateness: 20, early: 0, counts: false);
        await one.ProcessAsync(Of((1, 5, 3), (1, 2, 4)));
        await MoveToAsync(one, 10);
        Assert.Equal(["+1 5 5 3-9"], Said(one));

        await one.ProcessAsync(Of((1, 1, 3)));
        await TickAsync(one, 1);

        Assert.Empty(Said(one));
    }

    [Fact]
    public async Task EarlyResults_GoOutAtTheInterval_OnlyWhereTheyChanged()
    {
        await using var one = await StartAsync(lateness: 0, early: 1);
        await one.ProcessAsync(Of((1, 5, 3)));
        await TickAsync(one, 2);
        Assert.Equal(["+1 1 5 3-8"], Said(one));

        await one.ProcessAsync(Of((1, 6, 5)));
        await TickAsync(one, 1);
        Assert.Equal(["-1 1 5 3-8", "+1 2 6 3-10"], Said(one));
        await MoveToAsync(one, 10);
        Assert.Empty(Said(one));
    }

    [Fact]
    public async Task Restored_ItTakesBackWhatItGaveBefore_AndGivesNothingTwice()
    {
        OperatorState state;
        await using (var before = await StartAsync(lateness: 30, early: 0))
        {
            await before.ProcessAsync(Of((1, 5, 3), (1, 7, 11), (2, 1, 18)));
            await MoveToAsync(before, 20);
            Said(before);
            await before.ProcessAsync(Of((1, 9, 12)));
            state = StateOf(await before.CheckpointAsync(1));
            Assert.Equal(["-1 1 7 11-16", "+1 2 9 11-17"], Said(before));
        }

        await using var after = await StartAsync(lateness: 30, early: 0, state);
        await MoveToAsync(after, 20);
        await after.ProcessAsync(Of((1, 8, 7)));
        await TickAsync(after, 1);
        Assert.Equal(["+1 4 9 3-17", "-1 1 5 3-8", "-1 2 9 11-17"], Said(after).Order(StringComparer.Ordinal));
        await after.Operator.OnWatermarkAsync(Watermark.End, after, Token);

        Assert.Equal(["+2 1 1 18-23"], Said(after));
    }

    [Fact]
    public async Task KeysThatAreForgotten_LeaveThoseThatStayAsTheyAre()
    {
        await using var one = await StartAsync(lateness: 30, early: 0);
        await one.ProcessAsync(Of([.. Enumerable.Range(0, 5_000).Select(key => ((long)key, 1L, 3L)), (7_777, 5, 60), (8_888, 2, 61)]));
        await MoveToAsync(one, 39);
        Assert.Equal(5_000, Said(one).Count);
        await MoveToAsync(one, 70);
        Assert.Equal(["+7777 1 5 60-65", "+8888 1 2 61-66"], Said(one));

        await one.ProcessAsync(Of((7_777, 6, 62), (4_999, 3, 63), (9_999, 4, 64)));
        await TickAsync(one, 1);

        Assert.Equal(["+4999 1 3 63-68", "+7777 2 6 60-67", "+9999 1 4 64-69", "-7777 1 5 60-65"], Said(one).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void GapOfNothing_IsRefusedByItsValue()
    {
        var config = Config(1, 0);
        config.Window.Session.GapMicros = 0;

        var exception = Assert.Throws<FlowException>(() => ChangingWindowOperator.Create(Definition(), config));

        Assert.Equal(FlowErrorCode.BadGraph, exception.Code);
        Assert.Contains("a width is 0 us; it has to be above 0", exception.Message, StringComparison.Ordinal);
    }
}
