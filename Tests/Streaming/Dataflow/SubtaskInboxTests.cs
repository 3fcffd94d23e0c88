using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Dataflow;

namespace OrleansFlow.Tests.Streaming.Dataflow;

public class SubtaskInboxTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Messages_OfOneInput_KeepTheirOrder()
    {
        using var inbox = new SubtaskInbox(1);
        var channel = inbox.Input(0);
        await channel.WriteAsync(StreamMessage.Of(Watermark.At(1)), Token);
        await channel.WriteAsync(StreamMessage.Of(Rows.Of(2)), Token);
        await channel.WriteAsync(StreamMessage.EndOfData, Token);

        Assert.Equal(StreamMessageKind.Watermark, (await inbox.ReadAsync(Token)).Message.Kind);
        using (var batch = (await inbox.ReadAsync(Token)).Message.Batch)
        {
            Assert.Equal(2, batch?.RowCount);
        }

        Assert.Equal(StreamMessageKind.EndOfData, (await inbox.ReadAsync(Token)).Message.Kind);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Writer_AtTheLimitOfRows_WaitsForTheReader()
    {
        using var inbox = new SubtaskInbox(1, capacityRows: 10);
        var channel = inbox.Input(0);
        Assert.True(await channel.WriteAsync(StreamMessage.Of(Rows.Of(6)), Token));
        Assert.Equal(4, channel.RemainingRows);
        var second = channel.WriteAsync(StreamMessage.Of(Rows.Of(5)), Token).AsTask();
        Assert.False(second.IsCompleted);
        Assert.Equal(6, inbox.QueuedRows);

        (await inbox.ReadAsync(Token)).Message.Batch?.Dispose();

        Assert.True(await second);
        Assert.Equal(5, inbox.QueuedRows);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task BatchBeyondTheLimit_CountsAsTheWholeQueue_AndPassesAlone()
    {
        using var inbox = new SubtaskInbox(1, capacityRows: 10);
        var channel = inbox.Input(0);
        Assert.True(await channel.WriteAsync(StreamMessage.Of(Rows.Of(1_000)), Token));
        Assert.Equal(0, channel.RemainingRows);
        var signal = channel.WriteAsync(StreamMessage.Of(Watermark.Idle), Token).AsTask();
        Assert.False(signal.IsCompleted);

        (await inbox.ReadAsync(Token)).Message.Batch?.Dispose();

        Assert.True(await signal);
        Assert.Equal(1, inbox.QueuedRows);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task FullInput_DoesNotHoldTheOthers()
    {
        using var inbox = new SubtaskInbox(2, capacityRows: 1);
        await inbox.Input(0).WriteAsync(StreamMessage.Stop, Token);
        var waiting = inbox.Input(0).WriteAsync(StreamMessage.Stop, Token).AsTask();

        Assert.True(await inbox.Input(1).WriteAsync(StreamMessage.EndOfData, Token));
        Assert.False(waiting.IsCompleted);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task BlockedInput_IsPassedOverUntilItIsFree()
    {
        using var inbox = new SubtaskInbox(2);
        await inbox.Input(0).WriteAsync(StreamMessage.Of(Watermark.At(1)), Token);
        inbox.SetBlocked(0, true);
        var read = inbox.ReadAsync(Token).AsTask();
        await inbox.Input(0).WriteAsync(StreamMessage.Of(Watermark.At(2)), Token);
        Assert.False(read.IsCompleted);

        await inbox.Input(1).WriteAsync(StreamMessage.Of(Watermark.At(3)), Token);

        Assert.Equal(1, (await read).Input);
        Assert.False(inbox.TryRead(out _));
        inbox.SetBlocked(0, false);
        Assert.Equal(Watermark.At(1), (await inbox.ReadAsync(Token)).Message.Watermark);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Inputs_AreReadInTurn()
    {
        using var inbox = new SubtaskInbox(2);
        foreach (var input in new[] { 0, 0, 0, 1, 1, 1 })
        {
            await inbox.Input(input).WriteAsync(StreamMessage.Stop, Token);
        }

        var order = new List<int>();
        while (inbox.TryRead(out var item))
        {
            order.Add(item.Input);
        }

        Assert.Equal([0, 1, 0, 1, 0, 1], order);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Control_ComesBeforeTicksAndTicksBeforeRows()
    {
        using var inbox = new SubtaskInbox(1);
        await inbox.Input(0).WriteAsync(StreamMessage.Stop, Token);
        inbox.Tick();
        inbox.Tick();
        await inbox.PostAsync(new SubtaskControl.Abort(1), Token);

        Assert.IsType<SubtaskControl.Abort>((await inbox.ReadAsync(Token)).Control);
        Assert.True((await inbox.ReadAsync(Token)).IsTick);
        Assert.Equal(0, (await inbox.ReadAsync(Token)).Input);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Control_ToASubtaskThatEnded_IsRefused()
    {
        using var inbox = new SubtaskInbox(0);
        await inbox.PostAsync(new SubtaskControl.Abort(1), Token);

        Assert.Single(inbox.EndControl());
        Assert.False(await inbox.PostAsync(new SubtaskControl.Abort(2), Token));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Closing_DisposesWhatIsLeftAndLetsEverybodyGo()
    {
        var memory = new CountingAllocator();
        using var inbox = new SubtaskInbox(1, capacityRows: 10);
        var channel = inbox.Input(0);
        await channel.WriteAsync(StreamMessage.Of(Rows.Of(10, allocator: memory)), Token);
        var waiting = channel.WriteAsync(StreamMessage.Of(Rows.Of(10, allocator: memory)), Token).AsTask();

        inbox.Dispose();

        Assert.False(await waiting);
        Assert.False(await channel.WriteAsync(StreamMessage.Of(Rows.Of(1, allocator: memory)), Token));
        Assert.Equal(0, memory.LiveBytes);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => inbox.ReadAsync(Token).AsTask());
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task CancelledWriter_GivesItsBatchBack()
    {
        var memory = new CountingAllocator();
        using var inbox = new SubtaskInbox(1, capacityRows: 1);
        using var cancel = new CancellationTokenSource();
        await inbox.Input(0).WriteAsync(StreamMessage.Stop, Token);
        var waiting = inbox.Input(0).WriteAsync(StreamMessage.Of(Rows.Of(1, allocator: memory)), cancel.Token).AsTask();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(0, memory.LiveBytes);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task CancelledReader_LeavesWhatComesLater()
    {
        using var inbox = new SubtaskInbox(1);
        using var cancel = new CancellationTokenSource();
        var read = inbox.ReadAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);

        await inbox.Input(0).WriteAsync(StreamMessage.Stop, Token);

        Assert.Equal(StreamMessageKind.Stop, (await inbox.ReadAsync(Token)).Message.Kind);
    }
}
