using System.Text;
using OrleansFlow.Arrow;
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
            await Task.Yield();
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
