using Google.Protobuf;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Sql;
using OrleansFlow.Flight.Sql.Protos;
using OrleansFlow.Rpc;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>Tickets of statements: what is refused, cancelled, renewed and polled.</summary>
public sealed class FlightSqlTicketTests(SiloFixture fixture) : FlightSqlTestBase(fixture)
{
    [Fact]
    public async Task Ticket_MalformedOrChanged_IsRefused()
    {
        var info = await Sql.QueryAsync("select 1", Call);
        var good = TicketStatementQuery.Parser.ParseFrom(Google.Protobuf.WellKnownTypes.Any.Parser.ParseFrom(info.Endpoints[0].Ticket.Bytes.Span).Value).StatementHandle.ToByteArray();
        good[^1] ^= 1;

        foreach (var (handle, why) in new[] { (good, "changed"), ([1, 2, 3], "not well-formed"), (Array.Empty<byte>(), "not well-formed") })
        {
            var ticket = new FlightTicket(FlightSqlCommand.Pack(new TicketStatementQuery { StatementHandle = ByteString.CopyFrom(handle) }));
            var failure = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(ticket));
            Assert.Equal(RpcStatusCode.InvalidArgument, failure.Status.Code);
            Assert.Contains(why, failure.Status.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task CancelFlightInfo_StopsTheQueryAndRefusesItsTicket()
    {
        var info = await Sql.QueryAsync("select range from range(1000000000000)", Call);
        await using var batches = Silo.Flight.DoGet(info.Endpoints[0].Ticket, Call).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await batches.MoveNextAsync());
        batches.Current.Dispose();

        Assert.Equal(FlightCancelStatus.Cancelled, await Silo.Flight.CancelFlightInfoAsync(info, Call));

        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await batches.MoveNextAsync())
            {
                batches.Current.Dispose();
            }
        });
        Assert.Equal(RpcStatusCode.Cancelled, failure.Status.Code);
        Assert.Equal(RpcStatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => ReadAsync(info.Endpoints[0].Ticket))).Status.Code);
    }

    [Fact]
    public async Task RenewFlightEndpoint_GivesATicketThatIsGoodAsWell()
    {
        var info = await Sql.QueryAsync("select 5 as five", Call);

        var renewed = await Silo.Flight.RenewFlightEndpointAsync(info.Endpoints[0], Call);

        Assert.True(renewed.ExpiresAtUtc >= info.Endpoints[0].ExpiresAtUtc);
        Assert.Equal("5", await RowsAsync(info with { Endpoints = [renewed] }));
    }

    [Fact]
    public async Task PollFlightInfo_OfAStatement_IsCompleteAtOnce()
    {
        var poll = await Silo.Flight.PollFlightInfoAsync(FlightSqlCommand.Describe(new CommandStatementQuery { Query = "select 1" }), Call);

        Assert.Equal((1.0, null), (poll.Progress, poll.Next));
        Assert.Equal("1", await RowsAsync(poll.Info!));
    }
}
