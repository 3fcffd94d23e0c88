using System.Net;
using System.Net.Sockets;
using OrleansFlow.Arrow;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Exchange;
using OrleansFlow.Rpc;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Tests.Worker.Data;

/// <summary>Which way a worker takes to another one.</summary>
public class PeerBatchesTests
{
    private const int TimeoutMs = 30_000;
    private readonly CountingAllocator _exchanged = new();
    private readonly CountingAllocator _byFlight = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = TimeoutMs)]
    [InlineData(0, 3, true)]
    [InlineData(0, 2, true)]
    [InlineData(0, 1, false)]
    [InlineData(1, 3, true)]
    public async Task Read_TakesTheFastestWayThatIsNamed(int first, int end, bool isExchange)
    {
        await using var server = await DataServer.StartAsync();
        Assert.Equal([0, 1, 2, 3], await ReadAsync(string.Join(' ', server.Locations.Take(end).Skip(first)), server.Ticket()));
        Assert.Equal((isExchange, !isExchange), (_exchanged.TotalBuffers > 0, _byFlight.TotalBuffers > 0));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Read_WhereNoExchangeAnswers_FallsBackToFlight()
    {
        await using var server = await DataServer.StartAsync();
        using var nobody = new TcpListener(IPAddress.Loopback, 0);
        nobody.Start();
        var port = ((IPEndPoint)nobody.LocalEndpoint).Port;
        nobody.Stop();

        Assert.Equal([0, 1, 2, 3], await ReadAsync($"{server.Locations[0]} exchange+tcp://127.0.0.1:{port} exchange+unix:///no/such/socket", server.Ticket()));
        Assert.True(_byFlight.TotalBuffers > 0);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Read_ThatThePeerRefuses_IsNotTriedAnotherWay()
    {
        await using var server = await DataServer.StartAsync();
        var failure = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(string.Join(' ', server.Locations), FlightTicket.FromText("forged")));
        Assert.Equal(RpcStatusCode.InvalidArgument, failure.Code);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Read_WithoutAnyWay_SaysSo()
    {
        var failure = await Assert.ThrowsAsync<RpcException>(() => ReadAsync("", FlightTicket.FromText("any")));
        Assert.Equal(RpcStatusCode.Unavailable, failure.Code);
    }

    private async Task<List<long>> ReadAsync(string dataAddress, FlightTicket ticket)
    {
        await using var peer = new PeerBatches(new ExchangeClient(new ExchangeClientOptions { Allocator = _exchanged }), new FlightOptions { Allocator = _byFlight });
        var values = new List<long>();
        await using (var stream = await peer.OpenAsync(dataAddress, ticket, Token))
        {
            await foreach (var element in stream.Batches)
            {
                using var batch = element.Batch!;
                values.AddRange(batch.Column<Int64Array>(0).Values);
            }
        }

        Assert.Equal((0, 0), (_exchanged.LiveBuffers, _byFlight.LiveBuffers));
        return values;
    }
}
