using OrleansFlow.Errors;
using OrleansFlow.Streaming.Dataflow;

namespace OrleansFlow.Tests.Streaming.Dataflow;

/// <summary>Barriers that overtake the rows of an inbox.</summary>
public class OvertakingInboxTests
{
    private static readonly CheckpointBarrier Seventh = new(7, 0, DateTimeOffset.UnixEpoch, ThenStop: false);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Barrier_BehindRows_IsShownBeforeThem_AndTheyAreCapturedAndStillRead()
    {
        using var inbox = new SubtaskInbox(1);
        await WriteAsync(inbox, 0, StreamMessage.Of(Rows.Of(3)), StreamMessage.Of(Watermark.At(5)), StreamMessage.Of(Seventh), StreamMessage.Of(Rows.Of(4)));

        inbox.Overtake(7);

        Assert.Equal(InboxItemKind.Overtaking, (await inbox.ReadAsync(Token)).Kind);
        Assert.Same(Seventh, inbox.OvertakingBarrier);
        using var capture = inbox.Capture(7);
        await capture.Completed.WaitAsync(Token);
        Assert.Equal([(0, StreamMessageKind.Batch), (0, StreamMessageKind.Watermark)], capture.Messages.Select(one => (one.Input, one.Message.Kind)));
        Assert.Equal(3, capture.Messages[0].Message.Batch?.RowCount);
        var read = new List<StreamMessageKind>();
        for (var i = 0; i < 4; i++)
        {
            var message = (await inbox.ReadAsync(Token)).Message;
            message.Batch?.Dispose();
            read.Add(message.Kind);
        }

        Assert.Equal([StreamMessageKind.Batch, StreamMessageKind.Watermark, StreamMessageKind.Barrier, StreamMessageKind.Batch], read);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task InputWithoutBarrier_IsCapturedUntilItComes_AlsoWhatIsReadMeanwhile()
    {
        using var inbox = new SubtaskInbox(2);
        inbox.Overtake(7);
        await WriteAsync(inbox, 0, StreamMessage.Of(Seventh), StreamMessage.Of(Rows.Of(9)));
        await WriteAsync(inbox, 1, StreamMessage.Of(Rows.Of(1)));
        using var capture = inbox.Capture(7);
        Assert.False(capture.Completed.IsCompleted);

        await WriteAsync(inbox, 1, StreamMessage.Of(Rows.Of(2)));
        while (inbox.TryRead(out var item))
        {
            item.Message.Batch?.Dispose();
        }

        await WriteAsync(inbox, 1, StreamMessage.Of(Rows.Of(3)), StreamMessage.Of(Seventh), StreamMessage.Of(Rows.Of(4)));

        await capture.Completed.WaitAsync(Token);
        Assert.Equal([(1, 1), (1, 2), (1, 3)], capture.Messages.Select(one => (one.Input, one.Message.Batch!.RowCount)));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task InputWhoseBarrierWasRead_AddsNothing_AndOneThatEndedOnlyWhatWaits()
    {
        using var inbox = new SubtaskInbox(2);
        await WriteAsync(inbox, 0, StreamMessage.Of(Seventh), StreamMessage.Of(Rows.Of(5)));
        Assert.Equal(StreamMessageKind.Barrier, (await inbox.ReadAsync(Token)).Message.Kind);
        await WriteAsync(inbox, 1, StreamMessage.Of(Rows.Of(2)), StreamMessage.EndOfData);

        inbox.Overtake(7);
        using var capture = inbox.Capture(7);

        await capture.Completed.WaitAsync(Token);
        var (input, message) = Assert.Single(capture.Messages);
        Assert.Equal((1, 2), (input, message.Batch!.RowCount));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Writer_ThatWaits_GoesOnUpToTwiceTheRows_AndItsBarrierAlways()
    {
        using var inbox = new SubtaskInbox(1, capacityRows: 10);
        await WriteAsync(inbox, 0, StreamMessage.Of(Rows.Of(10)));
        var waiting = inbox.Input(0).WriteAsync(StreamMessage.Of(Rows.Of(10)), Token).AsTask();
        Assert.False(waiting.IsCompleted);

        inbox.Overtake(7);
        Assert.True(await waiting);
        Assert.Equal(20, inbox.QueuedRows);

        Assert.True(await inbox.Input(0).WriteAsync(StreamMessage.Of(Seventh), Token));
        var behind = inbox.Input(0).WriteAsync(StreamMessage.Of(Rows.Of(1)), Token).AsTask();
        Assert.False(behind.IsCompleted);
        inbox.Dispose();
        Assert.False(await behind);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task EpochThatIsGivenUp_OvertakesNothing_AndBoundsTheInputAgain()
    {
        using var inbox = new SubtaskInbox(1, capacityRows: 10);
        await WriteAsync(inbox, 0, StreamMessage.Of(Rows.Of(10)));
        inbox.Overtake(7);

        inbox.EndOvertaking(7);
        inbox.Overtake(7);

        var waiting = inbox.Input(0).WriteAsync(StreamMessage.Of(Seventh), Token).AsTask();
        Assert.False(waiting.IsCompleted);
        var item = await inbox.ReadAsync(Token);
        Assert.Equal(InboxItemKind.Message, item.Kind);
        item.Message.Batch?.Dispose();
        Assert.True(await waiting);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Capture_OfMoreThanFourQueues_Fails()
    {
        using var inbox = new SubtaskInbox(1, capacityRows: 10);
        inbox.Overtake(7);
        using var capture = inbox.Capture(7);
        for (var i = 0; i < 5; i++)
        {
            await WriteAsync(inbox, 0, StreamMessage.Of(Rows.Of(10)));
            (await NextMessageAsync(inbox)).Batch?.Dispose();
        }

        var failure = await Assert.ThrowsAsync<FlowException>(() => capture.Completed);
        Assert.Equal(FlowErrorCode.LimitExceeded, failure.Code);
    }

    private static async Task<StreamMessage> NextMessageAsync(SubtaskInbox inbox)
    {
        while (true)
        {
            var item = await inbox.ReadAsync(Token);
            if (item.Kind == InboxItemKind.Message)
            {
                return item.Message;
            }
        }
    }

    private static async Task WriteAsync(SubtaskInbox inbox, int input, params StreamMessage[] messages)
    {
        foreach (var message in messages)
        {
            Assert.True(await inbox.Input(input).WriteAsync(message, Token));
        }
    }
}
