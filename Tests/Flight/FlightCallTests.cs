using System.Text;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;

namespace OrleansFlow.Tests.Flight;

/// <summary>Our client against our server. Every test that moves data ends with both sides' memory at zero.</summary>
public sealed class FlightCallTests
{
    private const int TimeoutMs = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static RpcCallOptions Options => new(CancellationToken: Token);

    [Fact(Timeout = TimeoutMs)]
    public async Task GetFlightInfo_OfAFlight_ComesWhole()
    {
        await using var host = await FlightHost.StartAsync();

        var info = await host.Client.GetFlightInfoAsync(FlightDescriptor.ForPath("numbers", "3"), Options);

        Assert.Equal(NumbersProducer.Schema, info.Schema);
        Assert.Equal(FlightDescriptor.ForPath("numbers", "3"), info.Descriptor);
        var endpoint = Assert.Single(info.Endpoints);
        Assert.Equal("numbers/3", endpoint.Ticket.AsText());
        Assert.Equal(["grpc+tcp://elsewhere:1"], endpoint.Locations);
        Assert.Equal(DateTimeOffset.UnixEpoch.AddDays(1), endpoint.ExpiresAtUtc);
        Assert.Equal((3000L, 42L, true), (info.TotalRecords, info.TotalBytes, info.IsOrdered));
        Assert.Equal([7], info.AppMetadata.ToArray());
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task GetFlightInfo_OfNone_IsNotFound()
    {
        await using var host = await FlightHost.StartAsync();

        foreach (var descriptor in (FlightDescriptor[])[FlightDescriptor.ForPath("nothing"), FlightDescriptor.ForCommand("select 1")])
        {
            var failure = await Assert.ThrowsAsync<RpcException>(() => host.Client.GetFlightInfoAsync(descriptor, Options));
            Assert.Equal(RpcStatusCode.NotFound, failure.Code);
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task GetSchema_OfAFlight_IsThatOfItsInfo()
    {
        await using var host = await FlightHost.StartAsync();

        Assert.Equal(NumbersProducer.Schema, await host.Client.GetSchemaAsync(FlightDescriptor.ForPath("numbers", "1"), Options));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task ListFlights_WithAndWithoutCriteria_SelectsThem()
    {
        await using var host = await FlightHost.StartAsync();

        Assert.Equal([1000L, 3000L], await RowsAsync(default));
        Assert.Equal([3000L], await RowsAsync("3"u8.ToArray()));

        async Task<List<long>> RowsAsync(ReadOnlyMemory<byte> criteria) =>
            await host.Client.ListFlightsAsync(criteria, Options).Select(info => info.TotalRecords).ToListAsync(Token);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task DoGet_Batches_AreTheServersValues()
    {
        await using var host = await FlightHost.StartAsync();
        var reader = host.Client.DoGet(FlightTicket.FromText("numbers/3"), Options);

        Assert.Equal(NumbersProducer.Schema, await reader.GetSchemaAsync(Token));
        var metadata = new List<byte>();
        var row = 0L;
        await foreach (var element in reader.ReadAllAsync(Token))
        {
            metadata.AddRange(element.AppMetadata.ToArray());
            using var batch = element.Batch!;
            for (var index = 0; index < batch.RowCount; index++, row++)
            {
                Assert.Equal(row, batch.Column(0).GetValue(index));
                Assert.Equal(row % 7 == 0 ? null : $"n{row}", batch.Column(1).GetValue(index));
                Assert.Equal(row / 2.0, batch.Column(2).GetValue(index));
            }
        }

        Assert.Equal(3000, row);
        Assert.Equal([0, 1, 2], metadata);
        await host.StopAndCountAsync();
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task DoGet_NoBatches_HasASchemaStill()
    {
        await using var host = await FlightHost.StartAsync();
        var reader = host.Client.DoGet(FlightTicket.FromText("numbers/0"), Options);

        Assert.Equal(NumbersProducer.Schema, await reader.GetSchemaAsync(Token));
        await foreach (var batch in reader.WithCancellation(Token))
        {
            Assert.Fail($"There should be no batch, and here is {batch}.");
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task DoGet_BadTicket_IsInvalidArgument()
    {
        await using var host = await FlightHost.StartAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(
            () => host.Client.DoGet(new FlightTicket(new byte[] { 1, 2, 3 }), Options).GetSchemaAsync(Token));

        Assert.Equal(RpcStatusCode.InvalidArgument, failure.Code);
        Assert.Contains("ticket of 3 bytes", failure.Status.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task DoGet_ErrorInTheMiddle_ComesAfterTheGoodBatch()
    {
        await using var host = await FlightHost.StartAsync();
        var rows = 0;

        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var batch in host.Client.DoGet(FlightTicket.FromText("broken"), Options).WithCancellation(Token))
            {
                rows += batch.RowCount;
                batch.Dispose();
            }
        });

        Assert.Equal((RpcStatusCode.DataLoss, 1000), (failure.Code, rows));
        await host.StopAndCountAsync();
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task DoGet_LeftInTheMiddle_FreesEverythingOnBothSides()
    {
        await using var host = await FlightHost.StartAsync(new RpcChannelOptions { StreamWindowBytes = RpcChannelOptions.StreamWindowBytesMin });

        var rows = 0;
        await foreach (var batch in host.Client.DoGet(FlightTicket.FromText("endless"), Options).WithCancellation(Token))
        {
            rows += batch.RowCount;
            batch.Dispose();
            if (rows == 5000)
            {
                break;
            }
        }

        await host.Producer.EndlessEnded.WaitAsync(Token);
        await host.StopAndCountAsync();
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task DoGet_CancelledByToken_FreesEverythingOnBothSides()
    {
        await using var host = await FlightHost.StartAsync();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var batch in host.Client.DoGet(FlightTicket.FromText("endless"), new(CancellationToken: cancel.Token)).WithCancellation(Token))
            {
                batch.Dispose();
                await cancel.CancelAsync();
            }
        });

        await host.Producer.EndlessEnded.WaitAsync(Token);
        await host.StopAndCountAsync();
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task DoGet_CancelledByTheEnumerationsToken_SaysWhoseTokenItWas()
    {
        await using var host = await FlightHost.StartAsync();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);

        var failure = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var batch in host.Client.DoGet(FlightTicket.FromText("endless"), Options).WithCancellation(cancel.Token))
            {
                batch.Dispose();
                await cancel.CancelAsync();
            }
        });

        Assert.Equal(cancel.Token, failure.CancellationToken);
        await host.Producer.EndlessEnded.WaitAsync(Token);
        await host.StopAndCountAsync();
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task DoAction_KnownAndUnknown_AnswersOrRefuses()
    {
        await using var host = await FlightHost.StartAsync();

        var results = await host.Client.DoActionAsync(new FlightAction("echo", "hi"u8.ToArray()), Options)
            .Select(result => Encoding.UTF8.GetString(result.Span)).ToListAsync(Token);
        var failure = await Assert.ThrowsAsync<RpcException>(
            async () => await host.Client.DoActionAsync(new FlightAction("dance"), Options).CountAsync(Token));

        Assert.Equal(["hi", "again"], results);
        Assert.Equal(RpcStatusCode.InvalidArgument, failure.Code);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task ListActions_OfTheServer_NamesThem()
    {
        await using var host = await FlightHost.StartAsync();

        Assert.Equal(
            [new FlightActionType("echo", "Gives the body back, twice")], await host.Client.ListActionsAsync(Options).ToListAsync(Token));
    }
}
