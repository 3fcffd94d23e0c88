using System.Text.Json.Nodes;
using Google.Protobuf;
using OrleansFlow.Rpc;
using OrleansFlow.Tests.Rpc.Protos;

namespace OrleansFlow.Tests.Rpc;

/// <summary>Both directions against an implementation that is not ours: npm <c>@grpc/grpc-js</c>.</summary>
public sealed class GrpcJsTests
{
    private const int TimeoutMs = 180_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = TimeoutMs)]
    public async Task Server_CalledByGrpcJs_BehavesAsTheProtocolSays()
    {
        await NodeTool.RequireAsync(Token);
        await using var host = await EchoHost.StartAsync();

        var report = JsonNode.Parse(await NodeTool.RunAsync("grpc-client.mjs", [host.Port], Token))!.AsObject();

        var remaining = report["remaining"]!.GetValue<long>();
        Assert.InRange(remaining, 1, 600_000);
        report.Remove("remaining");
        var expected = JsonNode.Parse(
            """
            {
              "unary": "grüße",
              "large": true,
              "gzip": true,
              "headers": [["plain text"], ["00ff2c", "09"]],
              "trailers": [["plain text"], ["00ff2c", "09"]],
              "notFound": { "code": 5, "details": "Kein Ding namens 'größe' — 100 %" },
              "details": { "code": 9, "details": "lease lost", "note": ["from trailers"], "holdsReason": true },
              "crash": { "code": 2, "details": "/orleansflow.tests.Echo/Say failed in the server; its log says why." },
              "missing": { "code": 12, "details": "Method /orleansflow.tests.Echo/Missing is not offered here." },
              "tooLarge": { "code": 8, "details": "A message of 17825797 bytes is larger than the limit of 16777216 bytes." },
              "repeat": { "code": 0, "ordered": true, "seen": 500 },
              "repeatThenFail": { "code": 5, "seen": 2 },
              "sum": 5050,
              "chat": { "code": 0, "texts": ["0","1","2","3","4","5","6","7","8","9","10","11","12","13","14","15","16","17","18","19"] },
              "cancel": 1
            }
            """)!.AsObject();
        Assert.Equal(4, report["deadline"]!["code"]!.GetValue<int>());
        report.Remove("deadline");
        foreach (var (check, value) in expected)
        {
            Assert.True(JsonNode.DeepEquals(value, report[check]), $"{check}: expected {value?.ToJsonString()}, got {report[check]?.ToJsonString()}");
        }

        Assert.Equal(expected.Count, report.Count);
        await host.Service.Cancelled.WaitAsync(Token);
        Assert.Single(host.Log.Entries);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Client_CallingGrpcJs_BehavesAsTheProtocolSays()
    {
        await using var server = await NodeTool.StartAsync("grpc-server.mjs", [], Token);
        await using var channel = RpcChannel.ForAddress($"http://127.0.0.1:{server.FirstLine}");

        await CheckUnaryAsync(channel);
        await CheckErrorsAsync(channel);
        await CheckStreamsAsync(channel);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Client_CancellingGrpcJs_IsSeenThere()
    {
        await using var server = await NodeTool.StartAsync("grpc-server.mjs", [], Token);
        await using var channel = RpcChannel.ForAddress($"http://127.0.0.1:{server.FirstLine}");

        await foreach (var reply in channel.ServerStreaming(EchoMethods.Repeat, new EchoRequest { Count = 1, Text = "forever" }).WithCancellation(Token))
        {
            break;
        }

        Assert.Equal("cancelled", await server.ReadLineAsync(Token));

        await using (var chat = channel.Duplex(EchoMethods.Chat))
        {
            await chat.WriteAsync(new EchoRequest { Text = "x" }, Token);
            await foreach (var reply in chat.ReadAllAsync(Token))
            {
                break;
            }
        }

        Assert.Equal("cancelled", await server.ReadLineAsync(Token));

        var failure = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(
            EchoMethods.Wait, new EchoRequest(), new(Deadline: TimeSpan.FromMilliseconds(300), CancellationToken: Token)));
        Assert.Equal(RpcStatusCode.DeadlineExceeded, failure.Code);
        Assert.Equal("cancelled", await server.ReadLineAsync(Token));
    }

    private static async Task CheckUnaryAsync(RpcChannel channel)
    {
        var body = new byte[9_000_000];
        new Random(1).NextBytes(body);
        var reply = await channel.UnaryAsync(
            EchoMethods.Say, new EchoRequest { Text = "grüße", Body = ByteString.CopyFrom(body) }, new(CancellationToken: Token));
        Assert.Equal("grüße", reply.Text);
        Assert.Equal(body, reply.Body.ToByteArray());

        var sent = new RpcMetadata { { "x-text", "plain text" }, { "x-raw-bin", new byte[] { 0, 255, 44 } }, { "x-raw-bin", new byte[] { 9 } } };
        var result = await channel.UnaryWithMetadataAsync(
            EchoMethods.Say, new EchoRequest(), new(Deadline: TimeSpan.FromMinutes(10), Metadata: sent, CancellationToken: Token));
        Assert.InRange(result.Response.Total, 1, 600_000);
        foreach (var received in (RpcMetadata[])[result.Headers, result.Trailers])
        {
            Assert.Equal("plain text", received.GetValue("x-text"));
            Assert.Equal([[0, 255, 44], [9]], received.GetAll("x-raw-bin").Select(entry => entry.Bytes.ToArray()));
        }
    }

    private static async Task CheckErrorsAsync(RpcChannel channel)
    {
        var plain = await FailAsync(EchoMethods.Say, "fail");
        Assert.Equal(new RpcStatus(RpcStatusCode.NotFound, "Kein Ding namens 'größe' — 100 %"), plain.Status);

        var detailed = await FailAsync(EchoMethods.Say, "details");
        Assert.Equal(RpcStatusCode.FailedPrecondition, detailed.Code);
        Assert.Equal("from trailers", detailed.Trailers.GetValue("x-note"));
        Assert.True(RpcStatusDetails.TryGetErrorInfo(detailed.Status, out var errorInfo));
        Assert.Equal(("lease_lost", "orleansflow"), (errorInfo.Reason, errorInfo.Domain));

        Assert.Equal(RpcStatusCode.Unimplemented, (await FailAsync(EchoMethods.Missing, "")).Code);

        Task<RpcException> FailAsync(RpcMethod<EchoRequest, EchoReply> method, string text) =>
            Assert.ThrowsAsync<RpcException>(
                () => channel.UnaryAsync(method, new EchoRequest { Text = text }, new(CancellationToken: Token)));
    }

    private static async Task CheckStreamsAsync(RpcChannel channel)
    {
        var totals = new List<long>();
        await foreach (var reply in channel.ServerStreaming(EchoMethods.Repeat, new EchoRequest { Count = 500, BodyBytes = 3000 }).WithCancellation(Token))
        {
            Assert.Equal(3000, reply.Body.Length);
            totals.Add(reply.Total);
        }

        Assert.Equal(Enumerable.Range(0, 500).Select(index => (long)index), totals);

        await using var sum = channel.ClientStreaming(EchoMethods.Sum);
        for (var index = 1; index <= 100; index++)
        {
            await sum.WriteAsync(new EchoRequest { Count = index, Body = ByteString.CopyFrom(new byte[20_000]) }, Token);
        }

        Assert.Equal(5050 + 2_000_000, (await sum.CompleteAsync()).Total);

        await using var chat = channel.Duplex(EchoMethods.Chat);
        await using var replies = chat.ReadAllAsync(Token).GetAsyncEnumerator(Token);
        for (var index = 0; index < 20; index++)
        {
            await chat.WriteAsync(new EchoRequest { Text = $"{index}" }, Token);
            Assert.True(await replies.MoveNextAsync());
            Assert.Equal($"{index}", replies.Current.Text);
        }

        await chat.CompleteAsync();
        Assert.False(await replies.MoveNextAsync());
    }
}
