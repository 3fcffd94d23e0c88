using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;

namespace OrleansFlow.Tests.Flight;

/// <summary>Data from our client to our server. Every test ends with both sides' memory at zero.</summary>
public sealed class FlightUploadTests
{
    private const int TimeoutMs = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static RpcCallOptions Options => new(CancellationToken: Token);

    [Fact(Timeout = TimeoutMs)]
    public async Task DoPut_ThenDoGet_GivesTheSameRowsBack()
    {
        await using var host = await FlightHost.StartAsync();
        var descriptor = FlightDescriptor.ForPath("upload", "mine");
        await using (var writer = await host.Client.DoPutAsync(descriptor, NumbersProducer.Schema, Options))
        {
            for (var index = 0; index < 3; index++)
            {
                using var batch = NumbersProducer.MakeBatch(index * 10, 10, host.ClientMemory);
                using var part = batch.Slice(1, 5 + index);
                await writer.WriteAsync(part, Encoding.UTF8.GetBytes("!"), Token);
            }

            await writer.CompleteAsync();
            var results = await writer.ReadResultsAsync(Token).Select(result => Encoding.UTF8.GetString(result.Span)).ToListAsync(Token);
            Assert.Equal(["5!", "6!", "7!"], results);
        }

        var info = await host.Client.GetFlightInfoAsync(descriptor, Options);
        var ids = new List<object?>();
        await foreach (var batch in host.Client.DoGet(info.Endpoints[0].Ticket, Options).WithCancellation(Token))
        {
            using (batch)
            {
                ids.AddRange(Enumerable.Range(0, batch.RowCount).Select(batch.Column(0).GetValue));
            }
        }

        Assert.Equal([1L, 2L, 3L, 4L, 5L, 11L, 12L, 13L, 14L, 15L, 16L, 21L, 22L, 23L, 24L, 25L, 26L, 27L], ids);
        await host.StopAndCountAsync();
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task DoPut_FromASequence_AcknowledgesEachBatch()
    {
        await using var host = await FlightHost.StartAsync();

        var results = await host.Client
            .DoPutAsync(FlightDescriptor.ForPath("upload", "sequence"), NumbersProducer.Schema, MakeAsync(50), Options)
            .CountAsync(Token);

        Assert.Equal(50, results);
        await host.StopAndCountAsync();

        async IAsyncEnumerable<RecordBatch> MakeAsync(int count)
        {
            for (var index = 0; index < count; index++)
            {
                await Task.Yield();
                yield return NumbersProducer.MakeBatch(index, 1000, host.ClientMemory);
            }
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task DoPut_SequenceFails_ThrowsItsFailureAndEndsTheCall()
    {
        await using var host = await FlightHost.StartAsync();

        await Assert.ThrowsAsync<InvalidDataException>(async () => await host.Client
            .DoPutAsync(FlightDescriptor.ForPath("upload", "failing"), NumbersProducer.Schema, MakeAsync(), Options)
            .CountAsync(Token));

        await host.Producer.PutEnded.WaitAsync(Token);
        await host.StopAndCountAsync();

        async IAsyncEnumerable<RecordBatch> MakeAsync()
        {
            yield return NumbersProducer.MakeBatch(0, 10, host.ClientMemory);
            // A call that is cancelled before the server has seen it never begins there.
            await host.Producer.PutBegun.WaitAsync(Token);
            throw new InvalidDataException("the source broke");
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task DoPut_Refused_TellsTheServersStatus()
    {
        await using var host = await FlightHost.StartAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await host.Client
            .DoPutAsync(FlightDescriptor.ForPath("upload", "refused"), NumbersProducer.Schema, MakeAsync(), Options)
            .CountAsync(Token));

        Assert.Equal(RpcStatusCode.PermissionDenied, failure.Code);
        await host.StopAndCountAsync();

        async IAsyncEnumerable<RecordBatch> MakeAsync()
        {
            for (var index = 0; index < 1000; index++)
            {
                await Task.Yield();
                yield return NumbersProducer.MakeBatch(index, 1000, host.ClientMemory);
            }
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task DoPut_DisposedInTheMiddle_FreesEverythingOnBothSides()
    {
        await using var host = await FlightHost.StartAsync();
        await using (var writer = await host.Client.DoPutAsync(FlightDescriptor.ForPath("upload", "half"), NumbersProducer.Schema, Options))
        {
            using var batch = NumbersProducer.MakeBatch(0, 10, host.ClientMemory);
            await writer.WriteAsync(batch, cancellationToken: Token);
            await foreach (var result in writer.ReadResultsAsync(Token))
            {
                break;
            }
        }

        await host.Producer.PutEnded.WaitAsync(Token);
        await host.StopAndCountAsync();
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task DoExchange_Batches_ComeBackOneByOne()
    {
        await using var host = await FlightHost.StartAsync();
        await using (var exchange = await host.Client.DoExchangeAsync(FlightDescriptor.ForCommand("echo"), NumbersProducer.Schema, Options))
        {
            await using var back = exchange.ReadAllAsync(Token).GetAsyncEnumerator(Token);
            for (var index = 0; index < 10; index++)
            {
                using var sent = NumbersProducer.MakeBatch(index, index + 1, host.ClientMemory);
                await exchange.WriteAsync(sent, new byte[] { (byte)index }, Token);
                Assert.True(await back.MoveNextAsync());
                using var received = back.Current.Batch!;
                Assert.Equal(index + 1, received.RowCount);
                Assert.Equal((long)index, received.Column(0).GetValue(0));
                Assert.Equal([(byte)index], back.Current.AppMetadata.ToArray());
            }

            await exchange.CompleteAsync();
            Assert.False(await back.MoveNextAsync());
        }

        await host.StopAndCountAsync();
    }
}
