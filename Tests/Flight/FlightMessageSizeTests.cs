using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;

namespace OrleansFlow.Tests.Flight;

public sealed class FlightMessageSizeTests
{
    private const int TimeoutMs = 120_000;
    private const int HugeRows = 64 * 1024 * 1024;
    private static readonly FlightOptions Unlimited = new() { MessageBytesMax = FlightOptions.NoMessageLimit };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = TimeoutMs)]
    public async Task DoGet_Of512MegabytesInOneBatch_ArrivesAsOneMessage()
    {
        await using var server = await FlightServer.StartAsync(new CountedProducer(ArrowAllocator.Default), Unlimited);
        await using var channel = server.Connect();
        var client = new FlightClient(channel, Unlimited);

        var batches = 0;
        await foreach (var batch in client.DoGet(FlightTicket.FromText($"1/{HugeRows}"), new RpcCallOptions(CancellationToken: Token)))
        {
            batches++;
            Assert.Equal(HugeRows, batch.RowCount);
            Assert.True(IsCountingUp(batch.Column<Int64Array>(0).Values));
            batch.Dispose();
        }

        Assert.Equal(1, batches);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task DoPut_Of512MegabytesInOneBatch_ArrivesAsOneMessage()
    {
        await using var server = await FlightServer.StartAsync(new CountedProducer(ArrowAllocator.Default), Unlimited);
        await using var channel = server.Connect();
        var client = new FlightClient(channel, Unlimited);

        Assert.Equal([$"{HugeRows} 0 {HugeRows - 1}"], await PutAsync(client, HugeRows));
    }

    /// <summary>More streams at once than get connections of their own, one after the other over the same ones.</summary>
    [Fact(Timeout = TimeoutMs)]
    public async Task DoGet_ManyAtOnceAndAgain_AllArrive()
    {
        var memory = new CountingAllocator();
        await using var server = await FlightServer.StartAsync(new CountedProducer(memory), new FlightOptions());
        await using var channel = server.Connect();
        var client = new FlightClient(channel, new FlightOptions { Allocator = memory });

        await Task.WhenAll(Enumerable.Range(0, 12).Select(async caller =>
        {
            for (var call = 0; call < 20; call++)
            {
                var rows = 0L;
                await foreach (var batch in client.DoGet(FlightTicket.FromText($"{caller}/{1 + (call * 2_000)}"), new RpcCallOptions(CancellationToken: Token)))
                {
                    Assert.Equal(rows, batch.Column<Int64Array>(0).Values[0]);
                    rows += batch.RowCount;
                    batch.Dispose();
                }

                Assert.Equal(caller * (1L + (call * 2_000)), rows);
            }
        }));

        Assert.Equal(0, memory.LiveBuffers);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task DoPut_BeyondTheServersLimit_IsRefusedNamingBothSizes()
    {
        var memory = new CountingAllocator();
        await using var server = await FlightServer.StartAsync(
            new CountedProducer(memory), new FlightOptions { MessageBytesMax = FlightOptions.MessageBytesMinLimit, Allocator = memory });
        await using var channel = server.Connect();
        var client = new FlightClient(channel);

        Assert.Equal(["8000 0 7999"], await PutAsync(client, 8_000));
        foreach (var (rows, size) in ((int, string)[])[(FlightOptions.MessageBytesMinLimit / sizeof(long), "65[0-9]{3}"), (4 * 1024 * 1024, "33554[0-9]{3}")])
        {
            var refused = await Assert.ThrowsAsync<RpcException>(() => PutAsync(client, rows));

            Assert.Equal(RpcStatusCode.ResourceExhausted, refused.Code);
            Assert.Matches($"A message of {size} bytes is larger than the limit of 65536 bytes", refused.Status.Message);
        }

        Assert.Equal(0, memory.LiveBuffers);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task DoGet_BeyondTheClientsLimit_IsRefusedNamingBothSizes()
    {
        var memory = new CountingAllocator();
        await using var server = await FlightServer.StartAsync(new CountedProducer(ArrowAllocator.Default), new FlightOptions());
        await using var channel = server.Connect();
        var client = new FlightClient(channel, new FlightOptions { MessageBytesMax = FlightOptions.MessageBytesMinLimit, Allocator = memory });

        var refused = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var batch in client.DoGet(FlightTicket.FromText("1/131072"), new RpcCallOptions(CancellationToken: Token)))
            {
                batch.Dispose();
            }
        });

        Assert.Equal(RpcStatusCode.ResourceExhausted, refused.Code);
        Assert.Matches("A message of 1048[0-9]+ bytes is larger than the limit of 65536 bytes", refused.Status.Message);
        Assert.Equal(0, memory.LiveBuffers);
    }

    private static async Task<List<string>> PutAsync(FlightClient client, int rows)
    {
        var results = new List<string>();
        await foreach (var result in client.DoPutAsync(
            FlightDescriptor.ForPath("taken"), CountedProducer.Schema, OneAsync(rows), new RpcCallOptions(CancellationToken: Token)))
        {
            results.Add(Encoding.UTF8.GetString(result.Span));
        }

        return results;
    }

    private static async IAsyncEnumerable<RecordBatch> OneAsync(int rows)
    {
        await Task.CompletedTask;
        yield return CountedProducer.Make(0, rows, ArrowAllocator.Default);
    }

    private static bool IsCountingUp(ReadOnlySpan<long> values)
    {
        for (var row = 0; row < values.Length; row++)
        {
            if (values[row] != row)
            {
                return false;
            }
        }

        return true;
    }
}
