using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Functions;

namespace OrleansFlow.Tests.Streaming.Functions;

public partial class ProcessOperatorTests
{
    [Fact]
    public async Task EventTimers_FireInTheirOrder_WhenTheWatermarkReachesThem()
    {
        await using var one = await StartAsync(new LambdaFunction(
            static (context, key) =>
            {
                context.SetTimer(TimerKind.EventTime, 100 - key);
                context.SetTimer(TimerKind.EventTime, 100 - key);
                context.SetTimer(TimerKind.EventTime, 200);
            },
            static (context, kind, time) => Say(context, $"{kind} {time}")));
        await one.ProcessAsync(Of(1, 2, 3));

        await MoveToAsync(one, Watermark.At(98));
        Assert.Equal(["3: EventTime 97", "2: EventTime 98"], Said(one));
        await MoveToAsync(one, Watermark.Idle);
        await MoveToAsync(one, Watermark.At(199));

        Assert.Equal(["3: EventTime 97", "2: EventTime 98", "1: EventTime 99"], Said(one));
        Assert.Equal(["rows 2", "98 us", "idle", "rows 1", "199 us"], one.Log);
    }

    [Fact]
    public async Task TimerThatFired_DoesNotFireAgainAfterARestore_AndTheOthersDo()
    {
        ProcessFunction Function() => new LambdaFunction(
            static (context, key) =>
            {
                context.SetTimer(TimerKind.EventTime, 10);
                context.SetTimer(TimerKind.EventTime, 20);
                context.SetTimer(TimerKind.EventTime, 30);
                Assert.True(context.RemoveTimer(TimerKind.EventTime, 30));
                Assert.False(context.RemoveTimer(TimerKind.EventTime, 30));
            },
            static (context, _, time) => Say(context, $"{time}"));
        OperatorState state;
        await using (var before = await StartAsync(Function()))
        {
            await before.ProcessAsync(Of(1));
            await before.CheckpointAsync();
            await MoveToAsync(before, Watermark.At(10));
            state = await StateOfAsync(before);
        }

        await using var after = await StartAsync(Function(), state);
        await MoveToAsync(after, Watermark.At(15));
        Assert.Empty(Said(after));
        await MoveToAsync(after, Watermark.End);

        Assert.Equal(["1: 20"], Said(after));
    }

    [Fact]
    public async Task TimerThatSetsTheNext_FiresForAllThatAreReached_AndEndsWithTheData()
    {
        await using var one = await StartAsync(new LambdaFunction(
            static (context, key) => context.SetTimer(TimerKind.EventTime, 10),
            static (context, _, time) =>
            {
                Say(context, $"{time}");
                context.SetTimer(TimerKind.EventTime, time + 10);
            }));
        await one.ProcessAsync(Of(1));

        await MoveToAsync(one, Watermark.At(35));
        Assert.Equal(["1: 10", "1: 20", "1: 30"], Said(one));
        await MoveToAsync(one, Watermark.End);

        Assert.Equal(["1: 10", "1: 20", "1: 30", "1: 40"], Said(one));
    }

    [Fact]
    public async Task TimerThatSetsAnEarlierOne_FailsAndNamesBoth()
    {
        await using var one = await StartAsync(new LambdaFunction(
            static (context, key) => context.SetTimer(TimerKind.EventTime, 10), static (context, kind, time) => context.SetTimer(kind, time)));
        await one.ProcessAsync(Of(1));

        var failure = await Assert.ThrowsAsync<FlowException>(() => MoveToAsync(one, Watermark.At(10)).AsTask());

        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.Contains("'one' sets a timer at 10 us while its timer at 10 us fires", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClockTimers_FireWithTheClock_AlsoThoseThatARestoreFindsOverdue()
    {
        static long Micros(TimeProvider clock) => (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        ProcessFunction Function() => new LambdaFunction(
            (context, key) => context.SetTimer(TimerKind.Clock, Micros(_clock) + (key * 1_000_000)), static (context, kind, _) => Say(context, $"{kind}"), usesClock: true);
        OperatorState state;
        await using (var before = await StartAsync(Function()))
        {
            Assert.Equal(TimeSpan.FromMilliseconds(100), before.Operator.TickInterval);
            await before.ProcessAsync(Of(1, 5));
            _clock.Advance(TimeSpan.FromSeconds(1));
            await before.Operator.OnTickAsync(before, Token);
            await before.Operator.OnTickAsync(before, Token);
            Assert.Equal(["1: Clock"], Said(before));
            state = await StateOfAsync(before);
        }

        _clock.Advance(TimeSpan.FromHours(1));
        await using var after = await StartAsync(Function(), state);
        await after.Operator.OnTickAsync(after, Token);

        Assert.Equal(["5: Clock"], Said(after));
    }

    [Fact]
    public async Task ClockTimer_OfAFunctionThatDoesNotSaySo_Fails()
    {
        await using var one = await StartAsync(new LambdaFunction(static (context, key) => context.SetTimer(TimerKind.Clock, 1)));

        var failure = await Assert.ThrowsAsync<FlowException>(() => one.ProcessAsync(Of(1)).AsTask());

        Assert.Equal(FlowErrorCode.Unsupported, failure.Code);
        Assert.Contains("UsesClock", failure.Message, StringComparison.Ordinal);
        Assert.Null(one.Operator.TickInterval);
    }
}
