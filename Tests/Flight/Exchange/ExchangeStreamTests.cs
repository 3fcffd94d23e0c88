using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Flight.Exchange;
using OrleansFlow.Rpc;

namespace OrleansFlow.Tests.Flight.Exchange;

/// <summary>What proper peers say to each other, over each kind of socket.</summary>
public sealed class ExchangeStreamTests
{
    private const int TimeoutMs = 30_000;

    public static TheoryData<string> Kinds => ExchangeHost.Kinds;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = TimeoutMs)]
    [MemberData(nameof(Kinds))]
    public async Task Listener_WritesBatchesAndSignals_ClientReadsThemInOrder(string kind)
    {
        ExchangeHost host = null!;
        host = ExchangeHost.Start(kind, async call =>
        {
            await call.Stream.WriteMetadataAsync("begin"u8.ToArray());
            for (var index = 0; index < 3; index++)
            {
                using var batch = NumbersProducer.MakeBatch(index * 1000, 1000, host.ListenerMemory);
                await call.Stream.WriteAsync(batch, new byte[] { (byte)index });
                await call.Stream.WriteMetadataAsync(Encoding.UTF8.GetBytes($"watermark {index}"));
            }
        });
        List<string> seen = [];
        await using (var stream = await host.OpenAsync())
        {
            Assert.True(NumbersProducer.Schema.Equals(await stream.GetSchemaAsync(Token)));
            await foreach (var element in stream.ReadAllAsync(Token))
            {
                if (element.Batch is { } batch)
                {
                    using var expected = NumbersProducer.MakeBatch(element.AppMetadata.Span[0] * 1000, 1000, ArrowAllocator.Default);
                    Assert.Null(RecordBatchComparer.Exact.FindDifference(expected, batch));
                    seen.Add($"batch {element.AppMetadata.Span[0]}");
                    batch.Dispose();
                }
                else
                {
                    seen.Add(Encoding.UTF8.GetString(element.AppMetadata.Span));
                }
            }
        }

        Assert.Equal(["begin", "batch 0", "watermark 0", "batch 1", "watermark 1", "batch 2", "watermark 2"], seen);
        await host.StopAndCountAsync();
    }

    [Theory(Timeout = TimeoutMs)]
    [MemberData(nameof(Kinds))]
    public async Task BothSides_WriteAtTheSameTime_EachGetsWhatTheOtherWrote(string kind)
    {
        const int Batches = 50;
        ExchangeHost host = null!;
        host = ExchangeHost.Start(kind, async call =>
        {
            await foreach (var element in call.Stream.ReadAllAsync(call.CancellationToken))
            {
                using (element.Batch)
                {
                    await call.Stream.WriteAsync(element.Batch!, element.AppMetadata, call.CancellationToken);
                }
            }
        });
        await using (var stream = await host.OpenAsync())
        {
            var writing = WriteAsync(stream);
            var ids = 0L;
            await foreach (var batch in stream.ReadBatchesAsync(Token))
            {
                Assert.Equal(ids, batch.Column<Int64Array>(0).Values[0]);
                ids += batch.RowCount;
                batch.Dispose();
            }

            await writing;
            Assert.Equal(Batches * 5000, ids);
        }

        await host.StopAndCountAsync();

        async Task WriteAsync(ExchangeStream stream)
        {
            for (var index = 0; index < Batches; index++)
            {
                using var batch = NumbersProducer.MakeBatch(index * 5000, 5000, host.ClientMemory);
                await stream.WriteAsync(batch, cancellationToken: Token);
            }

            await stream.CompleteAsync(Token);
        }
    }

    [Theory(Timeout = TimeoutMs)]
    [MemberData(nameof(Kinds))]
    public async Task Handler_ThrowsAfterABatch_ClientGetsTheBatchThenTheStatus(string kind)
    {
        ExchangeHost host = null!;
        host = ExchangeHost.Start(kind, async call =>
        {
            using var batch = NumbersProducer.MakeBatch(0, 10, host.ListenerMemory);
            await call.Stream.WriteAsync(batch);
            throw new RpcException(RpcStatusDetails.WithErrorInfo(RpcStatusCode.DataLoss, "The second batch is gone.", "artifact_lost", "orleansflow"));
        });
        await using (var stream = await host.OpenAsync())
        {
            var batches = stream.ReadBatchesAsync(Token).GetAsyncEnumerator(Token);
            Assert.True(await batches.MoveNextAsync());
            batches.Current.Dispose();
            var exception = await Assert.ThrowsAsync<RpcException>(async () => await batches.MoveNextAsync());
            Assert.Equal((RpcStatusCode.DataLoss, "The second batch is gone."), (exception.Code, exception.Status.Message));
            Assert.True(RpcStatusDetails.TryGetErrorInfo(exception.Status, out var info));
            Assert.Equal("artifact_lost", info.Reason);
        }

        await host.StopAndCountAsync();
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Handler_ThrowsWhatNobodyMapped_ClientGetsUnknownAndTheHostIsTold()
    {
        var told = new List<Exception>();
        var host = ExchangeHost.Start(
            ExchangeHost.Unix,
            call => throw (call.Hello.Ticket.AsText() == "mapped" ? new FormatException("seen") : new InvalidOperationException("secret")),
            options =>
            {
                options.MapError = exception => exception is FormatException ? new RpcException(RpcStatusCode.Aborted, exception.Message) : null;
                options.UnexpectedError = told.Add;
            });
        foreach (var (ticket, code) in ((string, RpcStatusCode)[])[("mapped", RpcStatusCode.Aborted), ("other", RpcStatusCode.Unknown)])
        {
            await using var stream = await host.OpenAsync(ticket);
            var exception = await Assert.ThrowsAsync<RpcException>(() => stream.WaitForEndAsync(Token));
            Assert.Equal(code, exception.Code);
            Assert.DoesNotContain("secret", exception.Status.Message, StringComparison.Ordinal);
        }

        await host.StopAndCountAsync();
        Assert.Equal("secret", Assert.Single(told).Message);
    }

    [Theory(Timeout = TimeoutMs)]
    [MemberData(nameof(Kinds))]
    public async Task Handler_RefusesAnUpload_WriterGetsTheStatus(string kind)
    {
        ExchangeHost host = null!;
        host = ExchangeHost.Start(kind, _ => throw new RpcException(RpcStatusCode.PermissionDenied, "Not here."));
        await using (var stream = await host.OpenAsync())
        {
            using var batch = NumbersProducer.MakeBatch(0, 100_000, host.ClientMemory);
            var exception = await Assert.ThrowsAsync<RpcException>(async () =>
            {
                while (true)
                {
                    await stream.WriteAsync(batch, cancellationToken: Token);
                }
            });
            Assert.Equal((RpcStatusCode.PermissionDenied, "Not here."), (exception.Code, exception.Status.Message));
        }

        await host.StopAndCountAsync();
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Upload_ThatTheHandlerTakes_EndsWell()
    {
        var rows = 0L;
        ExchangeHost host = null!;
        host = ExchangeHost.Start(ExchangeHost.Unix, async call =>
        {
            await foreach (var batch in call.Stream.ReadBatchesAsync(call.CancellationToken))
            {
                rows += batch.RowCount;
                batch.Dispose();
            }
        });
        await using (var stream = await host.OpenAsync())
        {
            using var batch = NumbersProducer.MakeBatch(0, 1000, host.ClientMemory);
            await stream.WriteAsync(batch, cancellationToken: Token);
            await stream.WriteAsync(batch, cancellationToken: Token);
            await stream.CompleteAsync(Token);
            await stream.WaitForEndAsync(Token);
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await stream.WriteAsync(batch, cancellationToken: Token));
        }

        Assert.Equal(2000, rows);
        await host.StopAndCountAsync();
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Dictionaries_TravelOnceAndAreUnderstood()
    {
        var schema = new ArrowSchema(new ArrowField("word", ArrowType.Dictionary(ArrowType.Int32, ArrowType.Utf8)));
        ExchangeHost host = null!;
        host = ExchangeHost.Start(ExchangeHost.Unix, async call =>
        {
            using var batch = Words(schema, host.ListenerMemory);
            await call.Stream.WriteAsync(batch);
            await call.Stream.WriteAsync(batch);
        });
        await using (var stream = await host.OpenAsync())
        {
            using var expected = Words(schema, ArrowAllocator.Default);
            var count = 0;
            await foreach (var batch in stream.ReadBatchesAsync(Token))
            {
                Assert.Null(RecordBatchComparer.Exact.FindDifference(expected, batch));
                count++;
                batch.Dispose();
            }

            Assert.Equal(2, count);
        }

        await host.StopAndCountAsync();
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Batch_OfAnotherSchema_IsRefusedBeforeItLeaves()
    {
        ExchangeHost host = null!;
        host = ExchangeHost.Start(ExchangeHost.Unix, call => call.Stream.WaitForEndAsync(call.CancellationToken));
        await using (var stream = await host.OpenAsync())
        {
            await stream.WriteSchemaAsync(new ArrowSchema(new ArrowField("other", ArrowType.Int32)), Token);
            using var batch = NumbersProducer.MakeBatch(0, 10, host.ClientMemory);
            await Assert.ThrowsAsync<ArgumentException>(async () => await stream.WriteAsync(batch, cancellationToken: Token));
            await stream.CompleteAsync(Token);
            await stream.WaitForEndAsync(Token);
        }

        await host.StopAndCountAsync();
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Stream_WithoutASchema_SaysSoToWhomWantsIt()
    {
        var host = ExchangeHost.Start(ExchangeHost.Unix, _ => Task.CompletedTask);
        await using (var stream = await host.OpenAsync())
        {
            var exception = await Assert.ThrowsAsync<RpcException>(async () => await stream.GetSchemaAsync(Token));
            Assert.Equal(RpcStatusCode.Internal, exception.Code);
        }

        await host.StopAndCountAsync();
    }

    private static RecordBatch Words(ArrowSchema schema, ArrowAllocator allocator)
    {
        using var builder = new RecordBatchBuilder(schema, allocator);
        foreach (var word in (string?[])["one", "two", null, "one"])
        {
            builder.AppendRow(word);
        }

        return builder.Build();
    }
}
