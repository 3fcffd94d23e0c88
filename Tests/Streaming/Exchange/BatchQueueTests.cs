using OrleansFlow.Streaming.Exchange;

namespace OrleansFlow.Tests.Streaming.Exchange;

public class BatchQueueTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ReadAsync_AfterWrites_GivesBatchesInOrderThenTheEnd()
    {
        using var queue = new BatchQueue<Item>();
        await queue.WriteAsync(new Item(1), 1, 1, Token);
        await queue.WriteAsync(new Item(2), 1, 1, Token);
        queue.Complete();

        Assert.Equal(1, (await queue.ReadAsync(Token))?.Number);
        Assert.Equal(2, (await queue.ReadAsync(Token))?.Number);
        Assert.Null(await queue.ReadAsync(Token));
        Assert.Null(await queue.ReadAsync(Token));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ReadAsync_OnAnEmptyQueue_WaitsForTheNextBatch()
    {
        using var queue = new BatchQueue<Item>();
        var reading = queue.ReadAsync(Token);
        Assert.False(reading.IsCompleted);

        await queue.WriteAsync(new Item(7), 1, 1, Token);

        Assert.Equal(7, (await reading)?.Number);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData(2, 100, 100, 1, 1)]
    [InlineData(100, 20, 100, 10, 1)]
    [InlineData(100, 100, 20, 1, 10)]
    public async Task WriteAsync_AtEachLimit_WaitsForTheReader(int maxBatches, long maxRows, long maxBytes, long rows, long bytes)
    {
        using var queue = new BatchQueue<Item>(new BatchQueueLimits { MaxBatches = maxBatches, MaxRows = maxRows, MaxBytes = maxBytes });
        Assert.True(queue.WriteAsync(new Item(1), rows, bytes, Token).AsTask().IsCompletedSuccessfully);
        Assert.True(queue.WriteAsync(new Item(2), rows, bytes, Token).AsTask().IsCompletedSuccessfully);
        var third = queue.WriteAsync(new Item(3), rows, bytes, Token);
        Assert.False(third.IsCompleted);
        Assert.Equal((2, 2 * rows, 2 * bytes, 1), (queue.Count, queue.QueuedRows, queue.QueuedBytes, queue.WaitingWriterCount));

        Assert.Equal(1, (await queue.ReadAsync(Token))?.Number);

        Assert.True(await third);
        Assert.Equal(2, queue.Count);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task WriteAsync_OfABatchBeyondTheLimits_PassesAlone()
    {
        using var queue = new BatchQueue<Item>(new BatchQueueLimits { MaxBytes = 10 });
        Assert.True(queue.WriteAsync(new Item(1), 1, 1_000, Token).AsTask().IsCompletedSuccessfully);
        var second = queue.WriteAsync(new Item(2), 1, 1, Token);
        Assert.False(second.IsCompleted);

        await queue.ReadAsync(Token);

        Assert.True(await second);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task WriteAsync_BehindAWaitingWriter_DoesNotOvertakeIt()
    {
        using var queue = new BatchQueue<Item>(new BatchQueueLimits { MaxBytes = 10 });
        await queue.WriteAsync(new Item(1), 1, 8, Token);
        var large = queue.WriteAsync(new Item(2), 1, 8, Token);
        var small = queue.WriteAsync(new Item(3), 1, 1, Token);
        Assert.False(small.IsCompleted);

        Assert.Equal(1, (await queue.ReadAsync(Token))?.Number);
        Assert.True(await large && await small);

        Assert.Equal(2, (await queue.ReadAsync(Token))?.Number);
        Assert.Equal(3, (await queue.ReadAsync(Token))?.Number);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task WriteAsync_CancelledWhileWaiting_DisposesItsBatchAndLetsTheNextIn()
    {
        using var queue = new BatchQueue<Item>(new BatchQueueLimits { MaxBytes = 10 });
        using var cancel = new CancellationTokenSource();
        await queue.WriteAsync(new Item(1), 1, 8, Token);
        var given = new Item(2);
        var large = queue.WriteAsync(given, 1, 8, cancel.Token);
        var small = queue.WriteAsync(new Item(3), 1, 1, Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await large);
        Assert.True(given.IsDisposed);
        Assert.True(await small);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Complete_WithAnError_GivesItAfterTheLastBatch()
    {
        using var queue = new BatchQueue<Item>();
        await queue.WriteAsync(new Item(1), 1, 1, Token);
        queue.Complete(new InvalidDataException("bad"));

        Assert.Equal(1, (await queue.ReadAsync(Token))?.Number);
        Assert.Equal("bad", (await Assert.ThrowsAsync<InvalidDataException>(async () => await queue.ReadAsync(Token))).Message);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Complete_WhileAWriterWaits_StillAdmitsItsBatch()
    {
        using var queue = new BatchQueue<Item>(new BatchQueueLimits { MaxBatches = 1 });
        await queue.WriteAsync(new Item(1), 1, 1, Token);
        var waiting = queue.WriteAsync(new Item(2), 1, 1, Token);
        queue.Complete();

        Assert.Equal(1, (await queue.ReadAsync(Token))?.Number);
        Assert.True(await waiting);
        Assert.Equal(2, (await queue.ReadAsync(Token))?.Number);
        Assert.Null(await queue.ReadAsync(Token));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task WriteAsync_AfterComplete_IsRefusedAndDisposesTheBatch()
    {
        using var queue = new BatchQueue<Item>();
        queue.Complete();
        var late = new Item(1);

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await queue.WriteAsync(late, 1, 1, Token));
        Assert.True(late.IsDisposed);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Dispose_ReleasesQueuedAndWaitingBatchesAndLetsWritersGo()
    {
        var queue = new BatchQueue<Item>(new BatchQueueLimits { MaxBatches = 1 });
        Item[] items = [new(1), new(2), new(3)];
        await queue.WriteAsync(items[0], 1, 1, Token);
        var waiting = queue.WriteAsync(items[1], 1, 1, Token);

        queue.Dispose();

        Assert.False(await waiting);
        Assert.False(await queue.WriteAsync(items[2], 1, 1, Token));
        Assert.All(items, item => Assert.True(item.IsDisposed));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await queue.ReadAsync(Token));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ReadAsync_Cancelled_TakesNothingAndCanBeRepeated()
    {
        using var queue = new BatchQueue<Item>();
        using var cancel = new CancellationTokenSource();
        var reading = queue.ReadAsync(cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await reading);

        await queue.WriteAsync(new Item(5), 1, 1, Token);

        Assert.Equal(5, (await queue.ReadAsync(Token))?.Number);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ReadAsync_WhileAnotherWaits_IsRefused()
    {
        using var queue = new BatchQueue<Item>();
        var first = queue.ReadAsync(Token);

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await queue.ReadAsync(Token));

        queue.Complete();
        Assert.Null(await first);
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(1, 1, 0)]
    public void Constructor_WithALimitOfZero_IsRefused(int batches, long rows, long bytes) => Assert.Throws<ArgumentOutOfRangeException>(
        () => new BatchQueue<Item>(new BatchQueueLimits { MaxBatches = batches, MaxRows = rows, MaxBytes = bytes }));

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Queue_WithManyWriters_LosesNothingAndStaysBounded()
    {
        const int Writers = 4;
        const int Each = 2_000;
        using var queue = new BatchQueue<Item>(new BatchQueueLimits { MaxBatches = 8 });
        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(
            async () =>
            {
                for (var i = 0; i < Each; i++)
                {
                    Assert.True(await queue.WriteAsync(new Item((writer * Each) + i), 1, 1, Token));
                }
            },
            Token)));
        var last = new int[Writers];
        Array.Fill(last, -1);
        for (var read = 0; read < Writers * Each; read++)
        {
            Assert.InRange(queue.Count, 0, 8);
            var item = await queue.ReadAsync(Token);
            var writer = item!.Number / Each;
            Assert.Equal(last[writer] + 1, item.Number % Each);
            last[writer]++;
        }

        await writing;
        Assert.Equal((0, 0L, 0L), (queue.Count, queue.QueuedRows, queue.QueuedBytes));
    }

    private sealed class Item(int number) : IDisposable
    {
        public int Number => number;

        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }
}
