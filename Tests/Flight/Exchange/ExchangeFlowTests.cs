using OrleansFlow.Arrow;
using OrleansFlow.Flight.Exchange;
using OrleansFlow.Rpc;

namespace OrleansFlow.Tests.Flight.Exchange;

/// <summary>How much lies between two peers, how large a message may be, and how fast one notices that the other has gone.</summary>
public sealed class ExchangeFlowTests
{
    private const int TimeoutMs = 30_000;

    // More than the buffers of both sockets together (TCP's grow to some megabytes).
    private const int LargeRows = 1_000_000;

    public static TheoryData<string> Kinds => ExchangeHost.Kinds;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = TimeoutMs)]
    [MemberData(nameof(Kinds))]
    public async Task SlowReader_HoldsTwoBatchesAndWhatItHasTaken(string kind)
    {
        var written = 0;
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ExchangeHost host = null!;
        host = ExchangeHost.Start(kind, async call =>
        {
            using var batch = MakeLarge(host.ListenerMemory);
            while (true)
            {
                await call.Stream.WriteAsync(batch, cancellationToken: call.CancellationToken);
                if (Interlocked.Increment(ref written) == 2)
                {
                    reached.SetResult();
                }
            }
        });
        await using (var stream = await host.OpenAsync())
        {
            var batches = stream.ReadBatchesAsync(Token).GetAsyncEnumerator(Token);
            Assert.True(await batches.MoveNextAsync());
            using var held = batches.Current;
            await reached.Task;

            // The one taken, one received, one being received; the fourth cannot be on its way before one of them goes.
            Assert.InRange(host.ClientMemory.PeakBytes, held.ByteCount, 3 * (held.ByteCount + 1024));
            Assert.InRange(Volatile.Read(ref written), 2, 4);
        }

        await host.StopAndCountAsync();
    }

    [Theory(Timeout = TimeoutMs)]
    [MemberData(nameof(Kinds))]
    public async Task Client_ThatGoesWhileTheHandlerWrites_CancelsTheHandler(string kind)
    {
        var ended = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        ExchangeHost host = null!;
        host = ExchangeHost.Start(kind, async call =>
        {
            using var batch = MakeLarge(host.ListenerMemory);
            try
            {
                while (true)
                {
                    await call.Stream.WriteAsync(batch, cancellationToken: call.CancellationToken);
                }
            }
            catch (Exception exception)
            {
                ended.SetResult(exception);
                throw;
            }
        });
        var stream = await host.OpenAsync();
        await stream.GetSchemaAsync(Token);
        await stream.DisposeAsync();
        Assert.True(await ended.Task is OperationCanceledException or RpcException);
        await host.StopAndCountAsync();
    }

    [Theory(Timeout = TimeoutMs)]
    [MemberData(nameof(Kinds))]
    public async Task Client_ThatGoesWhileTheHandlerDoesNothing_CancelsTheHandler(string kind)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var host = ExchangeHost.Start(kind, async call =>
        {
            await using var registration = call.CancellationToken.Register(ended.SetResult);
            begun.SetResult();
            await ended.Task;
        });
        var stream = await host.OpenAsync();
        await begun.Task;
        await stream.DisposeAsync();
        await ended.Task;
        await host.StopAndCountAsync();
    }

    [Theory(Timeout = TimeoutMs)]
    [MemberData(nameof(Kinds))]
    public async Task Client_ThatGoesBehindAFullInbox_CancelsTheHandler(string kind)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var host = ExchangeHost.Start(kind, async call =>
        {
            // Reads nothing, so the client's messages fill every buffer on the way.
            await using var registration = call.CancellationToken.Register(ended.SetResult);
            await ended.Task;
        });
        var stream = await host.OpenAsync();
        using var batch = MakeLarge(host.ClientMemory);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var writing = WriteAsync();
        // The schema waits in the inbox, the first batch behind it.
        while (host.ListenerMemory.TotalBuffers < 1)
        {
            await Task.Yield();
        }

        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
        await stream.DisposeAsync();
        await ended.Task;
        batch.Dispose();
        await host.StopAndCountAsync();

        async Task WriteAsync()
        {
            while (true)
            {
                await stream.WriteAsync(batch, cancellationToken: giveUp.Token);
            }
        }
    }

    [Theory(Timeout = TimeoutMs)]
    [MemberData(nameof(Kinds))]
    public async Task Reader_ThatStopsWaiting_LeavesTheStreamAsItIs(string kind)
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ExchangeHost host = null!;
        host = ExchangeHost.Start(kind, async call =>
        {
            await go.Task;
            using var batch = NumbersProducer.MakeBatch(0, 10, host.ListenerMemory);
            await call.Stream.WriteAsync(batch);
        });
        await using (var stream = await host.OpenAsync())
        {
            using var impatient = new CancellationTokenSource();
            var reading = stream.GetSchemaAsync(impatient.Token).AsTask();
            await impatient.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
            go.SetResult();
            Assert.True(NumbersProducer.Schema.Equals(await stream.GetSchemaAsync(Token)));
            await stream.WaitForEndAsync(Token);
        }

        await host.StopAndCountAsync();
    }

    [Theory(Timeout = TimeoutMs)]
    [MemberData(nameof(Kinds))]
    public async Task Listener_ThatStops_TellsItsClients(string kind)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var host = ExchangeHost.Start(kind, async call =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, call.CancellationToken);
        });
        await using (var stream = await host.OpenAsync())
        {
            await begun.Task;
            var reading = stream.WaitForEndAsync(Token);
            await host.Listener.DisposeAsync();
            var exception = await Assert.ThrowsAsync<RpcException>(() => reading);
            Assert.Equal(RpcStatusCode.Unavailable, exception.Code);
        }

        await host.StopAndCountAsync();
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Client_ThatReadsTheLastBatchesLate_StillGetsThemAll()
    {
        ExchangeHost host = null!;
        var clock = new ManualTimeProvider();
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        host = ExchangeHost.Start(
            ExchangeHost.Tcp,
            async call =>
            {
                using var batch = NumbersProducer.MakeBatch(0, 1000, host.ListenerMemory);
                for (var index = 0; index < 10; index++)
                {
                    await call.Stream.WriteAsync(batch);
                }

                written.SetResult();
            },
            options => options.TimeProvider = clock);
        await using (var stream = await host.OpenAsync())
        {
            // All of it fits the sockets' buffers, so the handler ends long before anybody reads.
            await written.Task;
            clock.Advance(TimeSpan.FromHours(1));
            var count = 0;
            await foreach (var batch in stream.ReadBatchesAsync(Token))
            {
                count++;
                batch.Dispose();
            }

            Assert.Equal(10, count);
        }

        await host.StopAndCountAsync();
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData(0, true)]
    [InlineData(-1, false)]
    public async Task MessageBytesMax_IsHeldToTheByte(int difference, bool isTaken)
    {
        // One column without nulls, and a multiple of 64 bytes, so that the body is nothing but its values.
        const int BodyBytes = (1024 * 1024) - 64;
        var rows = BodyBytes / sizeof(long);
        var limit = BodyBytes + difference;
        ExchangeHost host = null!;
        host = ExchangeHost.Start(ExchangeHost.Unix, call => call.Stream.WaitForEndAsync(), options => options.MessageBytesMax = limit);
        await using (var stream = await host.OpenAsync())
        {
            using var batch = MakeLarge(host.ClientMemory, rows);
            if (isTaken)
            {
                await stream.WriteAsync(batch, cancellationToken: Token);
                await stream.CompleteAsync(Token);
                await stream.WaitForEndAsync(Token);
            }
            else
            {
                var exception = await Assert.ThrowsAsync<RpcException>(async () =>
                {
                    await stream.WriteAsync(batch, cancellationToken: Token);
                    await stream.WaitForEndAsync(Token);
                });
                Assert.Equal(RpcStatusCode.ResourceExhausted, exception.Code);
                Assert.Equal(0, host.ListenerMemory.TotalBuffers);
            }
        }

        await host.StopAndCountAsync();
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData(ExchangeOptions.MessageBytesMinLimit, true)]
    [InlineData(ExchangeOptions.MessageBytesMinLimit - 1, false)]
    [InlineData(ArrowAllocator.MaxAllocation, true)]
    [InlineData(ArrowAllocator.MaxAllocation + 1, false)]
    public void MessageBytesMax_OutsideItsRange_IsRefused(long limit, bool isGood)
    {
        var options = new ExchangeClientOptions { MessageBytesMax = limit };
        if (isGood)
        {
            _ = new ExchangeClient(options);
        }
        else
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => new ExchangeClient(options));
        }
    }

    [Fact]
    public void MessageBytesMax_OfAnExchange_HasNoDefault() => Assert.Null(new ExchangeClientOptions().MessageBytesMax);

    private static RecordBatch MakeLarge(ArrowAllocator allocator, int rows = LargeRows)
    {
        using var builder = new RecordBatchBuilder(new ArrowSchema(new ArrowField("id", ArrowType.Int64, isNullable: false)), allocator);
        for (var row = 0L; row < rows; row++)
        {
            builder.Column<Int64Builder>(0).Append(row);
        }

        return builder.Build();
    }
}
