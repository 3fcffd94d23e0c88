using OrleansFlow.Arrow;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;

namespace OrleansFlow.Tests.Flight;

public sealed class FlightSlowReaderTests
{
    private const int TimeoutMs = 60_000;

    /// <summary>What the server and the client each gather of a stream beside the window: one frame.</summary>
    private const int GatheredBytes = 16 * 1024;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>
    /// A reader that takes nothing but the schema: however much the server does for others meanwhile, of its result it makes what fills the
    /// window and two batches, and only two batches are alive.
    /// </summary>
    [Theory(Timeout = TimeoutMs)]
    [InlineData(4_000, 200, RpcChannelOptions.StreamWindowBytesMin)]
    [InlineData(100, 10_000, RpcChannelOptions.StreamWindowBytesMin)]
    [InlineData(100, 10_000, 1024 * 1024)]
    [InlineData(200, 131_072, RpcChannelOptions.StreamWindowBytesMin)]
    [InlineData(200, 131_072, 1024 * 1024)]
    public async Task DoGet_OfAReaderThatStops_HoldsItsWindowAndTwoBatches(int batches, int rows, int windowBytes)
    {
        var memory = new CountingAllocator();
        var batchBytes = rows * sizeof(long);
        var producer = new CountedProducer(memory) { CountedRows = rows };
        var filled = producer.WhenMadeAsync(Math.Max(1, windowBytes / (batchBytes + GatheredBytes)));
        await using var server = await FlightServer.StartAsync(producer, new FlightOptions());
        await using var slow = server.Connect(new RpcChannelOptions { StreamWindowBytes = windowBytes });
        var reader = new FlightClient(slow).DoGet(FlightTicket.FromText($"{batches}/{rows}"), new RpcCallOptions(CancellationToken: Token));
        await reader.GetSchemaAsync(Token);
        await filled;
        var peakBefore = memory.PeakBytes;

        // The server's other work is the measure of time here: had it more to send, it would have.
        await using var quick = server.Connect();
        var others = 0;
        for (var call = 0; call < 20; call++)
        {
            await foreach (var batch in new FlightClient(quick).DoGet(FlightTicket.FromText("50/1024"), new RpcCallOptions(CancellationToken: Token)))
            {
                others += batch.RowCount;
                batch.Dispose();
            }
        }

        Assert.Equal(20 * 50 * 1024, others);
        Assert.InRange(producer.BatchesMade, 1, Math.Min(batches - 1, ((windowBytes + (2 * GatheredBytes)) / batchBytes) + 2));
        Assert.InRange(peakBefore, batchBytes, 2L * batchBytes);
        Assert.InRange(memory.LiveBytes, 0, 2L * batchBytes);

        var received = 0L;
        await foreach (var batch in reader.WithCancellation(Token))
        {
            Assert.Equal(received, batch.Column<Int64Array>(0).Values[0]);
            received += batch.RowCount;
            batch.Dispose();
        }

        Assert.Equal((long)batches * rows, received);
        Assert.Equal(0, memory.LiveBuffers);
    }
}
